"""Forecast in the background what more answers would bring, for each slot."""

import logging
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.answers.label_row import LabelRow
from siamese_core.labelling.pool import Pool

if TYPE_CHECKING:
    from siamese_core.retraining.forecast import Forecast

log = logging.getLogger(__name__)
EVERY = 25  # answers between two forecasts


class Forecasts:
    """The latest forecast of each slot, made anew every `EVERY` answers."""

    def __init__(self, pool: Pool) -> None:
        self.pool, self.working = pool, False
        self.latest: dict[str, Forecast] = {}
        self._made_at = 0
        self._change = threading.Lock()

    def follow(self, settled: Sequence[LabelRow]) -> None:
        """Start to forecast if there are enough new answers."""
        with self._change:
            if self.working or abs(len(settled) - self._made_at) < EVERY:
                return
            self.working, self._made_at = True, len(settled)
        threading.Thread(target=self._make, args=(settled,), name="forecast", daemon=True).start()

    def _make(self, settled: Sequence[LabelRow]) -> None:
        try:
            # imported here: it needs TensorFlow, which the page starts without
            from siamese_core.retraining.forecast import forecast, pool_evidence

            found = {
                each.slot: forecast(pool_evidence(each, settled), np.random.default_rng(0))
                for each in self.pool.embedded()
            }
            self.latest = {slot: each for slot, each in found.items() if each}
        except Exception:  # nobody waits for it; the answers are safe
            log.exception("no forecast")
        finally:
            self.working = False
