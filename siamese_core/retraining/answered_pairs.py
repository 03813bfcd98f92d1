"""The answered pairs of a log that a retraining works with, their images, weights and split."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.settled import one_a_pair, settled_labels
from siamese_core.data.sampling import Pairs
from siamese_core.errors import UserError
from siamese_core.images.store import ImageStore
from siamese_core.retraining.holdout import Split, identities, split

FEWEST_ANSWERS = 8  # to retrain from
LARGEST_WEIGHT = 5.0  # bound on inverse-propensity weights, in units of their mean, and its inverse below


@dataclass(frozen=True)
class AnsweredPairs:
    """The n answered pairs of a log, with indices into the m images.

    ids: of the images; left, right: int (n,); same: bool (n,); rows: the log's rows (n,)
    weight: float (n,) in the training loss; parts: which pairs train and judge
    identity: int (n, 2), of the left and right image, as the answers imply
    gone: number of answers left out because their images are missing; until: the last event that was read
    earlier: bool (n,), the answers that a parent with a learned metric was fitted to
    """

    ids: tuple[str, ...]
    images: tuple[np.ndarray, ...]
    left: np.ndarray
    right: np.ndarray
    same: np.ndarray
    weight: np.ndarray
    identity: np.ndarray
    parts: Split
    rows: tuple[LabelRow, ...]
    gone: int
    until: str
    earlier: np.ndarray

    def fingerprint(self) -> str:
        """Return the SHA-256 of the answers that train: the same in whatever log and by whomever."""
        lines = sorted(
            f"{' '.join(row.pair)} {row.answer}"
            for row, trains in zip(self.rows, self.parts.training, strict=True)
            if trains
        )
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def collect(
    rows: list[LabelRow], images: ImageStore, until: str | None, rng: np.random.Generator
) -> AnsweredPairs:
    """Collect the settled answers of the log's rows up to the event `until`, one a pair, and split them.

    UserError where the answers, or those that would train or judge, are too few or all of one kind.
    """
    read = _up_to(rows, until)
    settled = one_a_pair(settled_labels(read))
    kept = tuple(row for row in settled if row.left_id in images and row.right_id in images)
    ids, pairs = indexed_pairs(kept)
    same = pairs.same
    gone = len(settled) - len(kept)
    _check_kinds(same, gone)
    left, right = [row.left_id for row in kept], [row.right_id for row in kept]
    parts = split(left, right, same, rng)
    _check_parts(same, parts)
    return AnsweredPairs(
        ids=ids,
        images=tuple(images.read(image_id) for image_id in ids),
        left=pairs.left,
        right=pairs.right,
        same=same,
        weight=_weights(kept, same, parts),
        identity=identities(left, right, same),
        parts=parts,
        rows=kept,
        gone=gone,
        until=read[-1].label_id,
        earlier=np.zeros(len(same), bool),
    )


def judged_afresh(answered: AnsweredPairs, events: list[LabelRow], until: str) -> AnsweredPairs:
    """Mark the answers up to the event `until`, and keep only later ones in the holdout.

    For a parent whose metric was learned from all answers up to it, its own holdout's too: these would judge
    it on its training data. The holdout is unchanged where the later answers cannot judge alone; then the
    parent has the advantage.
    """
    if until not in {row.label_id for row in events}:
        return answered
    known = {row.label_id for row in _up_to(events, until)}
    earlier = np.array([row.label_id in known for row in answered.rows])
    answered, parts = replace(answered, earlier=earlier), answered.parts
    fresh = parts.holdout & ~earlier
    if not fresh.any() or answered.same[fresh].all() or not answered.same[fresh].any():
        return answered
    dropped = parts.dropped | (parts.holdout & ~fresh)
    return replace(answered, parts=replace(parts, holdout=fresh, dropped=dropped))


def _up_to(rows: list[LabelRow], until: str | None) -> list[LabelRow]:
    if until is None:
        return rows
    places = [number for number, row in enumerate(rows) if row.label_id == until]
    if not places:
        raise UserError(
            f"--until names a label of the log. Received: {until}, which it does not hold. "
            "Take a label_id from the log."
        )
    return rows[: places[0] + 1]


def indexed_pairs(rows: Sequence[LabelRow]) -> tuple[tuple[str, ...], Pairs]:
    """Return the ids of the images of n rows, each once, and the pairs (n,) as indices into them."""
    left, right = [row.left_id for row in rows], [row.right_id for row in rows]
    ids = tuple(dict.fromkeys([*left, *right]))
    place = {image_id: number for number, image_id in enumerate(ids)}
    sides = (np.array([place[image_id] for image_id in side], int) for side in (left, right))
    return ids, Pairs(*sides, np.array([row.answer == "same" for row in rows], bool))


def _check_kinds(same: np.ndarray, gone: int) -> None:
    if len(same) < FEWEST_ANSWERS or same.all() or not same.any():
        left_out = f", and {gone} whose images are gone" if gone else ""
        raise UserError(
            f"Retraining needs at least {FEWEST_ANSWERS} answers that nobody contradicts, some same and some "
            f"different. Received: {int(same.sum())} same, {int((~same).sum())} different{left_out}. "
            f"{'Put the images back, or answer' if gone else 'Answer'} more pairs."
        )


def _check_parts(same: np.ndarray, parts: Split) -> None:
    training = same[parts.training]
    if training.all() or not training.any() or not parts.holdout.any():
        raise UserError(
            "Some answers train and others, on images of their own, judge. Received: "
            f"{len(same)} answers that tie their images together so that there is nothing to "
            f"{'judge by' if len(training) == len(same) else 'train on'}. Answer pairs of other images."
        )


def _weights(rows: tuple[LabelRow, ...], same: np.ndarray, parts: Split) -> np.ndarray:
    """Return the weights (n,) of the answers in training, with mean 1.

    Inverse to the probability of being drawn where it is known (inverse-propensity weights, Horvitz, Thompson
    1952), so that the pairs of a queue stand for all pairs; then scaled so that positive and negative pairs
    weigh alike, as they do where the shipped checkpoints are calibrated.
    """
    chance = np.array([float(row.probability or "nan") for row in rows])
    known = chance > 0
    weight = np.ones(len(rows))
    if known.any():
        inverse = 1 / chance[known]
        weight[known] = np.clip(inverse / inverse.mean(), 1 / LARGEST_WEIGHT, LARGEST_WEIGHT)
    for kind in (same, ~same):
        weight[kind] /= weight[kind & parts.training].sum()
    return weight / weight.mean()
