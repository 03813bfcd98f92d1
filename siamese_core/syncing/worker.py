"""Sync in the background: when answers have waited long enough, and again, ever later, after a failure."""

import logging
import math
import secrets
import threading
import time
from collections.abc import Callable

from siamese_core.errors import UserError, in_words
from siamese_core.syncing.hub import MOVED, HubProblem
from siamese_core.syncing.models import PromotedCheckpoints
from siamese_core.syncing.restoring import restore
from siamese_core.syncing.sending import MOST_ROWS, Sender
from siamese_core.syncing.waiting import Waiting, WaitingRows, as_text

log = logging.getLogger(__name__)
BATCH_SECONDS = 60.0  # that an answer waits for others: the hub takes some hundred commits an hour, not more
LOOK_SECONDS = 1.0
RESTORE_SECONDS = 60.0  # that the page waits for the hub at the start
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0  # seconds, doubled with each failure
MOVED_PAUSE = 0.5  # seconds, after another server's commit
LAST_PAUSE = 0.5  # seconds between two tries while the process ends
LAST_SECONDS = 5.0  # that a process that ends waits for the hub
HOPELESS = (401, 403, 404)  # which a process that ends does not wait for


class Syncing:
    """Keeps a workspace on the hub. One object a process; `state` may be called by every thread."""

    def __init__(self, sender: Sender, models: PromotedCheckpoints):
        self.sender, self.models = sender, models
        self._waiting = Waiting(sender)
        self._wake, self._ending = threading.Event(), threading.Event()
        self._restored = False
        self._failures, self._not_before = 0, 0.0
        self._status = 0  # of HTTP, of the last failure
        self._problem: str | None = None
        self._saved_at: float | None = None
        self._last = math.inf
        self._busy = False

    # The start

    def restore_at_start(self, tell: Callable[[str], None]) -> None:
        """Restore the workspace; where the hub cannot be asked in time, go on without, and later again."""
        last = time.monotonic() + RESTORE_SECONDS
        while not self._restored:
            self._turn(tell)
            if self._status in HOPELESS or time.monotonic() + self._pause() > last:
                break
            time.sleep(self._pause())
        if not self._restored:
            tell(f"not restored from {self.sender.repository.name}: {self._problem}; it is tried again")

    def start(self) -> None:
        """Sync from now on, in a thread that ends with the process."""
        threading.Thread(target=self._run, name="sync", daemon=True).start()

    # What is told

    def state(self) -> dict:
        """Return, as JSON, what is not on the hub yet and since when, and what went wrong last."""
        rows, problem = self._look()
        return {
            "repository": self.sender.repository.name,
            "models": self.models.repository.name,
            "restored": self._restored,
            "waiting": len(rows.rows),
            "since": rows.since_text,
            "oldest_seconds": round(max(time.time() - rows.since, 0)) if rows.since else None,
            "checkpoints_waiting": len(self.models.waiting()),
            "saved_at": as_text(self._saved_at) if self._saved_at else None,
            "problem": problem or self._problem,
        }

    def is_saving(self) -> bool:
        """Send at once what waits, since the process ends; return whether waiting for it makes sense."""
        if not self._ending.is_set():
            self._last = time.monotonic() + LAST_SECONDS
            self._ending.set()
            self._wake.set()
        if self._failures and self._status in HOPELESS or time.monotonic() > self._last:
            return False
        return bool(self._look()[0].rows)

    @property
    def is_busy(self) -> bool:
        """Whether a call of the hub is under way, whose threads may outlast the process's last line."""
        return self._busy

    def _look(self) -> tuple[WaitingRows, str | None]:
        try:
            return self._waiting.look(), None
        except Exception as failure:  # of the log, of which the page tells more
            return WaitingRows((), None), in_words(failure)

    # The thread

    def _run(self) -> None:
        while True:
            self._wake.wait(LAST_PAUSE if self._ending.is_set() else LOOK_SECONDS)
            self._wake.clear()
            if self._is_due():
                self._turn(log.info)

    def _is_due(self) -> bool:
        if self._ending.is_set():
            return True
        if time.monotonic() < self._not_before:
            return False
        rows = self._look()[0]
        waited = rows.since is not None and time.time() - rows.since >= BATCH_SECONDS
        return not self._restored or waited or len(rows.rows) >= MOST_ROWS or bool(self.models.waiting())

    def _turn(self, tell: Callable[[str], None]) -> None:
        """Restore if that is not done, and send what waits. Whatever fails is told, and tried again."""
        self._busy = True
        try:
            self._work(tell)
        except HubProblem as problem:
            self._note(problem, problem.status)
        except Exception as failure:  # of the disk, or ours: the page goes on
            log.warning("sync: %s: %s", type(failure).__name__, failure)
            self._note(failure, 0)
        else:
            self._failures, self._status = 0, 0
        finally:
            self._busy = False

    def _work(self, tell: Callable[[str], None]) -> None:
        self.sender.repository.require()
        if not self._restored:
            left_out = [restore(self.sender, tell)]
            try:
                self.models.restore(tell)
            except UserError as damaged:  # what is on the hub is no checkpoint: the answers count more
                left_out.append(str(damaged))
            self._restored, self._problem = True, "; ".join(filter(None, left_out)) or None
        while rows := self.sender.unsent():
            self.sender.send(rows)
        self.models.send()
        self._saved_at = time.time()
        if self._failures:
            self._problem = None

    def _note(self, failure: Exception, status: int) -> None:
        words = str(failure) if isinstance(failure, HubProblem) else in_words(failure)
        self._failures, self._status, self._problem = self._failures + 1, status, words
        self._not_before = time.monotonic() + self._pause()

    def _pause(self) -> float:
        """Return how long to wait after the failures so far, with jitter, for servers not to meet again."""
        share = secrets.randbelow(1000) / 1000
        if self._status in MOVED:
            return MOVED_PAUSE * (0.5 + share)
        longest = (
            min(FIRST_PAUSE * 2 ** min(self._failures - 1, 10), LONGEST_PAUSE) if self._failures else 0.0
        )
        return longest * (0.5 + share / 2)
