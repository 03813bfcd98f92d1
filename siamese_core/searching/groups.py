"""Put images into groups that are thought to show one class, for a person to confirm, split and merge."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.special import expit

from siamese_core.metric_learning.constrained_clustering import Evidence, constrained_clusters

LARGEST_WHOLE = 40  # images of a group of which all pairs are compared; of larger ones, those that are listed
ANSWERED = 100.0  # log-odds of a link that a person has called "same"


@dataclass(frozen=True)
class Link:
    """Two images of a group, by number, that hold it together.

    similarity: 0..1; answered: a person has called them the same.
    """

    left: int
    right: int
    similarity: float
    answered: bool


@dataclass(frozen=True)
class Group:
    """Images by number, the medoid first and then those most similar to it.

    tree: the links of the spanning tree of the greatest similarities, least similar first; pairs that a
    person has called the same come into it before all others.
    """

    images: tuple[int, ...]
    tree: tuple[Link, ...]

    @cached_property
    def open(self) -> tuple[Link, ...]:
        """The links that nobody has answered, the weakest first."""
        return tuple(each for each in self.tree if not each.answered)

    @property
    def weakest(self) -> Link:
        return (self.open or self.tree)[0]


@dataclass(frozen=True)
class Grouping:
    """Groups of two or more images, the largest first, and the images that are alone."""

    groups: tuple[Group, ...]
    alone: tuple[int, ...]


@dataclass(frozen=True)
class Compared:
    """How images are compared.

    evidence: of the listed pairs, about whether two images are of one group; log_odds: int (k,) twice ->
    calibrated log-odds (k,) of "same", of any pairs.
    """

    evidence: Evidence
    log_odds: Callable[[np.ndarray, np.ndarray], np.ndarray]


def grouped(compared: Compared, usable: np.ndarray, same: np.ndarray, different: np.ndarray) -> Grouping:
    """Group images, such that answers hold.

    usable: bool (images,), the others are in no group; same, different: int (k, 2), pairs of images that
    people have called so.
    """
    clusters = constrained_clusters(compared.evidence, same, different)
    clusters = np.where(usable, clusters, -1)
    order = np.argsort(clusters, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(clusters[order])) + 1)
    parts = [part for part in parts if len(part) and clusters[part[0]] >= 0]
    several = sorted((part for part in parts if len(part) > 1), key=len, reverse=True)
    alone = tuple(int(part[0]) for part in parts if len(part) == 1)
    return Grouping(tuple(described(compared, several, same)), alone)


def described(compared: Compared, parts: Sequence[np.ndarray], same: np.ndarray) -> list[Group]:
    """Return the group of each part, image numbers (m,) with m >= 2: its medoid, order and spanning tree."""
    pairs = [_pairs_within(compared.evidence, part, same) for part in parts]
    if not pairs:
        return []
    left, right = np.concatenate(pairs, axis=1)
    log_odds = compared.log_odds(left, right)
    base = compared.evidence.images
    answered = np.isin(_codes(left, right, base), _codes(*np.reshape(same, (-1, 2)).T, base))
    ends = np.cumsum([each.shape[1] for each in pairs])[:-1]
    each = zip(parts, pairs, np.split(log_odds, ends), np.split(answered, ends), strict=True)
    return [_group(part, *rows) for part, *rows in each]


def _pairs_within(evidence: Evidence, part: np.ndarray, same: np.ndarray) -> np.ndarray:
    """Return pairs int (2, k) of a part that connect it: all, or of a large one those that are known."""
    if len(part) <= LARGEST_WHOLE:
        return part[np.stack(np.triu_indices(len(part), 1))]
    listed = np.isin(evidence.left, part) & np.isin(evidence.right, part)
    known = np.stack([evidence.left[listed], evidence.right[listed]])
    answered = np.reshape(same, (-1, 2))
    answered = answered[np.isin(answered, part).all(axis=1)].T
    centre = part[np.bincount(np.searchsorted(part, known.ravel()), minlength=len(part)).argmax()]
    others = part[part != centre]
    found = np.sort(np.concatenate([known, answered, [np.full(len(others), centre), others]], axis=1), axis=0)
    return np.unique(found, axis=1)


def _group(part: np.ndarray, pairs: np.ndarray, log_odds: np.ndarray, answered: np.ndarray) -> Group:
    rows, columns = np.searchsorted(part, pairs)  # a part is sorted
    count = len(part)
    ends = np.concatenate([rows, columns])
    compared = np.bincount(ends, minlength=count)
    mean = np.bincount(ends, np.tile(log_odds, 2), minlength=count) / compared
    medoid = int(np.where(compared == compared.max(), mean, -np.inf).argmax())  # it is compared with all
    near = np.full(count, np.inf)
    near[np.concatenate([columns[rows == medoid], rows[columns == medoid]])] = np.concatenate(
        [log_odds[rows == medoid], log_odds[columns == medoid]]
    )
    weight = np.where(answered, ANSWERED, np.clip(log_odds, 1 - ANSWERED, ANSWERED - 1))
    costs = coo_array((ANSWERED + 1 - weight, (rows, columns)), shape=(count, count))
    tree = minimum_spanning_tree(costs.tocsr()).tocoo()
    number = {pair: place for place, pair in enumerate(zip(rows.tolist(), columns.tolist(), strict=True))}
    places = [number[pair] for pair in zip(tree.row.tolist(), tree.col.tolist(), strict=True)]
    links = [
        Link(int(pairs[0, each]), int(pairs[1, each]), float(expit(log_odds[each])), bool(answered[each]))
        for each in places
    ]
    ordered = part[np.argsort(-near, kind="stable")]
    return Group(tuple(ordered.tolist()), tuple(sorted(links, key=lambda link: link.similarity)))


def _codes(left: np.ndarray, right: np.ndarray, base: int) -> np.ndarray:
    return np.minimum(left, right).astype(np.int64) * base + np.maximum(left, right)
