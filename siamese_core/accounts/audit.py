"""Note who did what, when and from where: a JSON object a line in the workspace, only ever appended to."""

import getpass
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from siamese_core.atomic import append_to_file, locked
from siamese_core.errors import UserError

FILE_NAME = "audit.jsonl"
COMMAND_LINE = "command line"
LOGIN, LOGIN_FAILED, LOGOUT = "login", "login failed", "logout"
PROMOTE, ROLL_BACK, IMPORT, UNDO = "promote", "roll back", "import", "undo"
THRESHOLD, SET_ASIDE, ACCOUNTS = "threshold", "set aside", "accounts"
ACTIONS = (LOGIN, LOGIN_FAILED, LOGOUT, PROMOTE, ROLL_BACK, IMPORT, UNDO, THRESHOLD, SET_ASIDE, ACCOUNTS)
LOCK_SECONDS = 10.0
LONGEST_TEXT = 300  # characters of a detail


@dataclass(frozen=True)
class Origin:
    """Who acts. where: an address, or the command line; request: the id of the HTTP request."""

    who: str
    where: str
    request: str = ""


@dataclass(frozen=True)
class Wanted:
    """What to show of the log: parts left empty want everything. since: an aware time."""

    who: str = ""
    what: str = ""
    since: datetime | None = None

    def has(self, entry: dict) -> bool:
        if self.who and entry.get("who") != self.who or self.what and entry.get("what") != self.what:
            return False
        return self.since is None or moment(str(entry.get("time"))) >= self.since


class AuditLog:
    """The log of a workspace. Several processes may append."""

    def __init__(self, workspace: Path) -> None:
        self.path = workspace / FILE_NAME

    def record(self, what: str, origin: Origin, **details: object) -> None:
        """Append one entry, on disk when this returns. what: of `ACTIONS`."""
        made = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = {"time": made, "what": what, "who": origin.who, "where": origin.where}
        entry |= {"request": origin.request} if origin.request else {}
        entry |= {name: _short(value) for name, value in details.items() if value not in (None, "")}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with locked(self.path.with_name(f"{FILE_NAME}.lock"), LOCK_SECONDS):
            torn = b"" if _ends_in_a_line(self.path) else b"\n"  # what a power cut left is a line of its own
            append_to_file(self.path, torn + json.dumps(entry).encode() + b"\n")

    def entries(self, wanted: Wanted | None = None) -> Iterator[dict]:
        """Yield the entries that are wanted, oldest first; lines that are none are passed over."""
        wanted = wanted or Wanted()
        if not self.path.exists():
            return
        with self.path.open("rb") as lines:
            for line in lines:
                try:
                    entry = json.loads(line)
                    if isinstance(entry, dict) and wanted.has(entry):
                        yield entry
                except (ValueError, UserError):
                    continue


def on_command_line() -> Origin:
    """Return who runs this process."""
    try:
        return Origin(getpass.getuser(), COMMAND_LINE)
    except (OSError, KeyError, ImportError):  # a user without a name
        return Origin("", COMMAND_LINE)


def note_done(workspace: Path, what: str, **details: object) -> None:
    """Note what a command has done."""
    AuditLog(workspace).record(what, on_command_line(), **details)


def moment(text: str) -> datetime:
    """Read a date or a time, in UTC where it names no zone. UserError where it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(
            f"A time is one such as 2026-11-28 or 2026-11-28T16:00. Received: {ascii(text)[:40]}. Correct it."
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _short(value: object) -> object:
    return value[:LONGEST_TEXT] if isinstance(value, str) else value


def _ends_in_a_line(path: Path) -> bool:
    if not path.exists() or not path.stat().st_size:
        return True
    with path.open("rb") as stream:
        stream.seek(-1, 2)
        return stream.read(1) == b"\n"
