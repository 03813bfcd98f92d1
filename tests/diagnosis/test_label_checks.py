"""Each fault of labels, splits and thresholds is found where it was planted, and nothing elsewhere."""

import numpy as np
import pytest
from scipy.special import expit

from siamese_core.diagnosis.label_checks import (
    check_identical_pairs,
    check_label_convention,
    check_loss_convention,
    check_split_classes,
    check_threshold,
)
from siamese_core.errors import UserError


def scored_pairs(count: int = 400, apart: float = 2.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits of pairs, half of them same, and those `apart` standard deviations higher."""
    rng = np.random.default_rng(seed)
    same = np.arange(count) % 2 == 0
    return rng.normal(size=count) + apart * (same - 0.5), same


@pytest.mark.parametrize("apart", [0.0, 0.5, 3.0])
def test_scores_that_grow_with_likeness_or_tell_nothing_are_left_alone(apart):
    scores, same = scored_pairs(apart=apart)
    assert check_label_convention(scores, same).level == "ok"


def test_inverted_labels_are_found():
    scores, same = scored_pairs()
    found = check_label_convention(scores, ~same)
    assert found.level == "error"
    assert 0.05 < found.measured < 0.15
    assert "inverted" in found.cause


def test_a_distance_for_a_similarity_is_found():
    scores, same = scored_pairs()
    assert check_label_convention(-scores, same).level == "error"


def test_ten_pairs_are_too_few_to_call_labels_inverted():
    scores, same = scored_pairs(10, apart=-0.5)
    assert check_label_convention(scores, same).level == "ok"


def test_labels_of_one_kind_have_no_convention():
    with pytest.raises(UserError):
        check_label_convention(np.arange(3.0), np.ones(3, bool))


def contrastive(same: np.ndarray, distance: np.ndarray) -> float:
    push = np.square(np.maximum(1 - distance, 0))
    return float(np.mean(same * np.square(distance) + (1 - same) * push))


def test_a_loss_that_pulls_same_pairs_together_is_left_alone():
    found = check_loss_convention(contrastive)
    assert (found.level, found.measured) == ("ok", -1.0)


def test_a_loss_with_its_terms_swapped_is_found():
    found = check_loss_convention(lambda same, distance: contrastive(1 - same, distance))
    assert (found.level, found.measured) == ("error", 1.0)


IDS = np.array(["a", "b", "c", "a", "d"])


def test_an_image_that_is_different_from_itself_is_found():
    found = check_identical_pairs(IDS, np.array(["a", "b", "a", "b", "d"]), np.array([1, 0, 0, 0, 0], bool))
    assert (found.level, found.measured) == ("error", 2)
    assert "2 of 3" in found.cause


def test_pairs_of_other_images_may_be_different():
    assert check_identical_pairs(IDS, np.roll(IDS, 1), np.zeros(5, bool)).level == "ok"


def test_classes_on_both_sides_are_counted_and_named():
    found = check_split_classes({"cat", "dog", "emu"}, {"emu", "cat", "fox"})
    assert (found.level, found.measured) == ("error", 2)
    assert "cat, emu" in found.cause
    assert "2 of 3" in found.cause


def test_a_split_by_class_is_left_alone():
    assert check_split_classes({"cat", "dog"}, {"emu"}).level == "ok"


@pytest.mark.parametrize("seed", range(5))
def test_the_threshold_of_such_pairs_is_left_alone(seed):
    logits, same = scored_pairs(seed=seed)
    assert check_threshold(expit(2 * logits), same, 0.5).level == "ok"


def test_a_threshold_of_another_distribution_is_found_with_what_it_costs():
    logits, same = scored_pairs()
    found = check_threshold(expit(2 * logits + 4), same, 0.5)
    assert found.level == "warning"
    assert 0.2 < found.measured < 0.4
    assert "The threshold 0.50" in found.cause


def test_similarities_that_tell_nothing_suit_every_threshold():
    logits, same = scored_pairs(apart=0.0)
    assert check_threshold(expit(logits), same, 0.9).level == "ok"
