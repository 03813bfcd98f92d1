"""Queries of classes that a support set has, and of none of them, as points around class centres."""

import numpy as np
import pytest

from siamese_core.metric_learning.open_set import (
    BOUND,
    BOUNDED_WEIGHT,
    FALSE_REFUSALS,
    LEAST_EVIDENCE,
    TRUSTED_WEIGHT,
    SupportScores,
    calibrated_threshold,
    single_shot_threshold,
)
from siamese_core.metrics import Calibration

CLASSES, DIMENSIONS, TRIALS = 10, 6, 300


def scores(rng: np.random.Generator, shots: int, present: bool, hub: float = 0.0) -> SupportScores:
    """Minus the distances of points; the query is of class 0 or of none. hub: added to all scores of the
    first class's images."""
    centres = rng.normal(size=(CLASSES + 1, DIMENSIONS))
    classes = np.repeat(np.arange(CLASSES), shots)
    points = centres[classes] + rng.normal(scale=0.3, size=(len(classes), DIMENSIONS))
    query = centres[0 if present else CLASSES] + rng.normal(scale=0.3, size=DIMENSIONS)
    added = np.where(classes == 0, hub, 0.0)
    own = added[:, None] + added - np.linalg.norm(points[:, None] - points, axis=2)
    return SupportScores(
        added - np.linalg.norm(points - query, axis=1), np.arange(len(classes)), own, classes
    )


@pytest.mark.parametrize("shots", [2, 5])
def test_the_conformal_threshold_refuses_a_tenth_of_the_sets_classes_and_most_others(shots):
    refused = {True: 0, False: 0}
    rng = np.random.default_rng(0)
    for present in refused:
        for _ in range(TRIALS):
            found = scores(rng, shots, present).normalised()
            refused[present] += found.of_classes().max() < found.conformal_threshold()
    assert refused[True] < (FALSE_REFUSALS + 0.05) * TRIALS
    assert refused[False] > 0.8 * TRIALS


def test_one_image_a_class_gives_no_conformal_threshold():
    assert scores(np.random.default_rng(0), 1, True).conformal_threshold() is None


@pytest.mark.parametrize("trust", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("intercept", [-40.0, 1.0, 40.0])
def test_at_the_single_shot_threshold_the_evidence_is_just_enough(trust, intercept):
    given, log_odds = scores(np.random.default_rng(1), 1, True), Calibration(2.0, intercept)
    threshold = single_shot_threshold(given, log_odds, trust)
    centre, spread = given.spread_of_others()
    said = float(log_odds.log_odds(threshold))
    evidence = (threshold - centre) / spread + TRUSTED_WEIGHT * trust * said
    assert evidence + BOUNDED_WEIGHT * np.clip(said, -BOUND, BOUND) == pytest.approx(LEAST_EVIDENCE)


def test_more_classes_ask_for_more_evidence():
    assert calibrated_threshold(20) > calibrated_threshold(5)


def test_a_class_that_is_like_every_image_is_normalised():
    """A hub wins by its raw scores and not by normalised ones."""
    rng = np.random.default_rng(2)
    given = [scores(rng, 1, False, hub=1.0) for _ in range(40)]
    raw = np.mean([each.of_classes().argmax() == 0 for each in given])
    normalised = np.mean([each.normalised().of_classes().argmax() == 0 for each in given])
    assert normalised < 0.8 * raw


def test_false_hits_are_counted_over_wrong_classes_only():
    own = np.array([[9.0, 1.0, 3.0], [1.0, 9.0, 2.0], [3.0, 2.0, 9.0]])
    given = SupportScores(np.zeros(3), np.arange(3), own, np.arange(3))
    assert given.false_hits(2.0) == pytest.approx(4 / 3)
    assert given.false_hits(9.0) == 0.0


def test_some_of_a_large_sets_images_are_enough():
    given = scores(np.random.default_rng(3), 4, True)
    rows = np.arange(0, len(given.classes), 2)
    part = SupportScores(given.query, rows, given.own[rows], given.classes)
    assert part.normalised().of_classes().argmax() == given.normalised().of_classes().argmax() == 0
    assert part.conformal_threshold() == pytest.approx(given.conformal_threshold(), abs=0.5)
