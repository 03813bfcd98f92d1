"""Give every HTTP request an id, write what became of it to the log, and count it."""

import logging
import time
import uuid
from contextlib import nullcontext

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from siamese_core.operating.logs import request_id
from siamese_core.operating.metrics import Metrics
from siamese_core.operating.stopping import Stopping
from siamese_core.page.parts.callers import REQUEST_ID

log = logging.getLogger(__name__)
# Streams that stay open as long as a page does.
OPEN_STREAMS = ("/gradio_api/heartbeat/", "/gradio_api/queue/data", "/gradio_api/mcp")
# Routes as they are, and first parts of routes: whatever else is asked for is "other".
FILES = frozenset({"/pairs.csv", "/triplets.zip", "/classes.zip"})
OWN_ROUTES = FILES | {
    "/",
    "/config",
    "/healthz",
    "/metrics",
    "/login",
    "/logout",
    "/reference",
    "/reference.json",
}
PICTURES = frozenset({"thumbs", "pictures", "samples"})
FOLDERS = PICTURES | {"vendor", "evaluations", "theme.css", "static", "assets"}
GRADIO = frozenset(
    {"component_server", "file", "heartbeat", "info", "mcp", "queue", "upload", "upload_progress"}
)


class RequestMonitor:
    """ASGI middleware around all others. endpoints: names of the public API, each a route of its own."""

    def __init__(
        self, app: ASGIApp, metrics: Metrics, stopping: Stopping, endpoints: tuple[str, ...] = ()
    ) -> None:
        self.app, self.metrics, self.stopping = app, metrics, stopping
        self.endpoints = endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        own_id, started, status = uuid.uuid4().hex[:12], time.perf_counter(), 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-ID"] = own_id
                status = message["status"]
            await send(message)

        request_id.set(own_id)
        scope[REQUEST_ID] = own_id
        try:
            open_long = scope["method"] == "GET" and scope["path"].startswith(OPEN_STREAMS)
            with nullcontext() if open_long else self.stopping.under_way():
                await self.app(scope, receive, send_with_id)
        finally:
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method, route = scope["method"], route_of(scope["path"], self.endpoints)
        self.metrics.count(method, route, status, seconds)
        told = {"method": method, "path": scope["path"], "status": status, "ms": round(1000 * seconds, 1)}
        log.info("answered", extra=told | {"client": (scope.get("client") or ("",))[0]})


def route_of(path: str, endpoints: tuple[str, ...]) -> str:
    """Return the route that a path belongs to: one of few, however many paths are asked for."""
    parts = [part for part in path.strip("/").split("/") if part != "v2"]  # the other form of a call
    first, second, third = [*parts, "", "", ""][:3]
    if path in OWN_ROUTES:
        return path
    if first == "gradio_api":
        called = second == "call" and third in endpoints
        name = f"call/{third}" if called else second.partition("=")[0]
        return f"/gradio_api/{name}" if called or name in GRADIO else "other"
    return f"/{first}" if first in FOLDERS else "other"
