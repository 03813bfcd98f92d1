"""Embed the images of pairs once each, and score the pairs with a model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from siamese_core.embeddings.prefetching import ahead
from siamese_core.metric_learning.familiarity import doubted

EMBED_AT_ONCE = 32  # images: 100 MB decoded at the largest size an image can have, and three such batches
TABLE_IMAGES = 2000  # images at most of which all pairs are compared at once, where the head is a product
COMPARE_AT_ONCE = 2**24  # bytes of embeddings on each side of a batch of pairs


class Model(Protocol):
    """What takes trials: a checkpoint, a baseline, or two checkpoints fused."""

    encoder_name: str
    id: str
    threshold: float

    def embed(self, images: Sequence[np.ndarray]) -> np.ndarray: ...
    def logits(self, left: np.ndarray, right: np.ndarray) -> np.ndarray: ...
    def similarity(self, logits: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class EmbeddedPairs:
    """embeddings (m, d) of the images of n pairs, each once; left, right (n,): rows of it."""

    embeddings: np.ndarray
    left: np.ndarray
    right: np.ndarray

    def logits(self, model: Model) -> np.ndarray:
        """Return logits (n,)."""
        step = max(1, COMPARE_AT_ONCE * len(self.embeddings) // self.embeddings.nbytes)
        if len(self.embeddings) <= TABLE_IMAGES and getattr(model, "compares_by_product", False):
            return model.pairwise_logits(self.embeddings, self.embeddings)[self.left, self.right]
        parts = [slice(start, start + step) for start in range(0, len(self.left), step)]
        rows = self.embeddings
        return np.concatenate([model.logits(rows[self.left[at]], rows[self.right[at]]) for at in parts])

    def doubted(self, model: Model, similarity: np.ndarray) -> np.ndarray:
        """Return the similarities (n,), drawn towards the threshold where the model knows an image little."""
        if not hasattr(model, "trust"):  # only checkpoints know what they know
            return similarity
        trust = model.trust(self.embeddings)
        return doubted(similarity, np.minimum(trust[self.left], trust[self.right]), model.threshold)


def embed_pairs(
    model: Model, read: Callable[[int], np.ndarray], left: np.ndarray, right: np.ndarray
) -> EmbeddedPairs:
    """Read and embed the images of n pairs of their numbers, each once.

    The next images are read and prepared while the network embeds. A model that does both in one has `embed`
    alone; others have `batch`, images to what the network sees, and `embed_batch`.
    """
    used, places = np.unique(np.concatenate([left, right]), return_inverse=True)
    batches = [used[start : start + EMBED_AT_ONCE] for start in range(0, len(used), EMBED_AT_ONCE)]
    prepare, embed = getattr(model, "batch", list), getattr(model, "embed_batch", None) or model.embed
    prepared = ahead(lambda batch: prepare([read(int(number)) for number in batch]), batches)
    embeddings = np.concatenate([embed(each) for each in prepared])
    return EmbeddedPairs(embeddings, *np.split(places, 2))


def pair_logits(
    model: Model, read: Callable[[int], np.ndarray], left: np.ndarray, right: np.ndarray
) -> np.ndarray:
    """Return logits (n,) of pairs of numbers of images; each image is read and embedded once."""
    return embed_pairs(model, read, left, right).logits(model)
