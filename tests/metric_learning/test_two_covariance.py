"""Spaces in which embeddings are compared, against the textbook's formulas."""

import numpy as np
import pytest

from siamese_core.metric_learning.two_covariance import (
    LEFT_OF_MEAN,
    MOST_AXES,
    OUTSIDE,
    PRIOR_COUNT,
    SETTINGS,
    Kernel,
    Span,
    as_metric,
    centred,
    kernels,
    powered,
    within_covariance,
)

IMAGES, DIM = 30, 12


@pytest.fixture
def embeddings() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(IMAGES, DIM)).astype("float32")


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_powers_keep_signs_and_give_rows_of_length_one(embeddings, power):
    found = powered(embeddings, power)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1)
    assert np.array_equal(np.sign(found), np.sign(embeddings))
    assert centred(embeddings, power).mean(axis=0) == pytest.approx(0, abs=1e-12)


def test_an_image_of_nothing_is_no_reason_to_fail():
    assert np.isfinite(powered(np.zeros((2, DIM), "float32"), 0.5)).all()


def test_the_covariance_within_groups_is_about_their_own_means():
    rows = np.array([[0.0, 0], [2, 0], [5, 5], [5, 9], [7, 7]])
    found = within_covariance(rows, np.array([3, 3, 1, 1, 8]))
    assert found == pytest.approx(np.array([[2.0, 0], [0, 8]]) / 2)


def test_a_span_of_few_images_places_others_with_what_lies_outside(embeddings):
    span = Span.of(embeddings[:5], 1.0)
    inside, outside = span.place(embeddings[5:])
    assert span.rank == 4
    others = powered(embeddings[5:], 1.0) - span.centre
    assert inside @ inside.T + outside == pytest.approx(others @ others.T)


def test_where_things_do_not_differ_the_kernel_is_the_inverse_covariance_within(embeddings):
    span, group = Span.of(embeddings, 1.0), np.zeros(IMAGES)
    kernel = dict(kernels(span, group, SETTINGS))[1.0, 1.5]
    share = PRIOR_COUNT / (PRIOR_COUNT + IMAGES - 1)
    total = span.rows.T @ span.rows / IMAGES
    mixed = (1 - share) * within_covariance(span.rows, group) + share * total
    plain = np.linalg.inv(mixed + 1.5 * span.unit * np.eye(span.rank))
    found = kernel.inside / kernel.outside * OUTSIDE
    assert found == pytest.approx(plain * 1.5 * span.unit, rel=1e-3, abs=1e-6)


def test_with_few_answers_the_covariance_of_all_images_stands_in(embeddings):
    span = Span.of(embeddings, 1.0)
    few, many = np.arange(IMAGES), np.arange(IMAGES) // 3
    few[1] = 0
    distance = []
    for group in (few, many):
        ridge = 0.7 * span.unit
        total = ridge * np.linalg.inv(span.rows.T @ span.rows / IMAGES + ridge * np.eye(span.rank))
        kernel = dict(kernels(span, group, SETTINGS))[1.0, 0.7]
        distance.append(np.linalg.norm(kernel.inside / kernel.outside * OUTSIDE - total))
    assert distance[0] < distance[1]


def test_directions_in_which_things_differ_count_more():
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(20), 5)
    rows = rng.normal(size=(100, 8)) + 10
    rows[:, 0] += 3 * rng.normal(size=20)[group]
    span = Span.of(rows, 1.0)
    found = dict(kernels(span, group, SETTINGS))[1.0, 1.5]
    form = span.basis @ found.inside @ span.basis.T
    assert form[0, 0] > 1.3 * np.diag(form)[1:].max()


def test_a_metric_is_the_kernel_in_other_words(embeddings):
    span, others = Span.of(embeddings[:8], 0.5), embeddings[8:]
    kernel = Kernel.shrunk(span.rows.T @ span.rows / 8, span.unit)
    metric = as_metric(span, kernel, span.rows[:2])
    points = powered(others * metric.scale, 0.5) - metric.centre
    table = points @ (np.eye(DIM) + (metric.axes * metric.signs) @ metric.axes.T) @ points.T
    length = np.sqrt(np.diag(table))
    assert table / length[:, None] / length == pytest.approx(kernel.cosines(*span.place(others)))
    assert metric.axes.shape[1] <= MOST_AXES
    mean = powered(embeddings[:8], 0.5).mean(axis=0)
    assert metric.exemplars == pytest.approx(powered(embeddings[:2], 0.5) - mean)


def test_of_a_large_mean_most_is_taken_away_and_of_none_nothing():
    rng = np.random.default_rng(2)
    spread = rng.normal(size=(IMAGES, DIM))
    spread = np.concatenate([spread, -spread])
    for mean in (0.0, 30.0):
        span = Span.of(spread + mean, 1.0)
        found = powered(spread + mean, 1.0)
        left = found.mean(axis=0) - span.centre
        variance = np.square(found - found.mean(axis=0)).sum() / len(found)
        assert left @ left <= LEFT_OF_MEAN * variance + 1e-12
        assert (np.linalg.norm(span.centre) > 0.9) == bool(mean)
