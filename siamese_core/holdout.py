"""Which answered pairs train and which judge: no image, and no identity that answers imply, is on both
sides."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SHARE = 0.3  # of the pairs that judge
TRIES = 20  # random cuts through one large group, of which the best is kept


@dataclass(frozen=True)
class Split:
    """bool (n,) each: pairs that train, that judge, and that would have tied the two sides together."""

    training: np.ndarray
    holdout: np.ndarray
    dropped: np.ndarray


def connected_groups(left: Sequence[str], right: Sequence[str]) -> dict[str, int]:
    """image id -> the number of its connected group, where every pair is a tie."""
    parent: dict[str, str] = {}

    def root(image: str) -> str:
        parent.setdefault(image, image)
        while parent[image] != image:
            parent[image] = parent[parent[image]]
            image = parent[image]
        return image

    for first, second in zip(left, right, strict=True):
        parent[root(first)] = root(second)
    numbers: dict[str, int] = {}
    return {image: numbers.setdefault(root(image), len(numbers)) for image in list(parent)}


def split(left: Sequence[str], right: Sequence[str], same: np.ndarray, rng: np.random.Generator) -> Split:
    """Whole connected groups go to the holdout until it has `SHARE` of the pairs.

    Where one group holds more than that share (a queue ties nearly everything together), the cut goes through
    `different` answers: whole identities (images tied by `same`) are dealt to the two sides, and the pairs
    between the sides are dropped.
    """
    same = np.asarray(same, bool)
    groups = connected_groups(left, right)
    group_of = np.array([groups[image] for image in left], dtype="int64")
    sizes = np.bincount(group_of, minlength=len(groups) and max(groups.values()) + 1)
    if len(same) and sizes.max() <= SHARE * len(same):
        none = np.zeros(len(same), bool)
        deals = [np.isin(group_of, _whole_groups(sizes, rng)) for _ in range(TRIES)]
        return max((Split(~deal, deal, none) for deal in deals), key=lambda cut: _worth(cut, same))
    return _cut_by_identity(left, right, same, rng)


def _whole_groups(sizes: np.ndarray, rng: np.random.Generator) -> list[int]:
    chosen, count, wanted = [], 0, SHARE * sizes.sum()
    for group in rng.permutation(len(sizes)):
        if count + sizes[group] <= wanted:
            chosen.append(int(group))
            count += sizes[group]
    return chosen


def _cut_by_identity(
    left: Sequence[str], right: Sequence[str], same: np.ndarray, rng: np.random.Generator
) -> Split:
    images = sorted({*left, *right})
    tied = connected_groups(
        [*images, *(a for a, s in zip(left, same, strict=True) if s)],
        [*images, *(b for b, s in zip(right, same, strict=True) if s)],
    )
    left_identity = np.array([tied[image] for image in left], dtype="int64")
    right_identity = np.array([tied[image] for image in right], dtype="int64")
    count = max(tied.values(), default=-1) + 1
    best: Split | None = None
    for _ in range(TRIES):
        judging = np.zeros(count, bool)
        judging[rng.permutation(count)[: round(count * np.sqrt(SHARE) * 0.8)]] = True
        inside = judging[left_identity] & judging[right_identity]
        outside = ~judging[left_identity] & ~judging[right_identity]
        cut = Split(outside, inside, ~inside & ~outside)
        if best is None or _worth(cut, same) > _worth(best, same):
            best = cut
    return best


def _worth(cut: Split, same: np.ndarray) -> float:
    """More pairs of the rarer kind in the holdout, as long as most stay in training."""
    rarer = min(np.sum(same[cut.holdout]), np.sum(~same[cut.holdout]))
    return float(min(rarer, SHARE * len(same) / 2) + 0.5 * cut.training.sum())
