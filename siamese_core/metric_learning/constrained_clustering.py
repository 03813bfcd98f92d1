"""Cluster images by the similarities of neighbours, such that answers hold (constrained agglomeration).

Average linkage on a sparse graph (Dhulipala et al., *Hierarchical agglomerative graph clustering in
nearly-linear time*, 2021) under must-link and cannot-link constraints (Davidson, Ravi, *Agglomerative
hierarchical clustering with constraints*, 2005).
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from siamese_core.data.components import components

MOST_EVIDENCE = 4.0  # bound on the log-odds of a pair, so that no single one decides on a cluster


@dataclass(frozen=True)
class Evidence:
    """What is known of pairs of `images` images, by their numbers: neighbours of each, and few others.

    left, right: int (n,), each pair once; log_odds: float (n,), of "same"; unknown: those that a pair which
    is not listed counts for; neighbours: about how many pairs of an image are listed.
    """

    images: int
    left: np.ndarray
    right: np.ndarray
    log_odds: np.ndarray
    unknown: float
    neighbours: int


def constrained_clusters(evidence: Evidence, same: np.ndarray, different: np.ndarray) -> np.ndarray:
    """Return the cluster int64 (images,), 0, 1, ..., of each image.

    same, different: int (k, 2), pairs of images that answers call so; they always hold. A "different" within
    images that answers connect contradicts these, and counts for nothing.

    Two clusters are merged, the most likely first, while the mean log-odds of their pairs is above 0. Then
    the clusters that a "same" connects are one, unless a "different" is between them: then the images that
    answers connect are a cluster by themselves.
    """
    tied = components(*_columns(same), evidence.images)
    apart: dict[int, set[int]] = defaultdict(set)
    for first, second in tied[_rows(different)].tolist():
        if first != second:
            apart[first].add(second)
            apart[second].add(first)
    clusters = _Agglomeration(evidence, tied, apart)
    clusters.run()
    return _joined(clusters.labels(), tied, apart)


class _Agglomeration:
    """Clusters that are being merged; each is known by the number of one of its images."""

    def __init__(self, evidence: Evidence, tied: np.ndarray, apart: dict[int, set[int]]):
        self.evidence = evidence
        self.size = [1] * evidence.images
        self.into = list(range(evidence.images))  # the cluster that each was merged into, or itself
        self.ties = [{each} for each in tied.tolist()]
        self.foes = [apart.get(each, set()) for each in tied.tolist()]
        self.links: list[dict[int, tuple[float, int]]] = [{} for _ in range(evidence.images)]
        bounded = np.clip(evidence.log_odds, -MOST_EVIDENCE, MOST_EVIDENCE)
        for a, b, each in zip(evidence.left.tolist(), evidence.right.tolist(), bounded.tolist(), strict=True):
            self.links[a][b] = self.links[b][a] = (each, 1)
        self.queue: list[tuple[float, int, int]] = []
        for cluster in range(evidence.images):
            self._offer(cluster, (other for other in self.links[cluster] if other > cluster))

    def run(self) -> None:
        while self.queue:
            offered, a, b = heapq.heappop(self.queue)
            if self.into[a] != a or self.into[b] != b or -offered != self._linkage(a, b):
                continue  # of clusters before they were merged with others
            if not (self.ties[a] & self.foes[b]):
                self._merge(*((a, b) if len(self.links[a]) >= len(self.links[b]) else (b, a)))

    def labels(self) -> np.ndarray:
        found = []
        for image in range(self.evidence.images):
            while self.into[image] != image:
                image = self.into[image]
            found.append(image)
        return np.unique(found, return_inverse=True)[1]

    def _linkage(self, a: int, b: int) -> float:
        """Return the mean log-odds of the pairs between two clusters, as many as the lists could hold."""
        total, listed = self.links[a][b]
        smaller = min(self.size[a], self.size[b])
        pairs = max(listed, min(self.size[a] * self.size[b], smaller * self.evidence.neighbours))
        return (total + (pairs - listed) * self.evidence.unknown) / pairs

    def _offer(self, cluster: int, others: Iterable[int]) -> None:
        for other in others:
            if (linkage := self._linkage(cluster, other)) > 0:
                heapq.heappush(self.queue, (-linkage, cluster, other))

    def _merge(self, kept: int, gone: int) -> None:
        self.into[gone] = kept
        self.size[kept] += self.size[gone]
        self.ties[kept] = self.ties[kept] | self.ties[gone]
        self.foes[kept] = self.foes[kept] | self.foes[gone]
        links = self.links[kept]
        del links[gone]
        for other, (total, listed) in self.links[gone].items():
            if other != kept:
                before = links.get(other, (0.0, 0))
                links[other] = self.links[other][kept] = (before[0] + total, before[1] + listed)
                del self.links[other][gone]
        self.links[gone] = {}
        self._offer(kept, links)


def _joined(clusters: np.ndarray, tied: np.ndarray, apart: dict[int, set[int]]) -> np.ndarray:
    """Join clusters of images that are tied; ones that a foe keeps apart leave those a new one."""
    clusters, ties = clusters.copy(), defaultdict(set)
    for image, cluster in enumerate(clusters.tolist()):
        ties[cluster].add(int(tied[image]))
    for tie in np.flatnonzero(np.bincount(tied) > 1).tolist():
        several = np.unique(clusters[tied == tie]).tolist()
        together = set().union(*(ties[each] for each in several))
        if any(apart[each] & together for each in together if each in apart):
            for each in several:
                ties[each].discard(tie)
            several, together = [int(clusters.max()) + 1], {tie}
            clusters[tied == tie] = several[0]
        clusters[np.isin(clusters, several)] = several[0]
        ties[several[0]] = together
    return np.unique(clusters, return_inverse=True)[1]


def _rows(pairs: np.ndarray) -> np.ndarray:
    return np.asarray(pairs, np.int64).reshape(-1, 2)


def _columns(pairs: np.ndarray) -> np.ndarray:
    return _rows(pairs).T
