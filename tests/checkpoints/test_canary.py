"""The canary: recorded answers, and what is told when they move."""

import json

import numpy as np
import pytest

from siamese_core.checkpoints import canary
from siamese_core.errors import UserError

VERSIONS = {"keras": "3.0", "pillow": "12.0"}
SIMILARITIES = np.array([0.9, 0.1, 0.2, 0.15, 0.25, 0.05], np.float32)


def prepared() -> np.ndarray:
    return np.stack(canary.drawings()).astype(np.float32)


def recorded() -> dict:
    """As it comes back from a card."""
    return json.loads(json.dumps(canary.record(canary.drawings(), prepared(), SIMILARITIES)))


def test_the_drawings_survive_the_card_pixel_by_pixel():
    before, after = canary.drawings(), canary.images(recorded())
    assert len(before) == len(after) == 4
    for drawing, image in zip(before, after, strict=True):
        assert image.shape == (32, 32, 3) and image.dtype == np.uint8
        np.testing.assert_array_equal(drawing, image)


def test_the_drawings_are_always_the_same_and_all_different():
    first, second = canary.drawings(), canary.drawings()
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    left, right = canary.pairs(4)
    assert len(left) == 6
    assert not any(np.array_equal(first[i], first[j]) for i, j in zip(left, right, strict=True))


@pytest.mark.parametrize("moved", [0.0, 0.019, -0.019])
def test_answers_within_the_tolerance_pass(moved):
    canary.check(recorded(), prepared(), SIMILARITIES + [0, moved, 0, 0, 0, 0], (VERSIONS, VERSIONS))


@pytest.mark.parametrize("moved", [0.021, -0.05, np.nan, np.inf])
def test_one_answer_that_moved_is_refused_as_damaged_weights(moved):
    with pytest.raises(UserError, match="weights are damaged"):
        canary.check(recorded(), prepared(), SIMILARITIES + [0, moved, 0, 0, 0, 0], (VERSIONS, VERSIONS))


def test_a_changed_library_is_named_with_both_versions():
    with pytest.raises(UserError, match="library changed: keras 3.0 is now 4.0"):
        canary.check(recorded(), prepared(), SIMILARITIES + 0.1, (VERSIONS, VERSIONS | {"keras": "4.0"}))


def test_changed_preprocessing_is_the_likely_cause_before_all_others():
    with pytest.raises(UserError, match="preprocessing changed"):
        canary.check(recorded(), 255 - prepared(), SIMILARITIES + 0.1, (VERSIONS, VERSIONS | {"keras": "4"}))


def test_changed_preprocessing_that_moves_no_answer_passes():
    canary.check(recorded(), 255 - prepared(), SIMILARITIES, (VERSIONS, VERSIONS | {"keras": "4.0"}))


def test_another_number_of_answers_is_refused():
    with pytest.raises(UserError, match="canary"):
        canary.check(recorded(), prepared(), SIMILARITIES[:3], (VERSIONS, VERSIONS))


def test_answers_that_are_no_numbers_are_not_recorded():
    with pytest.raises(UserError, match="diverged"):
        canary.record(canary.drawings(), prepared(), SIMILARITIES * np.nan)


def test_stored_embeddings_must_come_again():
    rows = np.random.default_rng(0).normal(0, 1, (4, 8)).astype("float32")
    prepared = np.zeros((4, 2, 2, 3), np.uint8)
    entry = canary.record(canary.drawings(), prepared, np.full(6, 0.5), rows)
    libraries = ({"onnxruntime": "1"}, {"onnxruntime": "2"})
    canary.check_embeddings(entry, prepared, 1.0001 * rows, libraries)
    for changed in (rows[:, ::-1], rows[:, :4]):
        with pytest.raises(UserError, match="onnxruntime 1 is now 2"):
            canary.check_embeddings(entry, prepared, changed, libraries)
    canary.check_embeddings({}, prepared, rows, libraries)  # of a network that the project builds
