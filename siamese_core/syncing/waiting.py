"""Tell which answers the hub has not confirmed and since when, at the cost of what is new in the log."""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from siamese_core.answers.label_row import LabelRow
from siamese_core.syncing.order import milliseconds
from siamese_core.syncing.sending import Sender


@dataclass(frozen=True)
class WaitingRows:
    """rows: not confirmed, oldest first; since: when the oldest was logged, in seconds since 1970."""

    rows: tuple[LabelRow, ...]
    since: float | None

    @property
    def since_text(self) -> str | None:
        """The time in UTC as ISO 8601, to the second."""
        return as_text(self.since) if self.since else None


class Waiting:
    """Looks at the log of a sender; for several threads."""

    def __init__(self, sender: Sender):
        self._sender = sender
        self._lock = threading.Lock()
        self._looked_at = 0  # rows of the log
        self._rows: dict[str, tuple[LabelRow, float]] = {}  # by label_id, with when it was first seen

    def look(self) -> WaitingRows:
        """Return what waits now. UserError where the log cannot be read."""
        with self._lock:
            if self._sender.log.counts().rows < self._looked_at:  # another file now
                self._looked_at = 0
            new = self._sender.log.rows(self._looked_at)
            self._looked_at += len(new)
            for row in new:
                self._rows.setdefault(row.label_id, (row, _logged(row)))
            known = self._sender.ledger.known
            self._rows = {each: found for each, found in self._rows.items() if each not in known}
            since = min((logged for _, logged in self._rows.values()), default=None)
            return WaitingRows(tuple(row for row, _ in self._rows.values()), since)


def _logged(row: LabelRow) -> float:
    """Return when a row came into the log, in s since 1970: an import keeps the times of its file."""
    now, said = time.time(), milliseconds(row.created_at) / 1000
    return now if row.source == "import" or not 0 < said < now else said


def as_text(seconds: float) -> str:
    """Return a time, in seconds since 1970, as ISO 8601."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
