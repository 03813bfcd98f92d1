"""Draw the pairs to ask about next, one after the other, each with a known probability.

Each draw first chooses a reason (a strategy or the random audit) by its share, then a pair by its probability
under that reason. An audit draws uniformly from all pairs, whether candidates or not. The probabilities are
logged, so that answers can be weighted by their inverse (Horvitz, Thompson 1952).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from siamese_core.errors import UserError
from siamese_core.labelling.candidates import Candidates, pair_codes
from siamese_core.labelling.strategies import STRATEGIES, Knowledge, probabilities

AUDIT = "random_audit"
REASONS = (*STRATEGIES, AUDIT)
# Shares of the draws: least error after 300 answers (`bench loop`).
DEFAULT_MIX = {"disagreement": 0.2, "uncertain": 0.55, "hard_negative": 0.15, AUDIT: 0.1}
PER_IMAGE = 2  # pairs of one batch that an image is part of
TRIES = 256  # pairs drawn at a time by rejection sampling for an audit


@dataclass(frozen=True)
class Drawn:
    """A pair of image numbers, left < right.

    probability: that this draw, after those before it, gives this pair, summed over all reasons.
    """

    left: int
    right: int
    reason: str
    probability: float


def draw(
    candidates: Candidates,
    knowledge: Knowledge,
    count: int,
    rng: np.random.Generator,
    mix: Mapping[str, float] = DEFAULT_MIX,
) -> list[Drawn]:
    """Draw `count` pairs, or fewer where no reason of `mix` (shares with sum 1) has a pair left.

    No pair is drawn twice. No image is part of more than `PER_IMAGE` pairs, and no pair is a near-duplicate
    of another, unless `count` cannot be reached otherwise. UserError for an unknown strategy.
    """
    if unknown := set(mix) - set(REASONS):
        names = ", ".join(sorted(unknown))
        raise UserError(f"A strategy is one of {', '.join(REASONS)}. Received: {names}. Choose one of these.")
    by_reason = {reason: probabilities(candidates, knowledge, reason) for reason in mix if reason != AUDIT}
    batch = _Batch(candidates, knowledge, mix, by_reason)
    while len(batch.drawn) < count and (batch.step(rng) or batch.relax()):
        pass
    return batch.drawn


class _Batch:
    """A batch being drawn, and which rows of candidates, images and codes may still be drawn."""

    def __init__(
        self,
        candidates: Candidates,
        knowledge: Knowledge,
        mix: Mapping[str, float],
        probabilities: Mapping[str, np.ndarray],
    ):
        self.candidates, self.mix, self.probabilities = candidates, mix, probabilities
        self.drawn: list[Drawn] = []
        self._excluded = knowledge.excluded
        self._fresh = ~np.isin(candidates.codes, knowledge.excluded)
        self._times = np.zeros(candidates.images, np.int64)
        self._usable = np.ones(candidates.images, bool) if knowledge.usable is None else knowledge.usable
        self._per_image, self._duplicates_apart = PER_IMAGE, True
        self._open_all()

    def step(self, rng: np.random.Generator) -> bool:
        """Draw a pair; False if none is left."""
        left_over = {
            reason: float(probabilities @ self._open) for reason, probabilities in self.probabilities.items()
        }
        left_over[AUDIT] = float(self._audits()) if AUDIT in self.mix else 0.0
        shares = _shares(self.mix, left_over)
        if not shares:
            return False
        reason = str(rng.choice(list(shares), p=list(shares.values())))
        code = self._audit(rng) if reason == AUDIT else self._by_weight(self.probabilities[reason], rng)
        left, right = divmod(code, self.candidates.images)
        self.drawn.append(Drawn(left, right, reason, self._probability(code, shares, left_over)))
        self._take(left, right)
        return True

    def relax(self) -> bool:
        """Lift the next constraint on diversity; False if that would free no pair."""
        if not self._duplicates_apart and (self._free == self._usable).all():
            return False
        if self._duplicates_apart:
            self._duplicates_apart = False
        else:
            self._per_image += 1
        self._open_all()
        return True

    def _open_all(self) -> None:
        candidates = self.candidates
        self._free = (self._times < self._per_image) & self._usable
        fits = self._free[candidates.left] & self._free[candidates.right]
        self._open = (self._fresh & fits).astype(np.float64)
        self._taken = np.empty(0, np.int64)
        self._close(np.array([each.left * candidates.images + each.right for each in self.drawn], np.int64))

    def _take(self, left: int, right: int) -> None:
        ends = [
            self.candidates.near_duplicates(each) if self._duplicates_apart else [each]
            for each in (left, right)
        ]
        first, second = (each.ravel() for each in np.meshgrid(*ends))
        self._close(np.unique(pair_codes(first, second, self.candidates.images)[first != second]))
        for image in (left, right):
            self._times[image] += 1
            if self._times[image] >= self._per_image:
                self._free[image] = False
                self._open[(self.candidates.left == image) | (self.candidates.right == image)] = 0

    def _close(self, codes: np.ndarray) -> None:
        """Take distinct codes out of the draw."""
        rows = np.searchsorted(self.candidates.codes, codes)
        rows = rows[rows < len(self.candidates.codes)]
        self._open[rows[np.isin(self.candidates.codes[rows], codes)]] = 0
        new = codes[~_among(self._excluded, codes) & ~np.isin(codes, self._taken)]
        self._taken = np.concatenate([self._taken, new])

    def _probability(self, code: int, shares: Mapping[str, float], left_over: Mapping[str, float]) -> float:
        """Return the probability of a pair over all reasons."""
        row = int(np.searchsorted(self.candidates.codes, code))
        listed = row < len(self.candidates.codes) and self.candidates.codes[row] == code
        parts = {reason: self.probabilities[reason][row] if listed else 0.0 for reason in self.probabilities}
        parts[AUDIT] = 1.0
        total = sum(share * parts[reason] / left_over[reason] for reason, share in shares.items())
        return min(1.0, float(total))  # rounding may exceed 1

    def _by_weight(self, probabilities: np.ndarray, rng: np.random.Generator) -> int:
        steps = np.cumsum(probabilities * self._open)
        row = np.searchsorted(steps, rng.random() * steps[-1], side="right")
        return int(self.candidates.codes[row])

    def _audits(self) -> int:
        """Count the pairs that an audit may draw."""
        if self.candidates.complete:
            return int(self._open.sum())
        free = int(self._free.sum())
        closed = sum(self._both_free(codes).sum() for codes in (self._excluded, self._taken))
        return free * (free - 1) // 2 - int(closed)

    def _both_free(self, codes: np.ndarray) -> np.ndarray:
        return self._free[codes // self.candidates.images] & self._free[codes % self.candidates.images]

    def _audit(self, rng: np.random.Generator) -> int:
        if self.candidates.complete:
            return int(rng.choice(self.candidates.codes[self._open > 0]))
        free = np.flatnonzero(self._free)
        while True:
            first, second = free[rng.integers(len(free), size=(2, TRIES))]
            codes = pair_codes(first, second, self.candidates.images)[first != second]
            usable = codes[~_among(self._excluded, codes) & ~np.isin(codes, self._taken)]
            if len(usable):
                return int(usable[0])


def _among(ordered: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Tell which of `codes` are in `ordered`, which is sorted."""
    rows = np.minimum(np.searchsorted(ordered, codes), len(ordered) - 1)
    return ordered[rows] == codes if len(ordered) else np.zeros(len(codes), bool)


def _shares(mix: Mapping[str, float], left_over: Mapping[str, float]) -> dict[str, float]:
    """Return the shares of the reasons that have pairs left; their sum is 1.

    The share of the audit does not change.
    """
    usable = {reason: share for reason, share in mix.items() if share > 0 and left_over[reason] > 0}
    others = sum(share for reason, share in usable.items() if reason != AUDIT)
    audit = usable.get(AUDIT, 0.0) if others else float(AUDIT in usable)
    return {
        reason: audit if reason == AUDIT else share * (1 - audit) / others for reason, share in usable.items()
    }
