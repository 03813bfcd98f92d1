"""Find the images of a gallery that a checkpoint calls most similar to an image."""

import copy
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import expit

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.embeddings.cohorts import with_chosen_threshold
from siamese_core.metric_learning.familiarity import doubted
from siamese_core.metric_learning.score_normalisation import FEWEST, ScoreNormalisation, cohort_rows
from siamese_core.metrics import verdict
from siamese_core.searching.best import Scan
from siamese_core.searching.rows import rows_for

STATISTICS_AT_ONCE = 256  # images whose scores with a cohort are measured together
SAMPLE = 200  # images of a gallery, up to twice as many, that stand for all


@dataclass(frozen=True)
class Hits:
    """The most similar images of a gallery, by their places in it int64 (k,), the most similar first.

    log_odds: float (k,), calibrated; similarity: float32 (k,), 0..1; same: bool (k,), the verdict.
    """

    places: np.ndarray
    log_odds: np.ndarray
    similarity: np.ndarray
    same: np.ndarray

    def __len__(self) -> int:
        return len(self.places)


def with_own_cohort(checkpoint: Checkpoint, embeddings: np.ndarray) -> Checkpoint:
    """Return the checkpoint normalised against the gallery (n, d) that is searched.

    The checkpoint itself where that has fewer than `FEWEST` images, or where answers or a cohort have
    calibrated it.
    """
    calibrated = checkpoint.card.answers is not None or checkpoint.normalisation is not None
    if calibrated or len(embeddings) < FEWEST:
        return checkpoint
    return with_chosen_threshold(checkpoint.normalised(embeddings[cohort_rows(len(embeddings))]))


class Gallery:
    """The embeddings float32 (n, d) of a gallery, prepared for one checkpoint.

    It decides as the checkpoint does for a pair: head, normalisation, calibration, threshold.

    unnormalised: the checkpoint for queries of another kind than the cohort of a normalised one; eight_bit:
    hold the gallery in a quarter of the memory, and miss about one of a hundred of the most similar.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        embeddings: np.ndarray,
        unnormalised: Checkpoint | None = None,
        eight_bit: bool = False,
    ):
        self.checkpoint = checkpoint
        self._unnormalised = unnormalised or checkpoint
        self.rows = rows_for(checkpoint.head, embeddings, eight_bit)
        self._sample = embeddings[:: max(1, len(embeddings) // SAMPLE)]
        self._normalisation = fast_normalisation(checkpoint) if len(embeddings) else None
        self._statistics = self._measured(embeddings) if self._normalisation else None

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, places: np.ndarray) -> np.ndarray:
        """Return the embeddings float32 (m, d) of some images."""
        return self.rows.whole.take(places)

    def scans(self, queries: np.ndarray) -> list[Scan]:
        """Return a scan of the calibrated log-odds for each query, embeddings float32 (q, d)."""
        queries = np.ascontiguousarray(queries, np.float32)
        bounds = self.rows.bounds(queries)
        return [
            self._scan(query, row, number)
            for number, (query, row) in enumerate(zip(queries, bounds, strict=True))
        ]

    def search(self, queries: np.ndarray, count: int) -> list[Hits]:
        """Return the `count` most similar images for each query, embeddings float32 (q, d)."""
        each = zip(self.scans(queries), self.trust(queries), strict=True)
        return [self.hits(*scan.best(count), trust) for scan, trust in each]

    def hits(self, places: np.ndarray, log_odds: np.ndarray, trust: float = 1.0) -> Hits:
        """Return hits from places and calibrated log-odds (k,), drawn to the threshold where trust is low."""
        threshold = self.checkpoint.threshold
        similarity = doubted(expit(log_odds).astype(np.float32), trust, threshold)
        return Hits(places, log_odds, similarity, verdict(similarity, threshold))

    def trust(self, queries: np.ndarray) -> np.ndarray:
        """Return by how much what is said of each query (q, d) and this gallery counts, float (q,) 0..1.

        One number for all images, that of the least known of them, so that similarities keep their order.
        """
        return np.minimum(self.checkpoint.trust(queries), self._least_trust)

    @cached_property
    def _least_trust(self) -> float:
        return float(self.checkpoint.trust(self._sample).min(initial=1.0))

    @cached_property
    def is_known(self) -> bool:
        """Whether the checkpoint knows such images as most of the gallery's are."""
        return not 2 * self.checkpoint.is_foreign(self._sample).sum() > len(self._sample)

    @cached_property
    def sampled_log_odds(self) -> np.ndarray:
        """The calibrated log-odds float64 (m, m) of a sample's pairs; the diagonal is of identical images.

        Nearly all pairs of a gallery of many classes are different, so that it shows what different ones get.
        """
        some = self._sample[: SAMPLE // 2]
        return Gallery(self.checkpoint, some).table(some)

    def table(self, queries: np.ndarray) -> np.ndarray:
        """Return the calibrated log-odds float64 (q, n) of queries (q, d) with all of a small gallery."""
        if not len(self):
            return np.empty((len(queries), 0))
        scores = self.rows.table(queries).astype(np.float64)
        if self._statistics is not None:
            lines = [self._line(query) for query in queries]
            scores = np.array(
                [row * slope + shift for row, (slope, shift) in zip(scores, lines, strict=True)]
            )
        return self.checkpoint.calibration.log_odds(scores)

    def for_query(self, query: np.ndarray) -> "Gallery":
        """Return the gallery as it judges a query (1, d).

        Without the cohort where the query is not of its kind, as a comparison of two images does.
        """
        if self._normalisation is None or self._normalisation.covers(query)[0]:
            return self
        return self._plain

    @cached_property
    def _plain(self) -> "Gallery":
        plain = copy.copy(self)
        for name in ("_least_trust", "is_known", "sampled_log_odds"):  # of the normalised one
            vars(plain).pop(name, None)
        plain.checkpoint, plain._normalisation, plain._statistics = self._unnormalised, None, None
        return plain

    def _scan(self, query: np.ndarray, bounds: np.ndarray, number: int) -> Scan:
        slope, shift = self._line(query)
        calibration = self.checkpoint.calibration
        slope, shift = calibration.slope * slope, calibration.slope * shift + calibration.intercept

        def exact(places: np.ndarray) -> np.ndarray:
            scores = self.rows.scores(query, places)
            return scores * _at(slope, places) + _at(shift, places)

        return Scan(bounds * slope + shift, exact)

    def _line(self, query: np.ndarray) -> tuple[np.ndarray | float, np.ndarray | float]:
        """Return slope and shift, for each row, of the normalised score as a line of the head's score.

        The score is with a query (d,): the mean of its standings among the scores of either image with the
        cohort.
        """
        if self._statistics is None:
            return 1.0, 0.0
        own, rows = self._normalisation.statistics(query[None]), self._statistics
        slope = (1 / own.spread + 1 / rows.spread) / 2
        return slope, -(own.mean / own.spread + rows.mean / rows.spread) / 2

    def _measured(self, embeddings: np.ndarray):
        """Return the statistics of all rows, measured in a thread a core."""
        starts = range(0, len(embeddings), STATISTICS_AT_ONCE)
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            parts = threads.map(
                lambda start: self._normalisation.statistics(embeddings[start : start + STATISTICS_AT_ONCE]),
                starts,
            )
            found = list(parts)
        joined = {
            name: np.concatenate([getattr(each, name) for each in found]) for name in ("mean", "spread")
        }
        return replace(found[0], **joined)


def fast_normalisation(checkpoint: Checkpoint) -> ScoreNormalisation | None:
    """Return the checkpoint's normalisation with the same scores, computed as those of a gallery."""
    normalisation = checkpoint.normalisation
    if normalisation is None:
        return None
    cohort = rows_for(checkpoint.head, normalisation.cohort)
    return replace(normalisation, pairwise=lambda left, _: cohort.table(left))


def _at(values: np.ndarray | float, places: np.ndarray) -> np.ndarray | float:
    return values[places] if isinstance(values, np.ndarray) else values


def merged(parts: Sequence[Hits], starts: Sequence[int], count: int) -> Hits:
    """Return the `count` best of the hits in parts of a gallery. starts: places of the parts' first rows."""
    places = np.concatenate([hits.places + start for hits, start in zip(parts, starts, strict=True)])
    names = ("log_odds", "similarity", "same")
    others = [np.concatenate([getattr(hits, name) for hits in parts]) for name in names]
    order = np.lexsort((places, -others[0]))[:count]
    return Hits(places[order], *(each[order] for each in others))
