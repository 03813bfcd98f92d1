"""Split answered pairs into training and holdout, with no image and no implied identity on both sides."""

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np

from siamese_core.data.components import named_components

SHARE = 0.3  # of the pairs, in the holdout
TRIES = 50  # random splits of each of the two kinds, of which the best is kept
TRAINING_WORTH = 1.5  # of having all pairs in training; a full holdout is worth 2
LARGEST_IDENTITY = 0.2  # share of the images above which an identity is divided
FEWEST_TO_DIVIDE = 8  # images
HOLDOUT_IDENTITIES = (0.3, 0.6)  # range of their share; a pair judges only if both its images do


@dataclass(frozen=True)
class Split:
    """Masks, bool (n,), of which one is true for each pair.

    dropped: pairs with an image on either side, and those that would unbalance the holdout.
    """

    training: np.ndarray
    holdout: np.ndarray
    dropped: np.ndarray


def identities(left: Sequence[str], right: Sequence[str], same: np.ndarray) -> np.ndarray:
    """Return the identities int64 (n, 2) of left and right image: connected components of the "same" answers.

    A few wrong answers connect many identities. A component of more than `LARGEST_IDENTITY` of the images is
    divided where few answers connect it: each part grows by the image with the largest share of its links in
    it.
    """
    neighbours: dict[str, list[str]] = {image: [] for side in (left, right) for image in side}
    for first, second, is_same in zip(left, right, same, strict=True):
        if is_same:
            neighbours[first].append(second)
            neighbours[second].append(first)
    most = max(FEWEST_TO_DIVIDE, round(LARGEST_IDENTITY * len(neighbours)))
    number: dict[str, int] = {}
    for image in neighbours:
        if image not in number:
            grown = _grown(image, neighbours, number, len(neighbours))
            grown = _grown(image, neighbours, number, most) if len(grown) > most else grown
            number |= dict.fromkeys(grown, len(number))
    return np.array([[number[image] for image in side] for side in (left, right)], "int64").T


def _grown(start: str, neighbours: dict[str, list[str]], taken: Container[str], limit: int) -> set[str]:
    """Return a connected part of at most `limit` images around `start`, none of them taken."""
    grown, inside, waiting = set(), Counter(), [(0.0, 0, start)]
    while waiting and len(grown) < limit:
        _, _, image = heappop(waiting)
        if image in grown:
            continue
        grown.add(image)
        for each in neighbours[image]:
            if each not in grown and each not in taken:
                inside[each] += 1
                heappush(waiting, (-inside[each] / len(neighbours[each]), -len(grown), each))
    return grown


def split(left: Sequence[str], right: Sequence[str], same: np.ndarray, rng: np.random.Generator) -> Split:
    """Split pairs so that about `SHARE` of them are in the holdout.

    left, right: image ids (n,); same: bool (n,), n >= 1. Either whole connected components of all pairs go to
    one side, or, where these leave too small a holdout (a queue connects nearly all images), whole identities
    do, and the pairs between the sides are dropped. The best of `TRIES` random splits of each kind is kept.
    """
    same = np.asarray(same, bool)
    number = named_components(left, right)
    group = np.array([number[image] for image in left], "int64")
    identity = identities(left, right, same)
    splits = [_by_group(group, rng) for _ in range(TRIES)]
    splits += [_balanced(_by_identity(identity, rng), same, rng) for _ in range(TRIES)]
    return max(splits, key=lambda each: _worth(each, same))


def _by_group(group: np.ndarray, rng: np.random.Generator) -> Split:
    judging = np.isin(group, _some(group, SHARE, rng))
    return Split(~judging, judging, np.zeros(len(group), bool))


def _by_identity(identity: np.ndarray, rng: np.random.Generator) -> Split:
    judging = np.isin(identity, _some(identity.ravel(), rng.uniform(*HOLDOUT_IDENTITIES), rng))
    both, neither = judging.all(axis=1), ~judging.any(axis=1)
    return Split(neither, both, ~both & ~neither)


def _some(members: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Draw random numbers that together make at most `share` of the `members`."""
    names, sizes = np.unique(members, return_counts=True)
    chosen, count = [], 0
    for each in rng.permutation(len(names)):
        if count + sizes[each] <= share * len(members):
            chosen.append(each)
            count += sizes[each]
    return names[chosen]


def _balanced(cut: Split, same: np.ndarray, rng: np.random.Generator) -> Split:
    """Drop pairs so that the holdout has the share of positive pairs of all pairs.

    Splitting by identity drops mostly negative pairs, and a model that says "same" more often would win by
    that alone.
    """
    kinds = [np.flatnonzero(cut.holdout & same), np.flatnonzero(cut.holdout & ~same)]
    shares = same.mean(), 1 - same.mean()
    total = min(len(kind) / share for kind, share in zip(kinds, shares, strict=True) if share)
    holdout = np.zeros(len(same), bool)
    for kind, share in zip(kinds, shares, strict=True):
        holdout[rng.permutation(kind)[: round(total * share)]] = True
    return Split(cut.training, holdout, ~cut.training & ~holdout)


def _worth(cut: Split, same: np.ndarray) -> float:
    """Score a split by the size of the holdout and by what is left to train on.

    The holdout counts with its rarer kind, up to what is wanted; training with its share of pairs, and 0 if
    it lacks one of the two kinds.
    """
    wanted = SHARE * len(same)
    judging, training = same[cut.holdout], same[cut.training]
    if training.all() or not training.any():
        return 0.0
    rarer = min(judging.sum(), (~judging).sum())
    reached = min(1.0, 2 * rarer / wanted) + min(1.0, len(judging) / wanted)
    return float(reached + TRAINING_WORTH * len(training) / len(same))
