"""Answer the forms to log in and out, without any script, in the page's look and languages."""

import logging
import re
import secrets
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope

from siamese_core.page.languages.chosen import COOKIE as LANGUAGE_COOKIE
from siamese_core.page.languages.chosen import LANGUAGES, speaking, spoken, wanted
from siamese_core.page.languages.words import t, translatable
from siamese_core.page.parts.callers import CALLER
from siamese_core.page.parts.templates import render
from siamese_core.page.serving.login.entrance import Entrance, cookies_of
from siamese_core.page.serving.login.hub import GRADIO_SESSION
from siamese_core.page.serving.policy import Policy, Refusal
from siamese_core.page.theme import standalone_style

log = logging.getLogger(__name__)
LOGIN, LOGOUT = "/login", "/logout"
FORM_COOKIE = "siamese_form"
MOST_BYTES = 10_000  # of a form
YEAR = 365 * 24 * 3600  # seconds
OUTDATED = translatable("This form was too old, or sent from elsewhere. Try again.")
WRONG = translatable("Name and password do not belong together.")
HUB_FAILED = translatable("Hugging Face did not say who you are. Try again.")
WAIT = translatable("Too many tries. Wait a while and try again.")


class LoginPages:
    """The forms. They answer everybody, so they tell nothing."""

    def __init__(self, entrance: Entrance, policy: Policy) -> None:
        self.paths = (LOGIN, LOGOUT, *(entrance.hub.paths if entrance.hub else ()))
        self.entrance, self.root = entrance, policy.root_path
        self.secure = policy.secure

    async def answer(self, asked: Scope, receive: Receive) -> Response:
        request = Request(asked, receive)
        cookies, accepted = cookies_of(request.headers), request.headers.get("accept-language", "")
        chosen = request.query_params.get("language", "")
        language = chosen if chosen in LANGUAGES else wanted(cookies, accepted)
        with speaking(language):
            response = await self._answer(request)
        if chosen in LANGUAGES:
            response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=YEAR, path=f"{self.root}/", samesite="lax")
        response.headers["Vary"] = "Accept-Language, Cookie"
        return response

    async def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD", "POST"):
            raise Refusal(400, "A form is read or sent. Received: another method.")
        if self.entrance.hub and request.url.path.endswith(self.entrance.hub.paths):
            return await self._by_hub(request)
        form = await form_of(request) if request.method == "POST" else {}
        if request.url.path.endswith(LOGOUT):
            return self._logout(request, form)
        return await self._login(request, form)

    async def _login(self, request: Request, form: dict[str, str]) -> Response:
        onward = safe_path(form.get("next") or request.query_params.get("next", ""))
        if request.scope[CALLER] is not None and not form:
            return RedirectResponse(self.root + onward, 303)
        if not form or self.entrance.hub:
            return self._form(request, onward)
        if not is_same(form.get("form_token"), cookies_of(request.headers).get(FORM_COOKIE)):
            return self._form(request, onward, OUTDATED, 400)
        name, address = form.get("name", ""), address_of(request)
        try:
            key = await self.entrance.log_in(name, form.get("password", ""), address)
        except Refusal as refusal:
            if refusal.status not in (401, 429):
                raise
            words = WRONG if refusal.status == 401 else WAIT
            return self._form(request, onward, words, refusal.status, name)
        self.entrance.sessions.end(self.entrance.session_key(request.headers))
        response = RedirectResponse(self.root + onward, 303)
        self._set(request, response, self.entrance.cookie, key)
        response.delete_cookie(FORM_COOKIE, path=self.root or "/")
        return response

    async def _by_hub(self, request: Request) -> Response:
        """Go one step of Hugging Face's login, the last one into a session of this page."""
        try:
            step = await self.entrance.hub.answer(request.scope, request.receive)
        except Exception as failure:  # of the network, or of what the other side says
            log.warning("a login at Hugging Face failed: %s: %s", type(failure).__name__, failure)
            return self._form(request, "/", HUB_FAILED, 401)
        if not step.name:
            response = Response(status_code=step.status)
            response.raw_headers = [(name.encode(), value.encode("latin-1")) for name, value in step.headers]
            return response
        key = self.entrance.enter(self.entrance.hub.account(step.name), address_of(request))
        onward = safe_path(request.query_params.get("_target_url", ""))
        response = RedirectResponse(self.root + onward, 303)
        self._set(request, response, self.entrance.cookie, key)
        response.delete_cookie(GRADIO_SESSION, secure=True, samesite="none")  # it holds the account's token
        return response

    def _logout(self, request: Request, form: dict[str, str]) -> Response:
        caller = request.scope[CALLER]
        if caller is None:
            return RedirectResponse(f"{self.root}{LOGIN}", 303)
        if not is_same(form.get("form_token"), caller.form_token):
            shown = {"caller": caller, "token": caller.form_token, "problem": OUTDATED if form else ""}
            return self._page(400 if form else 200, onward="/", **shown)
        self.entrance.log_out(request.headers, caller)
        response = RedirectResponse(f"{self.root}{LOGIN}", 303)
        response.delete_cookie(self.entrance.cookie, path=self.root or "/")
        return response

    def _form(
        self, request: Request, onward: str, problem: str = "", status: int = 200, typed: str = ""
    ) -> Response:
        token = cookies_of(request.headers).get(FORM_COOKIE) or secrets.token_urlsafe(16)
        shown = {"caller": None, "token": token, "problem": problem, "typed": typed}
        response = self._page(status, onward=onward, **shown)
        self._set(request, response, FORM_COOKIE, token)
        return response

    def _page(self, status: int, **values: object) -> Response:
        markup = render(
            "serving/login/login.html.jinja",
            language=spoken(),
            style=standalone_style("login.css"),
            root=self.root,
            by_hub=self.entrance.hub is not None,
            title=t("Log out") if values["caller"] else t("Log in"),
            **values,
        )
        return HTMLResponse(f"<!doctype html>{markup}", status)

    def _set(self, request: Request, response: Response, name: str, value: str) -> None:
        """Set a cookie that no script reads, no other site sends, and no open network sees."""
        secure = self.secure or request.scope["scheme"] == "https"
        response.set_cookie(name, value, path=self.root or "/", secure=secure, httponly=True, samesite="lax")


def address_of(request: Request) -> str:
    return (request.scope.get("client") or ("",))[0]


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form, the first value of each. Refusal where it is none, or too long."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise Refusal(413, f"A form has at most {MOST_BYTES} bytes. Received: more.")
    if kind != "application/x-www-form-urlencoded":
        raise Refusal(400, "A form is sent as application/x-www-form-urlencoded. Received: something else.")
    fields = parse_qs(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=20)
    return {name: values[0] for name, values in fields.items()} or {"form_token": ""}


def safe_path(path: str) -> str:
    """Return a path of the page to go on to; the page itself for anything that leads elsewhere."""
    parts = urlsplit(path) if re.fullmatch(r"/(?![/\\])[^\\\s\x00-\x1f]*", path) else None
    return path if parts and not parts.netloc and parts.path not in (LOGIN, LOGOUT) else "/"


def is_same(given: str | None, expected: str | None) -> bool:
    """Return whether both are there and equal, in a time that tells nothing."""
    return bool(given and expected) and secrets.compare_digest(given.encode(), expected.encode())
