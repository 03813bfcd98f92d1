"""Samples pairs, batches and episodes of images. All randomness comes from the `rng` that is passed in."""

from dataclasses import dataclass

import numpy as np

from siamese_core.data.datasets import Dataset
from siamese_core.errors import UserError


@dataclass(frozen=True)
class Episode:
    """One N-way K-shot trial, as indices into a Dataset.

    support: int64 (n_way, k_shot), one class a row; target: the row of the query's class.
    """

    query: int
    support: np.ndarray
    target: int


@dataclass(frozen=True)
class Pairs:
    """Sampled pairs of images. left, right: int64 (n,); same: bool (n,)."""

    left: np.ndarray
    right: np.ndarray
    same: np.ndarray


def members(labels: np.ndarray) -> dict[int, np.ndarray]:
    """Return the indices of each class' images, in order."""
    order = np.argsort(labels, kind="stable")
    present, starts = np.unique(labels[order], return_index=True)
    parts = np.split(order, starts[1:]) if len(order) else []
    return {int(label): part for label, part in zip(present, parts, strict=True)}


def sample_episodes(
    dataset: Dataset, rng: np.random.Generator, shape: tuple[int, int], count: int, within_group: bool = False
) -> list[Episode]:
    """Sample `count` episodes of `shape` (n_way, k_shot), query and support by different drawers if known.

    As in Lake's published runs (2015), for k_shot = 1 one drawer draws the whole support set and another the
    query. within_group: all classes of an episode come from one group (alphabet), each group as likely as
    another. UserError when no group has n_way classes of k_shot + 1 images.
    """
    n_way, k_shot = shape
    if n_way < 2 or k_shot < 1 or count < 1:
        raise UserError(
            "Episodes need n_way >= 2, k_shot >= 1 and a count of at least 1. "
            f"Received: n_way {n_way}, k_shot {k_shot}, count {count}. Raise these."
        )
    by_class = {label: found for label, found in members(dataset.labels).items() if len(found) > k_shot}
    usable = np.array(sorted(by_class), dtype="int64")
    groups = dataset.class_group[usable] if within_group else np.zeros(len(usable), dtype="int64")
    pools = [usable[groups == group] for group in np.unique(groups)]
    large = [pool for pool in pools if len(pool) >= n_way]
    if not large:
        most = max((len(pool) for pool in pools), default=0)
        where = "in one group" if within_group else "in all"
        raise UserError(
            f"{n_way}-way {k_shot}-shot needs {n_way} classes with {k_shot + 1} images each {where}. "
            f"Received: at most {most}. Ask for a smaller n_way or k_shot, or give more data."
        )
    episodes = []
    for _ in range(count):
        classes = rng.choice(large[rng.integers(len(large))], n_way, replace=False)
        episodes.append(_episode(dataset, rng, [by_class[int(label)] for label in classes], k_shot))
    return episodes


def _episode(dataset: Dataset, rng: np.random.Generator, classes: list[np.ndarray], k_shot: int) -> Episode:
    """Sample an episode of these classes, given as the indices of their images."""
    target = int(rng.integers(len(classes)))
    drawers = [dataset.drawers[images] for images in classes]
    shared = set.intersection(*(set(known[known >= 0].tolist()) for known in drawers))
    if len(shared) > k_shot:
        hands = rng.choice(sorted(shared), k_shot + 1, replace=False)
        support = [[_of_drawer(dataset, images, hand) for hand in hands[1:]] for images in classes]
        query = _of_drawer(dataset, classes[target], hands[0])
    else:
        picks = [rng.choice(images, k_shot + 1, replace=False) for images in classes]
        support, query = [pick[1:] for pick in picks], picks[target][0]
    return Episode(int(query), np.array(support, dtype="int64"), target)


def _of_drawer(dataset: Dataset, indices: np.ndarray, drawer: int) -> int:
    return int(indices[np.flatnonzero(dataset.drawers[indices] == drawer)[0]])


def sample_pairs(labels: np.ndarray, rng: np.random.Generator, count: int) -> Pairs:
    """Sample `count` pairs, half positive and half negative, classes evenly, never an image with itself.

    UserError unless there are two classes, one of them with two images.
    """
    if count < 1:
        raise UserError(f"At least one pair must be drawn. Received: {count}. Ask for more.")
    by_class = members(labels)
    several = [label for label, found in by_class.items() if len(found) > 1]
    if not several or len(by_class) < 2:
        raise UserError(
            "Pairs need two classes, one of them with two images. "
            f"Received: {len(by_class)} classes, {len(several)} of them with two images. Give more data."
        )
    same = np.arange(count) % 2 == 0
    left, right = np.empty(count, "int64"), np.empty(count, "int64")
    classes = list(by_class)
    for row in range(count):
        if same[row]:
            label = several[rng.integers(len(several))]
            left[row], right[row] = rng.choice(by_class[label], 2, replace=False)
        else:
            first, second = rng.choice(len(classes), 2, replace=False)
            left[row] = rng.choice(by_class[classes[first]])
            right[row] = rng.choice(by_class[classes[second]])
    return Pairs(left, right, same)


@dataclass(frozen=True)
class BatchShape:
    """A batch: `n_classes` classes of one group, filled up from other groups, `n_images` images each."""

    n_classes: int = 16
    n_images: int = 4


def class_batch(
    dataset: Dataset, rng: np.random.Generator, shape: BatchShape, by_class: dict[int, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Sample the indices and the labels, int64 (b,) each, of a batch with the classes of one group.

    Classes of one group make hard negatives. `by_class` is `members(dataset.labels)`. Groups are sampled in
    proportion to their classes. A class with fewer than n_images images repeats some, one with a single image
    is left out. UserError if fewer than two are left.
    """
    usable = np.array([label for label, found in by_class.items() if len(found) > 1], dtype="int64")
    if len(usable) < 2:
        raise UserError(
            f"Training needs two classes with two images each. Received: {len(usable)}. Give more data."
        )
    anchor = rng.choice(usable)
    alike = usable[dataset.class_group[usable] == dataset.class_group[anchor]]
    classes = rng.permutation(alike)[: shape.n_classes]
    if len(classes) < shape.n_classes:
        others = rng.permutation(np.setdiff1d(usable, alike))
        classes = np.concatenate([classes, others[: shape.n_classes - len(classes)]])
    picks = [_some(by_class[int(c)], rng, shape.n_images) for c in classes]
    return np.concatenate(picks), np.repeat(classes, shape.n_images)


def _some(indices: np.ndarray, rng: np.random.Generator, count: int) -> np.ndarray:
    if len(indices) >= count:
        return rng.choice(indices, count, replace=False)
    return np.concatenate([rng.permutation(indices), rng.choice(indices, count - len(indices))])
