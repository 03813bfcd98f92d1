"""Score normalisation: what a cohort of unlabelled images says about the scores of pairs."""

import numpy as np
import pytest

from siamese_core.metric_learning.score_normalisation import ScoreNormalisation, normalised_by_last
from siamese_core.metrics import Calibration, accuracy, equal_error_rate, expected_calibration_error, roc_auc

DIM = 32


def cosines(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    left, right = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (left, right))
    return left @ right.T


def domain(rng: np.random.Generator, classes: int, centre: float) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings of 10 images a class about a common centre: the farther it lies, the higher every cosine."""
    middle = centre * np.eye(1, DIM)
    labels = np.repeat(np.arange(classes), 10)
    rows = rng.normal(size=(classes, DIM))[labels] + 0.7 * rng.normal(size=(len(labels), DIM)) + middle
    return rows.astype(np.float32), labels


def pairs(
    rng: np.random.Generator, labels: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Random pairs, half of them positive."""
    left = rng.integers(len(labels), size=count)
    right = np.array(
        [
            rng.choice(np.flatnonzero((labels == labels[each]) & (np.arange(len(labels)) != each)))
            if place % 2
            else rng.choice(np.flatnonzero(labels != labels[each]))
            for place, each in enumerate(left)
        ]
    )
    return left, right, labels[left] == labels[right]


@pytest.mark.parametrize("centre", [0.0, 4.0, 12.0])
def test_wherever_a_domain_lies_its_verdicts_are_right_and_its_probabilities_hold(centre):
    rng = np.random.default_rng(0)
    rows, labels = domain(rng, 80, centre)
    pool, others = rows[labels < 20], rows[labels >= 20]
    left, right, same = pairs(rng, labels[labels >= 20], 3000)
    normalisation = ScoreNormalisation(cosines, pool)
    raw = np.sum(others[left] * others[right], axis=1)
    raw = raw / np.linalg.norm(others[left], axis=1) / np.linalg.norm(others[right], axis=1)
    scores = normalisation.normalised_pairs(raw, others[left], others[right])
    similarity = normalisation.calibration().similarity(scores)
    best = 1 - equal_error_rate(scores, same)
    assert roc_auc(scores, same) > roc_auc(raw, same) - 0.005
    assert accuracy(similarity, same, 0.5) > best - 0.05
    assert expected_calibration_error(similarity, same) < 0.12


def test_a_table_says_what_pairs_say():
    rng = np.random.default_rng(1)
    rows, _ = domain(rng, 12, 3.0)
    normalisation = ScoreNormalisation(cosines, rows[:60])
    left, right = rows[60:67], rows[70:79]
    table = normalisation.normalised_table(cosines(left, right), left, right)
    first, second = (np.repeat(left, 9, axis=0), np.tile(right, (7, 1)))
    scores = np.array([cosines(a[None], b[None])[0, 0] for a, b in zip(first, second, strict=True)])
    np.testing.assert_allclose(
        table.ravel(), normalisation.normalised_pairs(scores, first, second), atol=1e-4
    )


def test_an_image_of_the_cohort_is_not_compared_with_itself():
    rng = np.random.default_rng(2)
    rows, _ = domain(rng, 12, 3.0)
    cohort, image = rows[:60], rows[60:61]
    alone = ScoreNormalisation(cosines, cohort).statistics(image)
    among = ScoreNormalisation(cosines, np.concatenate([cohort, image])).statistics(image)
    np.testing.assert_allclose([among.mean, among.spread], [alone.mean, alone.spread], rtol=1e-5)


def test_images_of_another_kind_are_not_covered():
    rng = np.random.default_rng(3)
    rows, labels = domain(rng, 40, 6.0)
    normalisation = ScoreNormalisation(cosines, rows[labels < 20])
    elsewhere = rows[labels >= 20] @ np.roll(np.eye(DIM), 5, axis=1).astype(np.float32)
    assert normalisation.covers(rows[labels >= 20]).mean() > 0.97
    assert normalisation.covers(elsewhere).mean() < 0.05


def test_a_cohort_of_one_image_many_times_gives_finite_scores():
    rows = np.ones((60, DIM), np.float32)
    normalisation = ScoreNormalisation(cosines, rows)
    other = np.arange(1, DIM + 1, dtype=np.float32)[None]
    scores = normalisation.normalised_pairs(cosines(other, rows[:1])[0], other, rows[:1])
    assert np.isfinite(scores).all()
    assert np.isfinite(normalisation.calibration().similarity(scores)).all()


def test_a_pooled_spread_normalises_as_the_cross_validation_does():
    rng = np.random.default_rng(3)
    images, cohort = rng.normal(size=(4, 6)), rng.normal(size=(60, 6))
    everything = np.concatenate([images, cohort])
    pooled = ScoreNormalisation(lambda left, right: left @ right.T, cohort, pooled=True)
    found = pooled.normalised_table(images @ images.T, images, images)
    expected = normalised_by_last(everything @ everything.T, len(images))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_folded_calibration_is_unfolded_to_itself():
    cohort = np.random.default_rng(4).normal(size=(60, 6))
    normalisation = ScoreNormalisation(lambda left, right: left @ right.T, cohort, pooled=True)
    found = normalisation.unfolded(normalisation.folded(Calibration(2.0, -3.0)))
    assert (found.slope, found.intercept) == pytest.approx((2.0, -3.0))
