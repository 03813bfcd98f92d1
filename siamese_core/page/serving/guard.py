"""Refuse requests that the page would not send, before gradio sees them.

Gradio serves any host name, lets every origin read its answers unless it runs on localhost, believes what
anybody says of a proxy, fetches the URLs that a caller names, and accepts JSON of any size. Here a request
must name a known host, come from the page's own origin or from no page, use a route of the page, and have a
small JSON body without URLs in place of files.
"""

import logging
import shutil
from dataclasses import replace

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from siamese_core.page.serving.bodies import checked_body
from siamese_core.page.serving.policy import (
    Policy,
    Refusal,
    as_asked_for,
    check_caller,
    check_route,
    is_upload,
)
from siamese_core.page.serving.refusals import DISK_FULL, answer, delete_abandoned, refusal_of

log = logging.getLogger(__name__)
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

    def __init__(self, app: ASGIApp, policy: Policy) -> None:
        self.app = app
        self.policy = policy
        self.headers = {
            "Content-Security-Policy": CONTENT_SECURITY.format(ancestors=policy.ancestors),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
        }

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
        if is_upload(scope):
            length = headers.get("content-length", "")
            if length.isdecimal() and shutil.disk_usage(self.policy.uploads).free < int(length):
                raise replace(DISK_FULL)
        elif scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            return await checked_body(receive)
        return receive
