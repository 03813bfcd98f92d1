"""What is searched for, and what an encoder found, with the names of the images."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from siamese_core.searching.finding import Found


@dataclass(frozen=True)
class Search:
    """A query and whom to ask.

    query: uint8 (height, width, 3); count: of images wanted of each encoder; ask_anyway: also those that
    abstain.
    """

    query: np.ndarray
    encoders: Sequence[str]
    count: int
    ask_anyway: bool = False


@dataclass(frozen=True)
class Matches:
    """What an encoder found, and {"path", "image_id"} of each hit."""

    found: Found
    images: tuple[dict, ...]

    def json(self) -> dict:
        return self.found.json(self.images)
