"""Batches of images and pairs, what is known of their pairs, and what a training step is given."""

import contextlib
import dataclasses

import numpy as np
import pytest

from helpers.training_runs import OPTIONS, SPEC, pairs_of
from helpers.warps import identity_warps
from siamese_core.data.datasets import Dataset
from siamese_core.data.pair_lists import PairList
from siamese_core.data.sampling import BatchShape
from siamese_core.errors import UserError
from siamese_core.training.augmentation import CHANGES
from siamese_core.training.batches import (
    DIFFERENT,
    SAME,
    UNKNOWN,
    ClassBatches,
    PairBatches,
    StepInputs,
    batches,
)
from siamese_core.training.prepared_images import PreparedImages


def listed(*pairs: tuple[int, int, bool]) -> PairList:
    """Pairs of as many blank images as they name."""
    left, right, same = (np.array(column) for column in zip(*pairs, strict=True))
    images = [np.zeros((2, 2, 3), np.uint8)] * (1 + max(left.max(), right.max()))
    return PairList(images, left, right, same.astype(bool))


def truth(pairs: PairList) -> np.ndarray:
    """What is known of every two images."""
    every = np.arange(len(pairs))
    return PairBatches(pairs, BatchShape()).truth(every[:, None], every[None])


def labelled(sizes: list[int]) -> Dataset:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    names = tuple(map(str, range(len(labels))))
    classes = tuple(map(str, range(len(sizes))))
    groups = np.zeros(len(sizes), "int64")
    return Dataset(names, labels, classes, groups, ("",), np.full(len(labels), -1), lambda index: b"")


def test_images_joined_by_same_pairs_are_one_identity():
    known = truth(listed((0, 1, True), (1, 2, True), (2, 3, False)))
    assert (known[:3, :3] == SAME).all()
    assert (known[:3, 3] == DIFFERENT).all()
    assert (known == known.T).all()


def test_one_different_pair_parts_two_identities_and_says_nothing_of_others():
    known = truth(listed((0, 1, True), (2, 3, True), (0, 2, False), (4, 5, True)))
    assert (known[:2, 2:4] == DIFFERENT).all()
    assert (known[:4, 4:] == UNKNOWN).all()


def test_an_image_is_the_same_as_itself():
    assert (np.diag(truth(listed((0, 1, True), (2, 3, False)))) == SAME).all()


def test_contradicted_identities_fall_back_on_the_pairs_themselves():
    known = truth(listed((0, 1, True), (1, 2, True), (0, 2, False), (3, 4, True), (0, 3, False)))
    assert known[0, 1] == known[1, 2] == SAME
    assert known[0, 2] == known[0, 3] == DIFFERENT
    assert known[3, 4] == SAME
    assert known[1, 3] == UNKNOWN
    assert known[0, 4] == DIFFERENT


def test_a_pair_that_is_called_both_counts_as_neither():
    pairs = listed((0, 1, True), (1, 0, False), (2, 3, True), (2, 4, False))
    assert truth(pairs)[0, 1] == UNKNOWN
    for seed in range(20):
        indices, known = PairBatches(pairs, BatchShape(4, 4)).draw(np.random.default_rng(seed))
        assert not {0, 1} & set(indices)
        assert known.shape == (16, 16)


def test_a_batch_of_pairs_is_half_same_and_tells_no_more_than_the_list():
    rng = np.random.default_rng(0)
    pairs = listed(*((2 * n, 2 * n + 1, n % 2 == 0) for n in range(50)))
    source = batches(pairs, BatchShape(8, 4))
    assert isinstance(source, PairBatches)
    for _ in range(10):
        indices, known = source.draw(rng)
        assert len(indices) == source.size == 32
        assert known.dtype == np.int32
        given = known[np.arange(0, 32, 2), np.arange(1, 32, 2)]
        assert np.bincount(given, minlength=2).tolist() == [8, 8]
        same_file = indices[:, None] // 2 == indices[None] // 2
        assert (known[~same_file] == UNKNOWN).all()


@pytest.mark.parametrize("shape", [BatchShape(1, 1), BatchShape(3, 1), BatchShape(16, 4)])
def test_every_size_of_batch_holds_both_kinds(shape):
    source = PairBatches(listed((0, 1, True), (2, 3, False)), shape)
    indices, known = source.draw(np.random.default_rng(0))
    assert len(indices) == source.size >= 4
    assert {SAME, DIFFERENT} <= set(known.ravel())


@pytest.mark.parametrize(
    ("pairs", "says"),
    [
        (((0, 1, True), (2, 3, True)), "2 same and 0 different"),
        (((0, 1, False),), "0 same and 1 different"),
        (((0, 1, True), (0, 1, False)), "0 same and 0 different"),
    ],
)
def test_both_kinds_of_pairs_are_needed(pairs, says):
    with pytest.raises(UserError, match=f"Received: {says}"):
        batches(listed(*pairs), BatchShape())


def test_batches_of_classes_have_the_size_they_tell():
    source = batches(labelled([3, 3, 1, 9]), BatchShape(16, 4))
    assert isinstance(source, ClassBatches)
    indices, labels = source.draw(np.random.default_rng(0))
    assert len(indices) == len(labels) == source.size == 12
    assert np.array_equal(source.dataset.labels[indices], labels)
    assert 2 not in labels


def test_the_generator_decides_a_batch():
    for source in (
        batches(labelled([5] * 9), BatchShape(3, 2)),
        batches(listed((0, 1, 1), (2, 3, 0)), BatchShape()),
    ):
        first, second = (source.draw(np.random.default_rng(5)) for _ in range(2))
        assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


# The inputs of a step


def test_a_step_depends_on_seed_and_number_only(images):
    options = dataclasses.replace(OPTIONS, other_characters=True)
    first, second = (StepInputs(SPEC, images, options) for _ in range(2))
    second.draw(50)
    (pixels, corners), labels = first.draw(9)
    assert pixels.shape == (32, 2, 36, 36, 3) and corners.shape[:2] == (32, 2)
    assert (pixels.dtype, corners.dtype) == (np.uint8, np.float32)
    assert labels.shape == (32, 1)
    (again, corners_again), _ = second.draw(9)
    assert np.array_equal(again, pixels) and np.array_equal(corners_again, corners)
    (others, _), _ = first.draw(10)
    assert not np.array_equal(others, pixels)


def test_steps_come_in_order_from_any_one_on(images):
    inputs = StepInputs(SPEC, images, OPTIONS)
    with contextlib.closing(inputs.from_step(3)) as upcoming:
        for step in (3, 4, 5):
            (pixels, corners), labels = next(upcoming)
            (expected, expected_corners), expected_labels = inputs.draw(step)
            assert np.array_equal(pixels, expected) and np.array_equal(corners, expected_corners)
            assert np.array_equal(labels, expected_labels)


def test_only_classes_that_may_become_other_characters_are_joined(images, dataset):
    options = dataclasses.replace(OPTIONS, other_characters=True, batches=8)

    def joined(step: int, **more) -> float:
        pixels = StepInputs(SPEC, images, dataclasses.replace(options, **more)).draw(step)[0][0]
        return float((pixels[:, 0] != pixels[:, 1]).any(axis=(1, 2, 3)).mean())

    assert joined(0) == 0
    assert joined(10_000) > 0.4 and joined(0, images_before=10_000_000) > 0.4
    alone = StepInputs(SPEC, images, OPTIONS).draw(0)[0]
    assert alone[0].shape[:2] == alone[1].shape[:2] == (32, 1)
    pairs = StepInputs(SPEC, PreparedImages(pairs_of(dataset, 200), SPEC), options).draw(0)[0]
    assert pairs[0].shape[1] == pairs[1].shape[1] == 1


def test_the_characters_of_a_batch_are_changed_alike_and_those_of_another_otherwise(images, monkeypatch):
    monkeypatch.setitem(CHANGES, "ink", lambda rng, count: identity_warps(count))
    options = dataclasses.replace(OPTIONS, batches=2, other_characters=True)
    spec = dataclasses.replace(SPEC, preparation="ink")
    (_, corners), _ = StepInputs(spec, images, options).draw(0)
    assert (corners[:32] == corners[0]).all() and (corners[32:] == corners[32]).all()
    assert not np.allclose(corners[0], corners[32])
