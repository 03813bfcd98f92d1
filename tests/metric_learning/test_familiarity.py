"""How far an image lies from what an encoder knows."""

from dataclasses import replace

import numpy as np
import pytest

from siamese_core.metric_learning.familiarity import (
    Familiarity,
    doubted,
    fit_familiarity,
    standard_class_weights,
)

DIM = 40


def images(rng: np.random.Generator, count: int, spread: float, shift: float = 0.0) -> np.ndarray:
    """Embeddings that vary along the first ten dimensions, about a point `shift` along the last."""
    rows = 0.05 * rng.normal(size=(count, DIM))
    rows[:, :10] += spread * rng.normal(size=(count, 10))
    rows[:, -1] += shift
    return rows.astype(np.float32)


@pytest.fixture(scope="module")
def fitted() -> Familiarity:
    rng = np.random.default_rng(0)
    known, foreign = images(rng, 600, 1.0), images(rng, 200, 0.1)
    return fit_familiarity(known, foreign, np.ones(DIM), unit=False, rank=12)


def test_images_nearer_to_the_middle_than_known_ones_are_foreign_all_the_same(fitted):
    rng = np.random.default_rng(1)
    known, foreign = images(rng, 400, 1.0), images(rng, 400, 0.1)
    limit = float(np.quantile(fitted.distance(known), 0.98))
    assert replace(fitted, limit=limit).is_foreign(foreign).mean() > 0.98
    assert fitted.distance(foreign).min() > fitted.distance(known).mean()


def test_nothing_is_foreign_or_in_doubt_until_a_limit_is_set(fitted):
    rows = images(np.random.default_rng(2), 50, 0.1, shift=9.0)
    assert not fitted.is_foreign(rows).any()
    assert (fitted.trust(rows) == 1).all()


def test_trust_falls_with_the_distance(fitted):
    rng = np.random.default_rng(3)
    known, foreign = images(rng, 200, 1.0), images(rng, 200, 0.1)
    limit = float(np.quantile(fitted.distance(known), 0.98))
    doubting = replace(fitted, trust_weights=np.array([2 * limit, -2.0, 0.0, 0.0]))
    assert doubting.trust(known).mean() > 0.95
    assert doubting.trust(foreign).mean() < 0.05
    rows = np.concatenate([known, foreign])
    order = np.argsort(doubting.distance(rows))
    assert (np.diff(doubting.trust(rows)[order]) <= 0).all()


def test_embeddings_that_are_compared_by_their_angle_are_so_whatever_their_length():
    rng = np.random.default_rng(4)
    known, foreign = images(rng, 300, 1.0, shift=5.0), images(rng, 100, 0.1, shift=5.0)
    familiarity = fit_familiarity(known, foreign, np.ones(DIM), unit=True, rank=12)
    rows = images(rng, 20, 1.0, shift=5.0)
    np.testing.assert_allclose(
        familiarity.distance(3 * rows), familiarity.distance(rows), rtol=1e-4, atol=1e-3
    )


def test_doubt_draws_a_similarity_to_the_threshold_and_keeps_the_verdict():
    similarity = np.array([0.01, 0.38, 0.42, 0.99], np.float32)
    np.testing.assert_array_equal(doubted(similarity, np.ones(4), 0.4), similarity)
    drawn = doubted(similarity, np.full(4, 0.01), 0.4)
    np.testing.assert_allclose(drawn, 0.4, atol=0.03)
    np.testing.assert_array_equal(drawn >= 0.4, similarity >= 0.4)


def test_what_is_clearly_of_one_class_of_the_training_is_trusted_more(fitted):
    rng = np.random.default_rng(5)
    classes = standard_class_weights(rng.normal(size=(50, DIM)))
    trusting = replace(
        fitted, class_weights=classes, trust_weights=np.array([-8.0, 0.0, 0.0, 2.0]), scale=np.ones(DIM)
    )
    of_one_class, of_many = classes[:5], classes[:20].mean(axis=0, keepdims=True)
    assert trusting.trust(of_one_class).min() > 0.7
    assert trusting.trust(of_many).max() < 0.5
    np.testing.assert_allclose(trusting.trust(7 * of_one_class), trusting.trust(of_one_class), atol=1e-6)
    without = replace(trusting, class_weights=None)
    assert without.trust(of_one_class) == pytest.approx(np.full(5, 0.01))
