"""Draw the inputs of each training step: augmented images of classes or of listed pairs, and their labels."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from siamese_core.data.components import components
from siamese_core.data.datasets import Dataset
from siamese_core.data.pair_lists import PairList
from siamese_core.data.sampling import BatchShape, class_batch, members
from siamese_core.errors import UserError
from siamese_core.networks.encoders import EncoderSpec
from siamese_core.training.augmentation import CHANGES, origins, other_characters
from siamese_core.training.compounds import compounds, share_after
from siamese_core.training.options import TrainingOptions
from siamese_core.training.prepared_images import PreparedImages

UNKNOWN, DIFFERENT, SAME = -1, 0, 1  # values of a pair's truth, in the form that the losses take


class ClassBatches:
    """Batches of `shape` from a dataset with classes. A class' images stand in a row."""

    of_classes = True

    def __init__(self, dataset: Dataset, shape: BatchShape):
        self.dataset, self.shape = dataset, shape
        self.by_class = members(dataset.labels)
        usable = sum(len(found) > 1 for found in self.by_class.values())
        self.size = min(shape.n_classes, usable) * shape.n_images

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return indices of images int64 (b,) and their labels int32 (b,)."""
        indices, labels = class_batch(self.dataset, rng, self.shape, self.by_class)
        return indices, labels.astype("int32")


class PairBatches:
    """Batches from a list of pairs: half positive, half negative, as many images as `shape` asks for.

    Within a batch every pair counts that follows from the list: images connected by "same" pairs are one
    identity, and one "different" pair between two identities tells all their images apart. Where a
    "different" pair contradicts an identity, only its listed pairs count; a pair listed as both counts as
    neither.
    """

    of_classes = False

    def __init__(self, pairs: PairList, shape: BatchShape):
        self.identity, self.known = _identities(pairs)
        known = self.truth(pairs.left, pairs.right)
        self.pairs = np.stack([pairs.left, pairs.right], axis=1)
        self.rows = [np.flatnonzero(known == kind) for kind in (SAME, DIFFERENT)]
        if any(len(rows) == 0 for rows in self.rows):
            raise UserError(
                "Training needs pairs of both kinds that nothing in the list contradicts. "
                f"Received: {len(self.rows[0])} same and {len(self.rows[1])} different. Add the missing kind."
            )
        self.size = 2 * max(2, shape.n_classes * shape.n_images // 2)

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return indices of images int64 (b,) and the truth of all their pairs int32 (b, b)."""
        n_same = self.size // 4
        counts = (n_same, self.size // 2 - n_same)
        rows = [rng.choice(found, count) for found, count in zip(self.rows, counts, strict=True)]
        indices = self.pairs[np.concatenate(rows)].ravel()
        return indices, self.truth(indices[:, None], indices[None])

    def truth(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return SAME, DIFFERENT or UNKNOWN for pairs of image indices, int32 of their broadcast shape."""
        first, second = self.identity[left], self.identity[right]
        code = np.minimum(first, second) * len(self.identity) + np.maximum(first, second)
        codes, answers = self.known
        row = np.minimum(np.searchsorted(codes, code), len(codes) - 1)
        return np.where(codes[row] == code, answers[row], UNKNOWN).astype("int32")


def _identities(pairs: PairList) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return the identity of each image int64 (n_images,), and what the list says of two identities.

    The second is (codes, truth): sorted codes first * n_images + second, and the truth of each.
    """
    count = len(pairs)
    identity = components(pairs.left[pairs.same], pairs.right[pairs.same], count)
    left, right = pairs.left[~pairs.same], pairs.right[~pairs.same]
    contradicted = identity[left[(identity[left] == identity[right]) & (left != right)]]
    broken = np.isin(identity, contradicted)
    identity[broken] = identity.max() + 1 + np.arange(broken.sum())  # each image on its own
    identity = np.unique(identity, return_inverse=True)[1]
    first, second = np.sort([identity[pairs.left], identity[pairs.right]], axis=0)
    own = np.arange(identity.max() + 1)
    codes = np.concatenate([first * count + second, own * count + own])
    answers = np.concatenate([np.where(pairs.same, SAME, DIFFERENT), np.full(len(own), SAME)])
    unique, place = np.unique(codes, return_inverse=True)
    listed = np.zeros((len(unique), 2), bool)
    listed[place, answers] = True
    truth = np.where(listed.all(axis=1), UNKNOWN, np.where(listed[:, SAME], SAME, DIFFERENT))
    return identity, (unique, truth)


def batches(data: Dataset | PairList, shape: BatchShape) -> ClassBatches | PairBatches:
    """Return batches of classes for a dataset, of pairs for a list. UserError where the pairs are too few."""
    return PairBatches(data, shape) if isinstance(data, PairList) else ClassBatches(data, shape)


class StepInputs:
    """Draw the inputs of each step. They depend on (seed, step) only, so that a resumed run repeats them."""

    def __init__(self, spec: EncoderSpec, images: PreparedImages, options: TrainingOptions):
        self.spec, self.images, self.options = spec, images, options
        self.source = batches(images.dataset, options.batch)

    @property
    def images_a_step(self) -> int:
        return self.source.size * self.options.batches

    def from_step(self, step: int) -> Iterator[tuple[tuple[np.ndarray, np.ndarray], np.ndarray]]:
        """Yield the inputs of `step` and of every later one. A thread draws them one step ahead."""
        with ThreadPoolExecutor(1) as ahead:
            following = ahead.submit(self.draw, step)
            while True:
                drawn = following.result()
                step += 1
                following = ahead.submit(self.draw, step)
                yield drawn

    def draw(self, step: int) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
        """Return ((images, corners), known) of one step, of n batches with b images each.

        images uint8 (n * b, p, size, size, channels) and corners float32 (n * b, p, ...): what
        `augmentation.on_one_paper` takes, p = 2 where characters may be joined to compounds, else 1.
        known int32: labels (n * b, 1), or the truth of the pairs within each batch (n * b, b).
        """
        rng = np.random.default_rng([self.options.seed, step])
        drawn = [self.source.draw(rng) for _ in range(self.options.batches)]
        indices, known = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
        rows, corners = self._augmented(rng, indices, step * len(indices))
        return (self.images.pixels[rows], corners), known[:, None] if known.ndim == 1 else known

    def _augmented(
        self, rng: np.random.Generator, indices: np.ndarray, seen: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the images (n * b, p) that each copy is made of and their warped corners."""
        warps = [CHANGES[self.spec.preparation](rng, len(indices))]
        if self.options.other_characters:
            warps.append(other_characters(rng, self.options.batches).repeated(self.source.size))
        corners = origins(*warps)
        if not (self.options.other_characters and self.source.of_classes):
            return indices[:, None], corners[:, None]
        share = share_after(self.options.images_before + seen)
        joined = compounds(rng, self.options.batches, self.source.size, self.options.batch.n_images, share)
        return indices[joined.rows], joined(corners)
