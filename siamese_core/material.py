"""What a retraining has to work with: the answers that count, their images, and which of them train or
judge."""

from dataclasses import dataclass

import numpy as np

from siamese_core.errors import UserError
from siamese_core.holdout import Split, connected_groups, split
from siamese_core.images import ImageStore
from siamese_core.label_rows import LabelRow, settled_labels

FEWEST_ANSWERS = 8
LARGEST_WEIGHT = 5.0  # of an answer over the mean: one rare pair must not outvote all others


@dataclass(frozen=True)
class Material:
    """Answered pairs as indices into `images`.

    ids: of the m images; left, right: int (n,); same: bool (n,); weight: float (n,) with mean 1, for pairs
    drawn with a known chance in inverse proportion to it; group: int (n,), the connected group of images;
    parts: which of the n pairs train and judge; rows: the log's rows, n; skipped: answers whose images are
    gone.
    """

    ids: tuple[str, ...]
    images: tuple[np.ndarray, ...]
    left: np.ndarray
    right: np.ndarray
    same: np.ndarray
    weight: np.ndarray
    group: np.ndarray
    parts: Split
    rows: tuple[LabelRow, ...]
    skipped: int


def collect(
    rows: list[LabelRow], images: ImageStore, until: str | None, rng: np.random.Generator
) -> Material:
    """Settled answers up to the label `until`, split so that no image is on both sides.

    UserError where the answers are too few, or all of one kind, on either side.
    """
    settled = settled_labels(_up_to(rows, until))
    kept = tuple(row for row in settled if row.left_id in images and row.right_id in images)
    if len(kept) < FEWEST_ANSWERS:
        raise UserError(
            f"Retraining needs at least {FEWEST_ANSWERS} answers of same or different that nobody "
            f"contradicts. Received: {len(kept)}{_gone(len(settled) - len(kept))}. Answer more pairs."
        )
    left, right = [row.left_id for row in kept], [row.right_id for row in kept]
    same = np.array([row.answer == "same" for row in kept])
    parts = split(left, right, same, rng)
    _check_sides(same, parts)
    ids = tuple(dict.fromkeys([*left, *right]))
    index = {image_id: number for number, image_id in enumerate(ids)}
    groups = connected_groups(
        [a for a, use in zip(left, parts.training, strict=True) if use],
        [b for b, use in zip(right, parts.training, strict=True) if use],
    )
    return Material(
        ids=ids,
        images=tuple(images.read(image_id) for image_id in ids),
        left=np.array([index[image_id] for image_id in left]),
        right=np.array([index[image_id] for image_id in right]),
        same=same,
        weight=_weights(kept),
        group=np.array([groups.get(image_id, -1) for image_id in left]),
        parts=parts,
        rows=kept,
        skipped=len(settled) - len(kept),
    )


def _up_to(rows: list[LabelRow], until: str | None) -> list[LabelRow]:
    if until is None:
        return rows
    places = [number for number, row in enumerate(rows) if row.label_id == until]
    if not places:
        raise UserError(f"--until names a label of the log. Received: {until}, which it does not hold.")
    return rows[: places[0] + 1]


def _gone(count: int) -> str:
    return f", and {count} whose images are gone" if count else ""


def _check_sides(same: np.ndarray, parts: Split) -> None:
    for name, side in (("train", parts.training), ("judge", parts.holdout)):
        kinds = int(same[side].sum()), int((~same[side]).sum())
        if sum(kinds) == 0 or (name == "train" and 0 in kinds):
            raise UserError(
                f"The answers that {name} must hold same and different ones, on images of their own. "
                f"Received: {kinds[0]} same, {kinds[1]} different. Answer more pairs of other images."
            )


def _weights(rows: tuple[LabelRow, ...]) -> np.ndarray:
    """Pairs that the queue draws often count less, so that they do not pass for the usual case."""
    chance = np.array([float(row.probability or "nan") for row in rows])
    known = chance > 0
    weight = np.ones(len(rows))
    if known.any():
        inverse = 1 / chance[known]
        weight[known] = np.clip(inverse / inverse.mean(), 1 / LARGEST_WEIGHT, LARGEST_WEIGHT)
    return weight / weight.mean()
