"""Refuse requests that the page would not send, before gradio sees them.

Gradio serves any host name, lets every origin read its answers unless it runs on localhost, fetches the URLs
that a caller names, and accepts JSON of any size. Here a request must name a known host, come from the page's
own origin or from no page, use a route of the page, and have a small JSON body without URLs in place of
files.
"""

import ipaddress
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_JSON_BYTES = 1_000_000  # a support set of 500 files takes about 150 kB
MAX_DRAINED_BYTES = (
    16_000_000  # read and dropped, since a caller who is still sending does not see the refusal
)
GRADIO_ROUTES = frozenset(
    [
        "app_id",
        "call",
        "cancel",
        "component_server",
        "heartbeat",
        "info",
        "openapi.json",
        "queue",
        "reset",
        "run",
    ]
    + ["startup-events", "theme.css", "upload", "upload_progress"]
)
CLOSED_ROUTES = ("/monitoring", "/login", "/logout")
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
CONTENT_SECURITY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; font-src 'self' data:; connect-src 'self'; "
    "media-src 'self' blob: data:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "frame-ancestors {ancestors}; form-action 'self'"
)


@dataclass(frozen=True)
class Policy:
    """Whom the app answers.

    uploads: the only folder that gradio may serve files from; hosts: names for the app beside localhost;
    any_address: accept every numeric address, which no web site can pretend to be; ancestors: who may show
    the page in a frame, a source list of a content security policy.
    """

    uploads: Path
    hosts: frozenset[str] = frozenset()
    any_address: bool = False
    ancestors: str = "'self'"


@dataclass(frozen=True)
class Refusal(Exception):
    status: int
    reason: str


class Guard:
    """ASGI middleware that applies a `Policy` and sets the security headers of every answer."""

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

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        try:
            check_caller(Headers(scope=scope), self.policy)
            check_route(scope, self.policy)
            if scope["method"] not in ("GET", "HEAD", "OPTIONS") and not is_upload(scope):
                receive = await checked_body(receive)
        except Refusal as refusal:
            # the page shows this text, and curl prints it
            answer = JSONResponse({"error": refusal.reason}, refusal.status)
            await answer(scope, receive, send_with_headers)
            return
        await self.app(scope, receive, send_with_headers)


def check_caller(headers: Headers, policy: Policy) -> None:
    """Raise Refusal unless the host is known and the calling page, if a browser names it, is this one."""
    host = headers.get("host", "").lower()
    name = host_name(host)
    numeric = policy.any_address and _is_address(name)
    if name not in LOCAL_HOSTS | policy.hosts and not numeric:
        raise Refusal(
            400,
            f"The host name must be one that the app knows. Received: {ascii(name)[:80]}. "
            "Start it with --allowed-host NAME to allow one.",
        )
    origin = headers.get("origin")
    if origin is not None and origin.lower().partition("://")[2] != host:
        raise Refusal(403, f"Only the app's own page may call it. Received: {ascii(origin)[:80]}.")


def host_name(host: str) -> str:
    """Return the name in a Host header, without port and brackets; empty where it cannot be read."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_upload(scope: Scope) -> bool:
    """Whether the request is an upload: a multipart form, limited by gradio's own max_file_size."""
    return scope["path"].rstrip("/") == "/gradio_api/upload"


def check_route(scope: Scope, policy: Policy) -> None:
    """Raise Refusal for routes of gradio that the page does not use: recordings, deep links, monitoring."""
    path = scope["path"]
    first, _, rest = path.removeprefix("/gradio_api/").partition("/")
    if path.startswith("/gradio_api/file="):
        name = path.removeprefix("/gradio_api/file=")
        inside = Path(name).is_absolute() and Path(name).resolve().is_relative_to(policy.uploads.resolve())
        if not inside:
            raise Refusal(403, "Only uploaded files and pictures of the page can be read.")
    elif (
        path.startswith("/gradio_api/")
        and first not in GRADIO_ROUTES
        or path.startswith(CLOSED_ROUTES)
        or b"deep_link=" in scope.get("query_string", b"")
    ):
        raise Refusal(404, "There is nothing here.")


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
