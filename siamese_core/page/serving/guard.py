"""Refuse requests that the page would not send, before gradio sees them.

Gradio serves any host name, lets every origin read its answers unless it runs on localhost, believes what
anybody says of a proxy, fetches the URLs that a caller names, and accepts JSON of any size. Here a request
must name a known host, come from the page's own origin or from no page, use a route of the page, and have a
small JSON body without URLs in place of files.
"""

import json
import logging
import shutil
from collections.abc import Iterator
from dataclasses import replace

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from siamese_core.operating.stopping import Stopping
from siamese_core.page.serving.policy import (
    Policy,
    Refusal,
    as_asked_for,
    check_caller,
    check_route,
    is_upload,
)
from siamese_core.page.serving.refusals import DISK_FULL, ENDING, answer, delete_abandoned, refusal_of

log = logging.getLogger(__name__)
MAX_JSON_BYTES = 1_000_000  # a support set of 500 files takes about 150 kB
MAX_DRAINED_BYTES = (
    16_000_000  # read and dropped, since a caller who is still sending does not see the refusal
)
CONTENT_SECURITY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; font-src 'self' data:; connect-src 'self'; "
    "media-src 'self' blob: data:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "frame-ancestors {ancestors}; form-action 'self'"
)


class Guard:
    """ASGI middleware that applies a `Policy` to every request.

    It sets the security headers of every answer, and answers failures in words.
    """

    def __init__(self, app: ASGIApp, policy: Policy, stopping: Stopping) -> None:
        self.app = app
        self.policy, self.stopping = policy, stopping
        self.headers = security_headers(policy)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, streams = False, False

        async def send_with_headers(message: Message) -> None:
            nonlocal began, streams
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self.headers)
                began, streams = True, headers.get("content-type", "").startswith("text/event-stream")
            await send(message)

        scope = as_asked_for(scope, self.policy)
        try:
            await self.app(scope, await self._checked(scope, receive), send_with_headers)
        except Exception as failure:
            if began:
                log.warning("%s ended early: %s: %s", scope["path"], type(failure).__name__, failure)
                if streams:  # each event in it was whole
                    await send({"type": "http.response.body", "body": b""})
                return
            refusal = failure if isinstance(failure, Refusal) else refusal_of(failure, scope)
            if is_upload(scope):
                delete_abandoned(self.policy.uploads)
            await answer(scope, refusal)(scope, receive, send_with_headers)

    async def _checked(self, scope: Scope, receive: Receive) -> Receive:
        """Return the `receive` for the app. Refusal where the policy does not allow the request."""
        headers = Headers(scope=scope)
        check_caller(headers, self.policy)
        check_route(scope, self.policy)
        if self.stopping.is_asked:
            raise replace(ENDING)
        if is_upload(scope):
            length = headers.get("content-length", "")
            if length.isdecimal() and shutil.disk_usage(self.policy.uploads).free < int(length):
                raise replace(DISK_FULL)
        elif scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            return await checked_body(receive)
        return receive


def security_headers(policy: Policy) -> dict[str, str]:
    """Return the headers that every answer has."""
    return {
        "Content-Security-Policy": CONTENT_SECURITY.format(ancestors=policy.ancestors),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
    }


async def checked_body(receive: Receive) -> Receive:
    """Return a `receive` that replays the body. Refusal if it is too long or has URLs in place of files."""
    body, length, more = bytearray(), 0, True
    while more and length <= MAX_DRAINED_BYTES:
        message = await receive()
        more = message["type"] == "http.request" and message.get("more_body", False)
        part = message.get("body", b"")
        length += len(part)
        if length <= MAX_JSON_BYTES:
            body += part
    if length > MAX_JSON_BYTES:
        raise Refusal(413, f"A request may have {MAX_JSON_BYTES} bytes. Received: more. Upload files first.")
    try:
        content = json.loads(bytes(body) or b"null")
    except (ValueError, RecursionError):
        raise Refusal(400, "The body of a request must be JSON. Received: something else.") from None
    if any(_is_elsewhere(mapping) for mapping in _mappings(content)):
        raise Refusal(
            400,
            "A file must be uploaded before it is named. Received: a URL, or an SVG drawing, which a browser "
            "sends as one. Save a drawing as PNG; POST other files to /gradio_api/upload.",
            "not_uploaded",
        )
    return _replay(bytes(body), receive)


def _mappings(content: object) -> Iterator[dict]:
    waiting = [content]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _is_elsewhere(mapping: dict) -> bool:
    """Whether a file is given by a data URL or by the address of another server, which gradio would fetch.

    Gradio's front end sends a `url` with each file, too; it is followed only if it is a data URL.
    """
    path, url = (str(mapping.get(key) or "").strip().lower() for key in ("path", "url"))
    return "://" in path or path.startswith("data:") or url.startswith("data:")


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replayed() -> Message:
        nonlocal sent
        if sent:
            return await receive()  # waits until the caller disconnects
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
