"""What each step of a training sees: images of classes, or pairs of a list, and what is known about them."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from siamese_core.data.datasets import Dataset
from siamese_core.data.pair_lists import PairList
from siamese_core.data.sampling import BatchShape, class_batch, members
from siamese_core.errors import UserError

UNKNOWN, DIFFERENT, SAME = -1, 0, 1


class ClassBatches:
    """Batches of `shape` from a dataset with classes."""

    of_classes = True  # the images of each in a row

    def __init__(self, dataset: Dataset, shape: BatchShape):
        self.dataset, self.shape = dataset, shape
        self.by_class = members(dataset.labels)
        usable = sum(len(found) > 1 for found in self.by_class.values())
        self.size = min(shape.n_classes, usable) * shape.n_images

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """indices int64 (b,), labels int32 (b,)."""
        indices, labels = class_batch(self.dataset, rng, self.shape, self.by_class)
        return indices, labels.astype("int32")


class PairBatches:
    """Batches from a list of pairs: half same and half different, as many images as `shape` asks for.

    Within a batch everything counts that follows from the list: images joined by "same" pairs are one thing,
    and different from another thing if one pair says so. Where that contradicts a "different" pair, only the
    pairs themselves count; a pair that the list calls both counts as neither.
    """

    of_classes = False

    def __init__(self, pairs: PairList, shape: BatchShape):
        self.thing, self.known = _things(pairs)
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
        """indices int64 (b,), truth int32 (b, b): SAME, DIFFERENT or UNKNOWN."""
        n_same = self.size // 4
        counts = (n_same, self.size // 2 - n_same)
        rows = [rng.choice(found, count) for found, count in zip(self.rows, counts, strict=True)]
        indices = self.pairs[np.concatenate(rows)].ravel()
        return indices, self.truth(indices[:, None], indices[None])

    def truth(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """int32 of the shape that `left` and `right`, numbers of images, have together."""
        first, second = self.thing[left], self.thing[right]
        code = np.minimum(first, second) * len(self.thing) + np.maximum(first, second)
        codes, answers = self.known
        row = np.minimum(np.searchsorted(codes, code), len(codes) - 1)
        return np.where(codes[row] == code, answers[row], UNKNOWN).astype("int32")


def _things(pairs: PairList) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """thing int64 (n_images,), what each image shows; sorted codes of two things, what is known of each."""
    count = len(pairs)
    joined = coo_array(
        (np.ones(pairs.same.sum()), (pairs.left[pairs.same], pairs.right[pairs.same])), shape=(count, count)
    )
    thing = connected_components(joined, directed=False)[1].astype("int64")
    left, right = pairs.left[~pairs.same], pairs.right[~pairs.same]
    broken = np.isin(thing, thing[left[(thing[left] == thing[right]) & (left != right)]])
    thing[broken] = thing.max() + 1 + np.arange(broken.sum())  # each on its own
    thing = np.unique(thing, return_inverse=True)[1]
    first, second = np.sort([thing[pairs.left], thing[pairs.right]], axis=0)
    own = np.arange(thing.max() + 1)
    codes = np.concatenate([first * count + second, own * count + own])
    answers = np.concatenate([np.where(pairs.same, SAME, DIFFERENT), np.full(len(own), SAME)])
    unique, place = np.unique(codes, return_inverse=True)
    said = np.zeros((len(unique), 2), bool)
    said[place, answers] = True
    return thing, (unique, np.where(said.all(axis=1), UNKNOWN, np.where(said[:, SAME], SAME, DIFFERENT)))


def batches(data: Dataset | PairList, shape: BatchShape) -> ClassBatches | PairBatches:
    """Batches of classes where there are classes, else of pairs; UserError where the pairs are too few."""
    return PairBatches(data, shape) if isinstance(data, PairList) else ClassBatches(data, shape)
