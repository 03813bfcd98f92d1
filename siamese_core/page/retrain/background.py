"""Run one retraining at a time in the background, also while the page is reloaded or closed."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from siamese_core.data.progress import Progress
from siamese_core.errors import UserError
from siamese_core.networks.encoders import slot_title
from siamese_core.page.parts.notices import UNEXPECTED

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """How far a retraining is.

    share: 0..1; report, problem: None while it runs, afterwards one of them is set.
    """

    encoder: str
    mode: str
    share: float = 0.0
    words: str = "starts"
    report: object | None = None
    problem: str | None = None

    @property
    def running(self) -> bool:
        return self.report is None and self.problem is None


class BackgroundRetraining:
    """Calls `work(encoder, mode, progress) -> report`; work calls `progress(share, words)` on its way."""

    def __init__(self, work: Callable[[str, str, Progress], object]) -> None:
        self.work = work
        self.latest: Run | None = None
        self._change = threading.Lock()

    def start(self, encoder: str, mode: str) -> None:
        """Start a run. UserError while another one is on."""
        with self._change:
            if self.latest and self.latest.running:
                raise UserError(
                    f"One retraining runs at a time. Received: another start while "
                    f"{slot_title(self.latest.encoder)} is being retrained. Wait for its report."
                )
            self.latest = Run(encoder, mode)
        threading.Thread(target=self._run, args=(encoder, mode), name="retrain", daemon=True).start()

    def _run(self, encoder: str, mode: str) -> None:
        try:
            self._tell(report=self.work(encoder, mode, self._progress))
        except UserError as problem:
            self._tell(problem=str(problem))
        except Exception:
            log.exception("retraining %s failed", encoder)
            self._tell(problem=UNEXPECTED)

    def _progress(self, share: float, words: str) -> None:
        self._tell(share=min(max(float(share), 0.0), 1.0), words=words)

    def _tell(self, **news) -> None:
        with self._change:
            self.latest = replace(self.latest, **news)
