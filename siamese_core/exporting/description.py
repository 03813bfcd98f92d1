"""Tell in words and numbers what an exported file takes, what it gives, and what its caller has to do."""

from dataclasses import dataclass

import numpy as np

from siamese_core import __version__
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.naming import network_title
from siamese_core.networks.preparation import prepare

LARGEST_SIDE = 1024  # px, of an image that the program compares
SIMILARITY, EMBEDDING = "similarity", "embedding"
LEFT, RIGHT, IMAGES = "left", "right", "images"
PREPARE = "siamese_core.networks.preparation.prepare(image, {preparation!r}, {shape}, 3)"


@dataclass(frozen=True)
class Exported:
    """A checkpoint for one format. any_size: whether the graph brings images to the network's rectangle."""

    checkpoint: Checkpoint
    any_size: bool

    @property
    def shape(self) -> tuple[int, int]:
        """The network's rectangle: (height, width) in px."""
        spec = self.checkpoint.card.embedding
        return spec.size, spec.width or spec.size

    @property
    def dim(self) -> int:
        """The number of numbers of an embedding."""
        return self.checkpoint.encoder.output_shape[-1]

    def given(self, image: np.ndarray) -> np.ndarray:
        """Return what a caller gives of an image: uint8 (height, width, 3)."""
        preparation = self.checkpoint.card.preparation
        if self.any_size and preparation != "ink":
            return image
        return prepare(image, preparation, self.shape, 3)

    def described(self) -> dict:
        """Return what a caller has to know, as JSON."""
        card, (height, width) = self.checkpoint.card, self.shape
        sides = "height, width" if self.any_size else f"{height}, {width}"
        images = f"uint8 (n, {sides}, 3): RGB, 0..255, upright, transparency on white"
        return {
            "made_by": f"Siamese Workbench {__version__}",
            "checkpoint": self.checkpoint.id,
            "network": network_title(card),
            "domain": card.serving_domain,
            "inputs": {LEFT: images, RIGHT: images, IMAGES: f"{images} (for the embedding alone)"},
            "outputs": {
                SIMILARITY: "float32 (n,): probability that row i of left and of right are the same",
                EMBEDDING: f"float32 (n, {self.dim})",
            },
            "threshold": float(self.checkpoint.threshold),
            "verdict": "same where similarity >= threshold",
            "normalised_against_cohort": self.checkpoint.normalisation is not None,
            "preparation": card.preparation,
            "size": [height, width],
            "any_size": self.any_size,
            "caller": self._to_do(),
            "not_included": "The program abstains where images are unlike what the checkpoint knows; this "
            "file always answers.",
        }

    def _to_do(self) -> str:
        """Return what the caller has to do before it gives an image."""
        preparation = self.checkpoint.card.preparation
        call = PREPARE.format(preparation=preparation, shape=self.shape)
        shrink = f"Bring an image of more than {LARGEST_SIDE} px to that side first."
        if preparation == "ink" and self.any_size:
            return (
                f"{shrink} Photographs need nothing more. Drawings and writing must be brought to one "
                f"polarity, size, place and stroke width: give what {call} returns, which needs NumPy, SciPy "
                "and Pillow. Without it the similarity of drawings means little."
            )
        if not self.any_size:
            return f"{shrink} Give what {call} returns, which needs NumPy, SciPy and Pillow."
        return f"{shrink} Nothing else: the file brings it to the network's size."
