"""Let nothing through that is not from somebody who has logged in: pages, calls, files, streams, sockets.

Only `/healthz` and the forms of `pages` answer everybody. It stands around all that answers otherwise, so a
route that is added later is closed, too.
"""

from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from siamese_core.page.parts.callers import CALLER
from siamese_core.page.serving.guard import security_headers
from siamese_core.page.serving.login.entrance import Entrance
from siamese_core.page.serving.login.pages import LoginPages
from siamese_core.page.serving.policy import Policy, Refusal, as_asked_for, check_caller
from siamese_core.page.serving.refusals import answer
from siamese_core.page.serving.requests import OPEN_STREAMS

OPEN_ROUTES = ("/healthz",)
STARTING = "/gradio_api/startup-events"  # gradio asks it of itself, once, before anybody can know the page
PASSIVE = (*OPEN_STREAMS, "/gradio_api/queue/join")  # what a page that nobody looks at asks for
NO_LOGIN = Refusal(
    401,
    "A request must come from somebody who has logged in. Received: one without a session or token. Open the "
    "page to log in; a program sends `Authorization: Bearer TOKEN`.",
)
POLICY_VIOLATION = 1008  # RFC 6455


class SessionEnded(Exception):
    """Whoever listens to a stream may do so no more."""


class Gate:
    """ASGI middleware around all others but the one that counts requests."""

    def __init__(self, app: ASGIApp, entrance: Entrance, policy: Policy) -> None:
        self.app, self.entrance, self.policy = app, entrance, policy
        self.pages = LoginPages(entrance, policy)
        self.headers = security_headers(policy)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        asked = as_asked_for(scope, self.policy)
        try:
            check_caller(Headers(scope=asked), self.policy)
            if scope["type"] == "http" and self._is_open(asked):
                await self.app(scope, receive, send)
                return
            response = await self._let_in(asked, receive)
        except Refusal as refusal:
            response = answer(asked, refusal) if scope["type"] == "http" else None
        if asked.get(CALLER) and response is None:
            watched = self._watched(asked, send) if scope["type"] == "http" else send
            await self.app({**scope, CALLER: asked[CALLER]}, receive, watched)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        else:
            await self._send(response, (asked, receive, send))

    def _is_open(self, asked: Scope) -> bool:
        if asked["path"] == STARTING:
            return not self.entrance.opened
        return asked["path"] in OPEN_ROUTES and asked["method"] in ("GET", "HEAD")

    async def _let_in(self, asked: Scope, receive: Receive) -> Response | None:
        """Put the caller into the request, or return what is answered instead."""
        headers, address = Headers(scope=asked), (asked.get("client") or ("",))[0]
        is_active = not asked["path"].startswith(PASSIVE)
        asked[CALLER] = self.entrance.caller(headers, address, is_active)
        if asked["type"] == "http" and asked["path"] in self.pages.paths:
            return await self.pages.answer(asked, receive)
        if asked[CALLER] is not None or asked["type"] != "http":
            return None
        return self._refused(asked)

    def _refused(self, asked: Scope) -> Response:
        """Return the way to the login for whom a browser is opening a page, a refusal for all others."""
        if asked["method"] == "GET" and "text/html" in Headers(scope=asked).get("accept", ""):
            query = asked.get("query_string", b"").decode("latin-1")
            wanted = quote(asked["path"] + (f"?{query}" if query else ""), safe="/")
            return RedirectResponse(f"{self.policy.root_path}/login?next={wanted}", 303)
        response = answer(asked, NO_LOGIN)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response

    async def _send(self, response: Response, exchange: tuple[Scope, Receive, Send]) -> None:
        response.headers.update(self.headers)
        response.headers["Cache-Control"] = "no-store"
        await response(*exchange)

    def _watched(self, asked: Scope, send: Send) -> Send:
        """Return a `send` by which a stream says nothing more once its session has ended."""
        headers, client = Headers(scope=asked), (asked.get("client") or ("",))[0]

        async def watched(message: Message) -> None:
            more = message["type"] == "http.response.body" and message.get("more_body", False)
            if more and message.get("body") and not self._is_known(headers, client):
                raise SessionEnded("the session of this stream has ended")
            await send(message)

        return watched

    def _is_known(self, headers: Headers, address: str) -> bool:
        try:
            return self.entrance.caller(headers, address, is_active=False) is not None
        except Refusal:
            return False
