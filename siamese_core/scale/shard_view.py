"""Compare stored embeddings as a checkpoint normalised against them does; measure a search's recall."""

from dataclasses import dataclass, replace

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint, to_numpy, to_tensor
from siamese_core.data.progress import Progress
from siamese_core.metric_learning.neighbours import SAMPLE_AN_AXIS, View, coordinates
from siamese_core.metric_learning.principal_axes import principal_axes
from siamese_core.metric_learning.score_normalisation import Statistics, cohort_rows, mean_of_sides
from siamese_core.scale.stored_rows import StoredRows
from siamese_core.searching.gallery import fast_normalisation, with_own_cohort
from siamese_core.searching.rows import rows_for

AT_ONCE = 4096  # embeddings that are read together
AXES = 256  # principal axes that neighbours are searched on: 1 GB for a million images
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


def search_points(view: ShardView, rng: np.random.Generator) -> np.ndarray:
    """Return float32 (images, at most `AXES`) whose Euclidean neighbours are nearly the head's most similar.

    Of a head that is a product of two vectors these are the leading axes of the vectors; for the cosine they
    have length 1, so that both orders are the same but for the axes left out.
    """
    head = view.raw.head
    if not hasattr(head, "factors"):
        return coordinates(view, rng, AXES)

    def vectors(rows: np.ndarray) -> np.ndarray:
        return to_numpy(head.factors(to_tensor(view.take(rows)))[1])

    count = min(SAMPLE_AN_AXIS * AXES, view.images)
    sample = vectors(np.sort(rng.choice(view.images, count, replace=False)))
    centre = sample.mean(axis=0)
    axes = principal_axes(sample - centre, AXES).astype(np.float32)
    starts = range(0, view.images, AT_ONCE)
    blocks = (np.arange(start, min(start + AT_ONCE, view.images)) for start in starts)
    return np.concatenate([(vectors(rows) - centre) @ axes for rows in blocks])


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
