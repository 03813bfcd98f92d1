"""Test whether one checkpoint ranks pairs better than another, on pairs that share images and identities.

The difference of the two areas under the ROC is a mean of placement values (DeLong, DeLong, Clarke-Pearson
1988). Pairs that share an identity are not independent, so its variance is the one for dyadic data, clustered
by both identities of a pair (Aronow, Samii, Assenova 2015; one-way: Obuchowski 1997).
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from siamese_core.data.sampling import members


@dataclass(frozen=True)
class RankedPairs:
    """Pairs that neither checkpoint has learned from, with what both say.

    same: bool (n,); images, identity: int (n, 2), of the left and the right image
    part: int (n,), pairs are compared within a part only, as scores of different fits are on scales of their
    own; before, after: float (n,), log-odds of "same" minus those of the threshold, of parent and candidate
    """

    same: np.ndarray
    images: np.ndarray
    identity: np.ndarray
    part: np.ndarray
    before: np.ndarray
    after: np.ndarray

    def chosen(self, kept: np.ndarray) -> "RankedPairs":
        """Return the pairs where `kept`, bool (n,), is true."""
        return RankedPairs(*(each[kept] for each in vars(self).values()))


@dataclass(frozen=True)
class RankingGain:
    """The gain of a candidate in the area under the ROC.

    before, after: the areas, mean over the parts; error: standard error of after - before
    identities: number of identities with two images or more, by which it is judged; pairs: number of pairs
    right_before, right_after: share of right verdicts, mean of that on positive and that on negative pairs
    """

    before: float
    after: float
    error: float
    identities: int
    pairs: int
    right_before: float
    right_after: float

    @property
    def gain(self) -> float:
        return self.after - self.before

    @property
    def p(self) -> float:
        """The one-sided p of no gain, by Student's t with the identities as observations."""
        if self.identities < 2 or self.error <= 0:
            return 1.0
        return float(student.sf(self.gain / self.error, self.identities - 1))

    def json(self) -> dict:
        """Return the test as the report keeps it; ci95: of the gain."""
        half = float(student.ppf(0.975, max(1, self.identities - 1))) * self.error
        return {
            "identities": self.identities,
            "pairs": self.pairs,
            "auc_before": self.before,
            "auc_after": self.after,
            "right_before": self.right_before,
            "right_after": self.right_after,
            "gain": self.gain,
            "error": self.error,
            "ci95": [self.gain - half, self.gain + half],
            "p": self.p,
        }


def ranking_gain(pairs: RankedPairs) -> RankingGain | None:
    """Return by how much the candidate ranks positive pairs above negative ones more often than its parent.

    None where no part has pairs of both kinds, or a score is no number.
    """
    if not (np.isfinite(pairs.before).all() and np.isfinite(pairs.after).all()):
        return None
    parts = [
        pairs.chosen(rows) for rows in members(pairs.part).values() if 0 < pairs.same[rows].sum() < len(rows)
    ]
    if not parts:
        return None
    every = RankedPairs(*map(np.concatenate, zip(*(vars(each).values() for each in parts), strict=True)))
    before, after = (
        np.concatenate([placements(getattr(each, name), each.same) for each in parts])
        for name in ("before", "after")
    )
    same, change = every.same, after - before
    share = np.zeros(len(same))
    for kind in (same, ~same):
        share[kind] = (change[kind] - change[kind].mean()) / kind.sum()
    return RankingGain(
        before=_balanced(before, same),
        after=_balanced(after, same),
        error=float(np.sqrt(_dyadic_variance(share, every.identity))),
        identities=len(np.unique(every.identity[same])),
        pairs=len(np.unique(np.sort(every.images, axis=1), axis=0)),
        right_before=_balanced((every.before >= 0) == same, same),
        right_after=_balanced((every.after >= 0) == same, same),
    )


def _balanced(values: np.ndarray, same: np.ndarray) -> float:
    return float(values[same].mean() + values[~same].mean()) / 2


def placements(scores: np.ndarray, same: np.ndarray) -> np.ndarray:
    """Return for each pair the share of the other kind that is ranked on its right side, ties counted half.

    For a positive pair, that of the negative pairs below it; for a negative one, that of the positive pairs
    above it. Both kinds' means are the area under the ROC.
    """
    found = np.empty(len(scores))
    for kind, sign in ((same, 1.0), (~same, -1.0)):
        others = np.sort(sign * scores[~kind])
        sides = (np.searchsorted(others, sign * scores[kind], side) for side in ("left", "right"))
        found[kind] = sum(sides) / 2 / len(others)
    return found


def _dyadic_variance(share: np.ndarray, identity: np.ndarray) -> float:
    """Return the variance of a sum of shares (n,) of pairs, each with mean 0.

    Shares are correlated where pairs have an identity in common: it is the sum of share * share over all such
    two pairs.
    """
    number = np.unique(identity, return_inverse=True)[1].reshape(identity.shape)
    count = int(number.max()) + 1
    between = number[:, 0] != number[:, 1]
    of_identity = np.bincount(number[:, 0], share, count)
    of_identity += np.bincount(number[between, 1], share[between], count)
    code = number.min(axis=1) * count + number.max(axis=1)
    of_two = np.bincount(np.unique(code[between], return_inverse=True)[1], share[between])
    # two pairs between the same two identities are counted with each of these
    variance = float(np.square(of_identity).sum() - np.square(of_two).sum())
    return max(variance, 0.0)
