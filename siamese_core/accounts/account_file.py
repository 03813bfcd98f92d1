"""Keep users and tokens in a file that only its owner can read.

    {"format": "siamese-workbench accounts", "version": 1,
     "users": {"Ada": {"role": "owner", "secret": "$argon2id$...", "created_at": ...}},
     "tokens": {"nightly": {"role": "annotator", "secret": SHA-256, "created_at": ...}}}

A token has 256 random bits, so that a plain hash of it says nothing about it.
"""

import hashlib
import json
import os
import secrets
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from siamese_core.accounts.passwords import hashed
from siamese_core.accounts.roles import checked_role
from siamese_core.atomic import locked, replacing
from siamese_core.errors import UserError

FILE_NAME = "users.json"  # in the workspace, where no other is named
FORMAT, VERSION = "siamese-workbench accounts", 1
MOST_LETTERS = 80  # of a name, as on the page
TOKEN_BYTES = 32
LOCK_SECONDS = 10.0


@dataclass(frozen=True)
class Account:
    """Who may use the workbench. secret: hash of a password (Argon2) or of a token (SHA-256, hex)."""

    name: str
    role: str
    secret: str
    created_at: str


@dataclass(frozen=True)
class Accounts:
    """The content of the file: people and programs by their name, which only one of them has."""

    users: Mapping[str, Account] = field(default_factory=dict)
    tokens: Mapping[str, Account] = field(default_factory=dict)

    def of_token(self, token: str) -> Account | None:
        """Return whose token it is."""
        secret = token_hash(token)
        return next((each for each in self.tokens.values() if each.secret == secret), None)


class AccountFile:
    """The file. It is read again once it has changed, by whatever process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: tuple[tuple, Accounts] = ((), Accounts())
        self._reading = threading.Lock()

    def accounts(self) -> Accounts:
        """Return who is in the file; nobody where it is not there. UserError where it cannot be read."""
        with self._reading:
            try:
                found = self.path.stat()
            except FileNotFoundError:
                return Accounts()
            state = (found.st_ino, found.st_mtime_ns, found.st_size)
            if self._read[0] != state:
                self._read = state, read_accounts(self.path)
            return self._read[1]

    def add_user(self, name: str, role: str, password: str) -> Account:
        """Add somebody. UserError where the name is taken or does not fit, or the password is too short."""
        with self._changing() as both:
            added = Account(free_name(name, both), checked_role(role), hashed(password), now())
            both["users"][added.name] = added
        return added

    def add_token(self, name: str, role: str) -> str:
        """Add a program and return its token, which is stored nowhere."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self._changing() as both:
            added = Account(free_name(name, both), checked_role(role), token_hash(token), now())
            both["tokens"][added.name] = added
        return token

    def set_role(self, name: str, role: str) -> None:
        with self._changing() as both:
            both["users"][name] = replace(known("users", name, both), role=checked_role(role))

    def set_password(self, name: str, password: str) -> None:
        """Set another password; sessions that began with the old one end."""
        with self._changing() as both:
            both["users"][name] = replace(known("users", name, both), secret=hashed(password))

    def remove(self, kind: str, name: str) -> None:
        """Remove somebody. kind: "users" or "tokens"."""
        with self._changing() as both:
            known(kind, name, both)
            del both[kind][name]

    @contextmanager
    def _changing(self) -> Iterator[dict[str, dict[str, Account]]]:
        """Give both tables to be changed, and write them when the block ends well."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with locked(self.path.with_name(f"{self.path.name}.lock"), LOCK_SECONDS):
            before = self.accounts()
            both = {"users": dict(before.users), "tokens": dict(before.tokens)}
            yield both
            content = {
                kind: {each.name: _stored(each) for each in found.values()} for kind, found in both.items()
            }
            with replacing(self.path) as stream:
                os.chmod(stream.name, 0o600)  # while it is empty
                stream.write(json.dumps({"format": FORMAT, "version": VERSION} | content, indent=1).encode())


def read_accounts(path: Path) -> Accounts:
    """Return the content of a file of accounts. UserError where it is none."""
    try:
        found = json.loads(path.read_bytes())
        if found["format"] != FORMAT:
            raise ValueError(f"format {ascii(found['format'])[:40]}")
        if found["version"] > VERSION:
            raise ValueError(f"version {found['version']}, of a later program")
        users, tokens = (
            {name: Account(name, **each) for name, each in found[kind].items()}
            for kind in ("users", "tokens")
        )
        for each in (*users.values(), *tokens.values()):
            checked_role(each.role)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, UserError) as damage:
        raise UserError(
            f"--auth names a file that `users add` made. Received: {path} "
            f"({type(damage).__name__}: {damage}). Correct it, or make another with `users add`."
        ) from damage
    return Accounts(users, tokens)


def _stored(account: Account) -> dict[str, str]:
    entry = asdict(account)
    del entry["name"]
    return entry


def free_name(name: str, both: Mapping[str, Mapping[str, Account]]) -> str:
    """Return the name as it is written in the log. UserError where it does not fit or is taken."""
    fit = unicodedata.normalize("NFC", name).strip()
    if not fit or len(fit) > MOST_LETTERS or not fit.isprintable():
        raise UserError(
            f"A name has 1 to {MOST_LETTERS} printable characters. Received: {ascii(name)[:100]}. "
            "Choose another."
        )
    taken = {each.casefold() for accounts in both.values() for each in accounts}
    if fit.casefold() in taken:
        raise UserError(f"A name has one account. Received: {fit}, which has one already. Choose another.")
    return fit


def known(kind: str, name: str, both: Mapping[str, Mapping[str, Account]]) -> Account:
    """Return the account. UserError, which lists those that are there, where there is none."""
    if name in both[kind]:
        return both[kind][name]
    there = ", ".join(both[kind]) or "none"
    raise UserError(
        f"The name must be one of the {kind}: {there}. Received: {ascii(name)[:100]}. Correct it."
    )


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
