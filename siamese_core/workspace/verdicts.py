"""What an encoder says of a pair, and of a query and its classes; the one place where a verdict is made."""

from dataclasses import dataclass

from siamese_core.checkpoints.domains import HANDWRITING


def is_same(similarity: float, threshold: float) -> bool:
    """The verdict. Both 0..1; a threshold of 0 calls every pair the same."""
    return bool(similarity >= threshold)


@dataclass(frozen=True)
class Comparison:
    """What one encoder says of a pair. `similarity`, `threshold`: 0..1."""

    encoder: str
    checkpoint: str
    similarity: float
    threshold: float
    same: bool
    milliseconds: float
    domain: str = HANDWRITING  # of the images, by which the checkpoint was picked
    why: str = ""
    warning: str = ""


@dataclass(frozen=True)
class RankedClass:
    """`similarity` 0..1 of a query to a class: of the mean logit over the class's support images."""

    name: str
    similarity: float


@dataclass(frozen=True)
class Ranking:
    """One encoder's classes for a query, likest first, and the first of them as its `pick`.

    `margin`: similarity of the first less that of the second (0 if there is only one class).
    `none_of_these`: even the pick is below the threshold.
    """

    encoder: str
    checkpoint: str
    pick: str
    margin: float
    none_of_these: bool
    threshold: float
    ranking: tuple[RankedClass, ...]
    milliseconds: float
    domain: str = HANDWRITING
    why: str = ""
    warning: str = ""
