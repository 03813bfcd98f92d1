"""The two-covariance model against the textbook's formulas."""

import numpy as np
import pytest

from siamese_core.metric_learning.two_covariance import (
    EVEN_COUNT,
    MEAN_KEPT,
    MOST_AXES,
    PRIOR_COUNT,
    SETTINGS,
    UNLABELLED,
    UNLABELLED_SHRINKAGE,
    Kernel,
    Subspace,
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


def test_an_embedding_of_zeros_stays_finite():
    assert np.isfinite(powered(np.zeros((2, DIM), "float32"), 0.5)).all()


def test_the_covariance_within_clusters_is_about_their_own_means():
    rows = np.array([[0.0, 0], [2, 0], [5, 5], [5, 9], [7, 7]])
    found = within_covariance(rows, np.array([3, 3, 1, 1, 8]))
    assert found == pytest.approx(np.array([[2.0, 0], [0, 8]]) / 2)


def test_a_subspace_of_few_images_keeps_inner_products_of_others_with_what_lies_outside(embeddings):
    subspace = Subspace.of(embeddings[:5], 1.0)
    inside, outside = subspace.project(embeddings[5:])
    assert subspace.rank == 4
    others = powered(embeddings[5:], 1.0) - subspace.centre
    assert inside @ inside.T + outside == pytest.approx(others @ others.T)


def test_of_one_identity_the_kernel_is_the_inverse_within_class_covariance(embeddings):
    """Blended with the inverse of the total covariance, by the number of images that repeat it."""
    subspace, cluster = Subspace.of(embeddings, 1.0), np.zeros(IMAGES)
    kernel = dict(kernels(subspace, cluster, SETTINGS))[1.0, 1.5]
    share = PRIOR_COUNT / (PRIOR_COUNT + IMAGES - 1)
    total = subspace.rows.T @ subspace.rows / IMAGES
    mixed = (1 - share) * within_covariance(subspace.rows, cluster) + share * total
    parts = [
        np.linalg.inv(covariance + ridge * subspace.mean_variance * np.eye(subspace.rank))
        for covariance, ridge in ((mixed, 1.5), (total, UNLABELLED_SHRINKAGE))
    ]
    scaled = [part / np.sum(part * total) for part in parts]
    alone = EVEN_COUNT**2 / (EVEN_COUNT**2 + (IMAGES - 1) ** 2)
    expected = (1 - alone) * scaled[0] + alone * scaled[1]
    assert kernel.inside == pytest.approx(expected, rel=1e-3, abs=1e-6)


def test_the_fewer_images_repeat_an_identity_the_nearer_the_metric_is_to_that_of_the_images_alone(embeddings):
    subspace = Subspace.of(embeddings, 1.0)
    shown, distances = subspace.project(embeddings), []
    alone = dict(kernels(subspace, np.arange(IMAGES), [UNLABELLED]))[UNLABELLED].cosines(*shown)
    for repeated in (0, 1, 8, 20):
        cluster = np.maximum(np.arange(IMAGES) - repeated, 0)
        found = dict(kernels(subspace, cluster, SETTINGS))[1.0, 0.7].cosines(*shown)
        distances.append(np.abs(found - alone).max())
    assert distances[0] == pytest.approx(0, abs=1e-12)
    assert distances == sorted(distances)


def test_directions_that_vary_between_identities_count_more():
    rng = np.random.default_rng(1)
    cluster = np.repeat(np.arange(20), 5)
    rows = rng.normal(size=(100, 8)) + 10
    rows[:, 0] += 3 * rng.normal(size=20)[cluster]
    subspace = Subspace.of(rows, 1.0)
    found = dict(kernels(subspace, cluster, SETTINGS))[1.0, 1.5]
    form = subspace.basis @ found.inside @ subspace.basis.T
    assert form[0, 0] > 1.3 * np.diag(form)[1:].max()


def test_a_metric_scores_as_its_kernel_does(embeddings):
    subspace, others = Subspace.of(embeddings[:8], 0.5), embeddings[8:]
    kernel = Kernel.whitening(subspace.rows.T @ subspace.rows / 8, subspace.mean_variance)
    metric = as_metric(subspace, kernel, subspace.rows[:2])
    points = powered(others * metric.scale, 0.5) - metric.centre
    table = points @ (np.eye(DIM) + (metric.axes * metric.signs) @ metric.axes.T) @ points.T
    length = np.sqrt(np.diag(table))
    assert table / length[:, None] / length == pytest.approx(kernel.cosines(*subspace.project(others)))
    assert metric.axes.shape[1] <= MOST_AXES
    mean = powered(embeddings[:8], 0.5).mean(axis=0)
    assert metric.exemplars == pytest.approx(powered(embeddings[:2], 0.5) - mean)


def test_most_of_a_large_mean_is_subtracted():
    rng = np.random.default_rng(2)
    spread = rng.normal(size=(IMAGES, DIM))
    spread = np.concatenate([spread, -spread])
    for mean in (0.0, 30.0):
        subspace = Subspace.of(spread + mean, 1.0)
        found = powered(spread + mean, 1.0)
        left = found.mean(axis=0) - subspace.centre
        variance = np.square(found - found.mean(axis=0)).sum() / len(found)
        assert left @ left <= MEAN_KEPT * variance + 1e-12
        assert (np.linalg.norm(subspace.centre) > 0.9) == bool(mean)
