"""Decide who is let in: by name and password, by a session's cookie, by a program's token."""

import logging
from argparse import Namespace
from dataclasses import dataclass, field, replace
from http.cookies import CookieError, SimpleCookie
from pathlib import Path

import anyio
from starlette.datastructures import Headers

from siamese_core.accounts.account_file import FILE_NAME, Account, AccountFile, Accounts
from siamese_core.accounts.attempts import Attempts
from siamese_core.accounts.audit import LOGIN, LOGIN_FAILED, LOGOUT, AuditLog, Origin
from siamese_core.accounts.passwords import matches, require_library
from siamese_core.accounts.sessions import Session, Sessions, stamp_of
from siamese_core.errors import UserError
from siamese_core.operating.logs import request_id
from siamese_core.page.parts.callers import Caller
from siamese_core.page.serving.login.hub import HubLogin, open_hub
from siamese_core.page.serving.policy import Refusal

log = logging.getLogger(__name__)
COOKIE = "siamese_session"
AT_ONCE = 2  # passwords that are compared, each in 64 MB
WAIT = "Too many tries. Received: another one. Wait {seconds} seconds and try again."
BAD_TOKEN = Refusal(
    401, "A token must be one that `siamese tokens add` has shown. Received: another one, or a removed one."
)


@dataclass
class Entrance:
    """What is known of who may enter. port: where the page listens, since cookies of all ports are shared.

    opened: whether the server is up; before, gradio's own start is let in. hub: where Hugging Face says who
    people are, and the file has tokens only.
    """

    file: AccountFile
    audit: AuditLog
    port: int
    sessions: Sessions = field(default_factory=Sessions)
    attempts: Attempts = field(default_factory=Attempts)
    opened: bool = False
    hub: HubLogin | None = None
    _comparing: anyio.CapacityLimiter | None = None

    @property
    def cookie(self) -> str:
        return f"{COOKIE}_{self.port}"

    def caller(self, headers: Headers, address: str, is_active: bool = True) -> Caller | None:
        """Return who sends a request. Refusal where a token is given and is none."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._program(token.strip(), address)
        session = self.sessions.find(key := self.session_key(headers), is_active)
        account = self._of_session(session) if session else None
        if account is None or stamp_of(account.secret) != session.stamp:
            self.sessions.end(key)  # removed, or the password is another one now
            return None
        return Caller(account.name, account.role, address, session.form_token)

    def _of_session(self, session: Session) -> Account | None:
        return self.hub.account(session.name) if self.hub else self._accounts().users.get(session.name)

    def session_key(self, headers: Headers) -> str:
        return cookies_of(headers).get(self.cookie, "")

    def _program(self, token: str, address: str) -> Caller:
        account = self._accounts().of_token(token)
        if account is None:
            if self.attempts.begin("", address):
                raise Refusal(429, "Too many wrong tokens came from there. Received: another. Wait a while.")
            log.warning("a token was refused", extra={"client": address})
            raise replace(BAD_TOKEN)
        return Caller(account.name, account.role, address)

    async def log_in(self, name: str, password: str, address: str) -> str:
        """Return the key of a new session. Refusal where the password is another one, or it is too soon."""
        if wait := self.attempts.begin(name, address):
            log.warning("a login has to wait", extra={"client": address, "seconds": round(wait)})
            raise Refusal(429, WAIT.format(seconds=max(1, round(wait))))
        account = self._user(name)
        if self._comparing is None:
            self._comparing = anyio.CapacityLimiter(AT_ONCE)
        stored = account.secret if account else None
        if not await anyio.to_thread.run_sync(matches, password, stored, limiter=self._comparing):
            self._note_failure(account, address)
            raise Refusal(401, "Name and password must belong together. Received: others. Try again.")
        self.attempts.succeeded(name, address)
        return self.enter(account, address)

    def enter(self, account: Account, address: str) -> str:
        """Return the key of a new session of somebody who is known by now."""
        self.note(LOGIN, account.name, address)
        return self.sessions.start(account.name, stamp_of(account.secret))

    def log_out(self, headers: Headers, caller: Caller) -> None:
        self.sessions.end(self.session_key(headers))
        self.note(LOGOUT, caller.name, caller.address)

    def note(self, what: str, who: str, address: str) -> None:
        """Write into the audit log, which must not keep anybody out: a full disk is told in the other one."""
        log.info(what, extra={"who": who, "client": address})
        try:
            self.audit.record(what, Origin(who, address, request_id.get()))
        except OSError as problem:
            log.error("the audit log takes nothing: %s", problem)

    def _note_failure(self, account: Account | None, address: str) -> None:
        """Note it without the name where nobody has it: it may be a password in the wrong field."""
        log.warning("a login failed", extra={"client": address})
        self.note(LOGIN_FAILED, account.name if account else "", address)

    def _user(self, name: str) -> Account | None:
        users, wanted = self._accounts().users.values(), name.strip().casefold()
        return next((each for each in users if each.name.casefold() == wanted), None)

    def _accounts(self) -> Accounts:
        """Return the content of the file. Refusal where it cannot be read: then nobody is let in."""
        try:
            return self.file.accounts()
        except UserError as problem:
            log.error("%s", problem)
            raise Refusal(503, "Nobody can be let in: the file of accounts cannot be read.") from problem


def open_entrance(file: Path, workspace: Path, port: int) -> Entrance:
    """Return the entrance with the accounts of a file. UserError where it holds nobody."""
    require_library()
    accounts = AccountFile(file)
    if not accounts.accounts().users:
        raise UserError(
            f"--auth names a file of at least one user. Received: {file}, which has none or is not there. "
            f"Make it: siamese users add NAME --role owner --auth {file}"
        )
    return Entrance(accounts, AuditLog(workspace), port)


def open_hub_entrance(options: Namespace) -> Entrance:
    """Return the entrance of a Space. UserError where it is none, or nobody would own it."""
    hub = open_hub(options.owners)
    file = AccountFile(options.auth or options.workspace / FILE_NAME)
    return Entrance(file, AuditLog(options.workspace), options.port, hub=hub)


def entrance_of(options: Namespace) -> Entrance | None:
    """Return the entrance that the options of the server ask for; None where everybody is let in."""
    if options.auth_hub:
        return open_hub_entrance(options)
    return open_entrance(options.auth, options.workspace, options.port) if options.auth else None


def cookies_of(headers: Headers) -> dict[str, str]:
    """Return the cookies of a request by name; none where they cannot be read."""
    try:
        return {name: each.value for name, each in SimpleCookie(headers.get("cookie", "")).items()}
    except CookieError:
        return {}
