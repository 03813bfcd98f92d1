"""Find the pairs of a pool that are worth asking about, and compare them with every encoder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from siamese_core.metric_learning.neighbours import View, coordinates, duplicate_limit, nearest
from siamese_core.metrics import bounded_logit

ALL_PAIRS = 20_000  # pools with no more pairs (200 images) are compared exhaustively
MOST_PAIRS = 160_000  # of neighbours, so that a pool of 10,000 images takes seconds
FEWEST_NEIGHBOURS, MOST_NEIGHBOURS = 6, 16  # an image
RANDOM_PAIRS = 10_000  # beside the neighbours
NEAREST = 2  # neighbours of an image that count for `Candidates.mutual_neighbours`
MEDIAN_PAIRS = 500  # random pairs that near-duplicates are told from
PAIRS_AT_ONCE = 20_000  # bounds the memory of comparing neighbour lists


@dataclass(frozen=True)
class Candidates:
    """Some of the pairs of `images` images: nearest neighbours by each encoder, and random pairs.

    codes: int64 (n,), sorted, left * images + right with left < right
    log_odds: float64 (n, encoders), calibrated log-odds of "same"
    limits: (encoders,), the log-odds of the thresholds
    disagreement: float (n,), range of the verdict log-odds over the encoders where their verdicts differ,
        else 0
    shared: float (n,) 0..1, share of nearest neighbours in common, mean over the encoders
    mutual_neighbours: bool (n,), one image is among the other's nearest neighbours for some encoder
    near_duplicate: bool (n,), almost as similar as an image to itself, for every encoder
    complete: whether these are all pairs
    """

    images: int
    codes: np.ndarray
    log_odds: np.ndarray
    limits: np.ndarray
    disagreement: np.ndarray
    shared: np.ndarray
    mutual_neighbours: np.ndarray
    near_duplicate: np.ndarray
    complete: bool

    @cached_property
    def left(self) -> np.ndarray:
        return self.codes // self.images

    @cached_property
    def right(self) -> np.ndarray:
        return self.codes % self.images

    def near_duplicates(self, image: int) -> np.ndarray:
        """Return the image and its near-duplicates: a question about one of them is one about all."""
        first, second = self._near_duplicates
        return np.concatenate([[image], second[first == image], first[second == image]])

    @cached_property
    def _near_duplicates(self) -> tuple[np.ndarray, np.ndarray]:
        return self.left[self.near_duplicate], self.right[self.near_duplicate]

    @property
    def verdict_log_odds(self) -> np.ndarray:
        """Return log-odds minus those of the threshold, float64 (n, encoders).

        At 0 or more the verdict is "same".
        """
        return self.log_odds - self.limits


def pair_codes(left: np.ndarray, right: np.ndarray, images: int) -> np.ndarray:
    """Return one int64 for each unordered pair of image numbers."""
    return np.minimum(left, right).astype(np.int64) * images + np.maximum(left, right)


def find_candidates(
    views: Sequence[View],
    rng: np.random.Generator,
    neighbours: Callable[[View, np.random.Generator, int], np.ndarray] | None = None,
) -> Candidates:
    """Find the pairs worth asking about from one or more encoders' views of the same two or more images.

    neighbours: finds so many nearest neighbours of each image, int64 (images, count), as `_neighbours` does.
    Memory grows linearly with the images.
    """
    images = views[0].images
    complete = images * (images - 1) // 2 <= ALL_PAIRS
    count = _neighbour_count(images, len(views))
    if complete:
        codes = pair_codes(*np.triu_indices(images, 1), images)
        lists = []
    else:
        lists = [(neighbours or _neighbours)(view, rng, count) for view in views]
        codes = np.unique(
            np.concatenate([_random_codes(images, rng), *(_list_codes(each) for each in lists)])
        )
    left, right = codes // images, codes % images
    log_odds = np.stack([view.compare(left, right) for view in views], axis=1)
    limits = np.array([bounded_logit(view.threshold) for view in views])
    lists = lists or [_most_similar(images, column, count) for column in log_odds.T]
    mutual_neighbours = [
        _list_codes(_most_similar_of(each, codes, column))
        for each, column in zip(lists, log_odds.T, strict=True)
    ]
    return Candidates(
        images=images,
        codes=codes,
        log_odds=log_odds,
        limits=limits,
        disagreement=disagreements(log_odds - limits),
        shared=np.mean([_shared(each, left, right) for each in lists], axis=0),
        mutual_neighbours=np.isin(codes, np.concatenate(mutual_neighbours)),
        near_duplicate=np.all(
            [log_odds[:, n] > _duplicate_limit(view, rng) for n, view in enumerate(views)], axis=0
        ),
        complete=complete,
    )


def _neighbours(view: View, rng: np.random.Generator, count: int) -> np.ndarray:
    return nearest(coordinates(view, rng), count)


def disagreements(verdict_log_odds: np.ndarray) -> np.ndarray:
    """Return how far the verdict log-odds are apart where verdicts differ, else 0 (n,).

    verdict_log_odds: (n, encoders). This is query by committee (Seung 1992).
    """
    same = verdict_log_odds >= 0
    return np.where(same.any(axis=1) & ~same.all(axis=1), np.ptp(verdict_log_odds, axis=1), 0.0)


def _duplicate_limit(view: View, rng: np.random.Generator) -> float:
    """Return the log-odds above which two images are near-duplicates."""
    left = rng.integers(view.images, size=MEDIAN_PAIRS)
    right = (left + rng.integers(1, view.images, size=MEDIAN_PAIRS)) % view.images
    return duplicate_limit(view.compare(left, left), view.compare(left, right))


def _neighbour_count(images: int, encoders: int) -> int:
    wanted = MOST_PAIRS // (images * encoders)
    return min(max(wanted, FEWEST_NEIGHBOURS), MOST_NEIGHBOURS, max(1, images // 4))


def _random_codes(images: int, rng: np.random.Generator) -> np.ndarray:
    left = rng.integers(images, size=RANDOM_PAIRS)
    return pair_codes(left, (left + rng.integers(1, images, size=RANDOM_PAIRS)) % images, images)


def _list_codes(neighbours: np.ndarray) -> np.ndarray:
    images, count = neighbours.shape
    return pair_codes(np.repeat(np.arange(images), count), neighbours.ravel(), images)


def _most_similar(images: int, scores: np.ndarray, count: int) -> np.ndarray:
    """Return the `count` most similar images of each image, int64 (images, count).

    The scores are those of all pairs in the order of their codes.
    """
    table = np.full((images, images), -np.inf)
    table[np.triu_indices(images, 1)] = scores
    table = np.maximum(table, table.T)
    return np.argsort(-table, axis=1, kind="stable")[:, :count]


def _most_similar_of(neighbours: np.ndarray, codes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Keep each image's `NEAREST` neighbours by the head's own scores, int64 (images, at most NEAREST)."""
    found = scores[np.searchsorted(codes, _list_codes(neighbours))].reshape(neighbours.shape)
    order = np.argsort(-found, axis=1, kind="stable")[:, :NEAREST]
    return np.take_along_axis(neighbours, order, axis=1)


def _shared(neighbours: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the share (n,) 0..1 of neighbours that the two images of a pair have in common."""
    parts = []
    for start in range(0, len(left), PAIRS_AT_ONCE):
        first = neighbours[left[start : start + PAIRS_AT_ONCE]]
        second = neighbours[right[start : start + PAIRS_AT_ONCE]]
        parts.append((first[:, :, None] == second[:, None, :]).any(axis=2).mean(axis=1))
    return np.concatenate([np.empty(0), *parts])
