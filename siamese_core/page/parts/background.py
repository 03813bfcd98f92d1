"""Run one long work at a time in the background, also while the page is reloaded or closed."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from siamese_core.data.progress import Progress
from siamese_core.errors import UserError
from siamese_core.page.parts.notices import UNEXPECTED

log = logging.getLogger(__name__)
CANCELLED = "It was cancelled."


class _Cancelled(Exception):
    """Raised inside the work at its next report of progress."""


@dataclass(frozen=True)
class Run:
    """How far a work is.

    subject: what is worked on, for people; share: 0..1; result, problem: None while it runs, afterwards one
    of them is set; stopping: it was asked to stop.
    """

    subject: str
    share: float = 0.0
    words: str = "starts"
    result: object | None = None
    problem: str | None = None
    stopping: bool = False

    @property
    def running(self) -> bool:
        return self.result is None and self.problem is None


class Background:
    """Runs `work(progress) -> result` in a thread; work calls `progress(share, words)` on its way.

    name: of such a work, as "retraining"; doing: what is being done to its subject, as "is being retrained".
    """

    def __init__(self, name: str, doing: str) -> None:
        self.name, self.doing = name, doing
        self.latest: Run | None = None
        self._change = threading.Lock()

    def start(self, subject: str, work: Callable[[Progress], object]) -> None:
        """Start a work. UserError while another one is on."""
        with self._change:
            if self.latest and self.latest.running:
                raise UserError(
                    f"One {self.name} runs at a time. Received: another start while {self.latest.subject} "
                    f"{self.doing}. Wait for its end."
                )
            self.latest = Run(subject)
        threading.Thread(target=self._run, args=(work,), name=self.name, daemon=True).start()

    def cancel(self) -> None:
        """Ask the work to stop; it does at its next report of progress."""
        with self._change:
            if self.latest and self.latest.running:
                self.latest = replace(self.latest, stopping=True, words="stops")

    def _run(self, work: Callable[[Progress], object]) -> None:
        try:
            self._tell(result=work(self._progress))
        except _Cancelled:
            self._tell(problem=CANCELLED)
        except UserError as problem:
            self._tell(problem=str(problem))
        except Exception:
            log.exception("%s of %s failed", self.name, self.latest.subject)
            self._tell(problem=UNEXPECTED)

    def _progress(self, share: float, words: str) -> None:
        if self.latest.stopping:
            raise _Cancelled
        self._tell(share=min(max(float(share), 0.0), 1.0), words=words)

    def _tell(self, **news) -> None:
        with self._change:
            self.latest = replace(self.latest, **news)
