"""Measure a model whatever the images are, and count those from which it would abstain."""

from collections.abc import Sequence

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.domains import domain_of_images
from siamese_core.evaluation.fusion import Fused
from siamese_core.images.ink import is_ink
from siamese_core.workspace.abstaining import unknown_images


class AskedAnyway:
    """A checkpoint that also keeps, of each image that it embeds, whether it knows it."""

    def __init__(self, checkpoint: Checkpoint):
        self.checkpoint = checkpoint
        self.unknown: list[bool] = []

    def __getattr__(self, name: str):
        return getattr(self.checkpoint, name)

    def embed(self, images: Sequence[np.ndarray]) -> np.ndarray:
        return self.embed_batch(self.batch(images))

    def batch(self, images: Sequence[np.ndarray]) -> tuple[np.ndarray, list[str]]:
        """Return the prepared images, and the domain of each."""
        return self.checkpoint.batch(images), [domain_of_images([is_ink(image)]) for image in images]

    def embed_batch(self, batch: tuple[np.ndarray, list[str]]) -> np.ndarray:
        prepared, domains = batch
        embeddings = self.checkpoint.embed_batch(prepared)
        self.unknown.extend(unknown_images(self.checkpoint, domains, embeddings).tolist())
        return embeddings

    @property
    def abstains(self) -> float:
        """The share, 0..1, of the images so far that it does not know."""
        return float(np.mean(self.unknown))


class FusedAnyway(Fused):
    """Two such checkpoints as one model, which abstains where both do."""

    @property
    def abstains(self) -> float:
        return float(np.mean(np.logical_and(self.koch.unknown, self.resnet50.unknown)))


def asked_anyway(model: Checkpoint | Fused) -> AskedAnyway | FusedAnyway:
    """Return the model as it is measured: `abstains` tells afterwards the share of images unknown to it."""
    if isinstance(model, Fused):
        return FusedAnyway(AskedAnyway(model.koch), AskedAnyway(model.resnet50), model.fusion)
    return AskedAnyway(model)
