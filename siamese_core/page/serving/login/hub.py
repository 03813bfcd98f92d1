"""Log people in with their Hugging Face account, by gradio's own OAuth, where the page runs on a Space."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.types import Message, Receive, Scope

from siamese_core.accounts.account_file import Account
from siamese_core.accounts.roles import ANNOTATOR, OWNER
from siamese_core.errors import UserError

START, CALLBACK = "/login/huggingface", "/login/callback"
NEEDED = ("SPACE_ID", "OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES", "OPENID_PROVIDER_URL")
GRADIO_SESSION = "session"  # the cookie that gradio keeps its half of a login in


@dataclass(frozen=True)
class HubAnswer:
    """What gradio answered. name: of the account, "" while the login is not done."""

    status: int
    headers: tuple[tuple[str, str], ...]
    name: str = ""


class HubLogin:
    """Gradio's routes to Hugging Face and back. owners: names of accounts; everybody else is an annotator."""

    paths = (START, CALLBACK)

    def __init__(self, owners: tuple[str, ...]) -> None:
        from gradio.oauth import attach_oauth

        self.owners = frozenset(name.casefold() for name in owners)
        self.app = FastAPI(openapi_url=None)
        attach_oauth(self.app)

    def account(self, name: str) -> Account:
        """Return the account of somebody whom Hugging Face has named."""
        role = OWNER if name.casefold() in self.owners else ANNOTATOR
        return Account(name, role, secret="", created_at="")

    async def answer(self, asked: Scope, receive: Receive) -> HubAnswer:
        """Go one step of the login, with its own copy of the request."""
        scope, started = {**asked, "root_path": ""}, {}

        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.update(message)

        await self.app(scope, receive, kept)
        headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in started["headers"]
        )
        told = scope.get("session", {}).get("oauth_info") if asked["path"] == CALLBACK else None
        return HubAnswer(started["status"], headers, name_of(told))


def name_of(told: object) -> str:
    """Return the name of the account that OpenID Connect tells; "" where it tells none."""
    info = told.get("userinfo") if isinstance(told, Mapping) else None
    name = info.get("preferred_username") if isinstance(info, Mapping) else None
    return name if isinstance(name, str) else ""


def open_hub(owners: list[str]) -> HubLogin:
    """Return the login of this Space. UserError where it is none, or has no OAuth, or nobody would own it."""
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        raise UserError(
            f"--auth-hub works on a Hugging Face Space whose README says `hf_oauth: true`. Received: no "
            f"{', '.join(missing)}. Add that line there, or use --auth FILE elsewhere."
        )
    if not owners:
        raise UserError(
            "--auth-hub needs to know who owns the workbench. Received: no --owners. Give --owners NAME."
        )
    try:
        return HubLogin(tuple(owners))
    except ImportError as problem:
        raise UserError(
            "--auth-hub needs gradio's extra oauth. Received: an installation without it. Install it: "
            "pip install 'gradio[oauth]'"
        ) from problem
