"""Compare stored embeddings as a checkpoint normalised against them does; measure a search's recall."""

from dataclasses import dataclass, replace

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.data.progress import Progress
from siamese_core.metric_learning.neighbours import View
from siamese_core.metric_learning.score_normalisation import Statistics, cohort_rows, mean_of_sides
from siamese_core.scale.stored_rows import StoredRows
from siamese_core.searching.gallery import fast_normalisation, with_own_cohort
from siamese_core.searching.rows import rows_for

AT_ONCE = 4096  # embeddings that are read together
MEASURED = 64  # images whose most similar ones are found exactly


@dataclass(frozen=True)
class ShardView(View):
    """The view of a checkpoint on stored rows.

    statistics: of each row's scores with the cohort, measured once, None where nothing is normalised; raw:
    the checkpoint without its normalisation.
    """

    checkpoint: Checkpoint
    raw: Checkpoint
    statistics: Statistics | None

    def compare(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return the log-odds float64 (k,) of pairs of row numbers."""
        parts = [np.empty(0)]
        for start in range(0, len(left), AT_ONCE):
            first, second = (each[start : start + AT_ONCE] for each in (left, right))
            scores = self.raw.logits(self.take(first), self.take(second))
            if self.statistics is not None:
                scores = mean_of_sides(scores, _of(self.statistics, first), _of(self.statistics, second))
            parts.append(self.checkpoint.calibration.log_odds(scores))
        return np.concatenate(parts)


def shard_view(checkpoint: Checkpoint, rows: StoredRows, progress: Progress) -> ShardView:
    """Return the view of a checkpoint, normalised against the rows where Find would do so."""
    sample = rows.take(cohort_rows(len(rows)))
    judging = with_own_cohort(checkpoint, sample)
    raw = replace(judging, normalisation=None)

    def log_odds(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return judging.calibration.log_odds(raw.logits(left, right))

    statistics = None
    if judging.normalisation is not None:
        fast, parts = fast_normalisation(judging), []
        for start in range(0, len(rows), AT_ONCE):
            progress(start / len(rows), f"comparing with a cohort: {start:,} of {len(rows):,}")
            parts.append(fast.statistics(rows.take(np.arange(start, min(start + AT_ONCE, len(rows))))))
        statistics = Statistics(
            *(np.concatenate([getattr(part, name) for part in parts]) for name in ("mean", "spread"))
        )
    return ShardView(len(rows), rows.take, log_odds, judging.threshold, judging, raw, statistics)


def measured_recall(view: ShardView, neighbours: np.ndarray) -> tuple[float, int, int]:
    """Return the share of the most similar images by the head itself that are among the neighbours (n, k).

    With it, of how many images and for how many neighbours of each it was measured.
    """
    count, chosen = (
        neighbours.shape[1],
        cohort_rows(view.images)[:: max(1, min(view.images, 200) // MEASURED)],
    )
    queries = view.take(chosen)
    best = np.full((len(chosen), count), -np.inf, np.float32)
    places = np.full((len(chosen), count), -1, np.int64)
    for start in range(0, view.images, AT_ONCE):
        numbers = np.arange(start, min(start + AT_ONCE, view.images))
        scores = rows_for(view.raw.head, view.take(numbers)).table(queries)
        scores[chosen[:, None] == numbers] = -np.inf
        scores = np.concatenate([best, scores], axis=1)
        numbers = np.concatenate([places, np.broadcast_to(numbers, (len(chosen), len(numbers)))], axis=1)
        kept = np.argsort(-scores, axis=1, kind="stable")[:, :count]
        best, places = np.take_along_axis(scores, kept, 1), np.take_along_axis(numbers, kept, 1)
    found = (places[:, :, None] == neighbours[chosen][:, None]).any(axis=2)
    return float(found.mean()), len(chosen), count


def _of(statistics: Statistics, rows: np.ndarray) -> Statistics:
    return Statistics(statistics.mean[rows], statistics.spread[rows])
