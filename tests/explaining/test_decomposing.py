import numpy as np
import pytest

from siamese_core.explaining.decomposing import InnerProduct, decompose, similarity_maps
from siamese_core.metric_learning.score_normalisation import ScoreNormalisation
from siamese_core.metric_learning.two_covariance import Metric
from siamese_core.networks.heads import Cosine, learned_cosine

GRID, DIM, SLOPE = (3, 4), 10, 7.0


def shares(seed: int = 0) -> np.ndarray:
    """What 12 places give to the embeddings of two images."""
    return np.random.default_rng(seed).gamma(0.5, size=(2, 12, DIM)).astype(np.float32)


def random_metric(power: float) -> Metric:
    rng = np.random.default_rng(5)
    axes, signs = 0.3 * rng.normal(size=(DIM, 3)), np.array([1.0, 1.0, -1.0])
    scale, centre = rng.uniform(0.5, 2, DIM), 0.1 * rng.normal(size=DIM)
    return Metric(scale, power, centre, axes, signs, np.zeros((0, DIM)))


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_the_pairs_of_places_sum_to_the_score_of_a_learned_cosine(power):
    metric = random_metric(power)
    product = InnerProduct(metric.scale, power, metric.centre, metric.axes, metric.signs)
    given = shares()
    embeddings = given.sum(axis=1)
    score = float(learned_cosine(metric)(embeddings[:1], embeddings[1:])[0])

    found = decompose(given, product, SLOPE, SLOPE * score, None)

    assert found.pairs.shape == (12, 12)
    assert found.offset == pytest.approx(0, abs=1e-4)
    assert [each.sum() for each in found.own] == pytest.approx([1, 1])


def test_what_normalisation_subtracts_is_all_that_the_pairs_leave_out():
    given, head = shares(), Cosine()
    embeddings = given.sum(axis=1)
    cohort = shares(3).reshape(-1, DIM)
    normalised = ScoreNormalisation(lambda left, right: np.asarray(head.pairwise(left, right)), cohort)
    score = np.asarray(head(embeddings[:1], embeddings[1:]))
    statistics = normalised.statistics(embeddings)
    said = float(normalised.normalised_pairs(score, embeddings[:1], embeddings[1:])[0])

    slope = float(np.mean(1 / statistics.spread))
    found = decompose(given, InnerProduct.of_cosine(DIM), slope, said, None)

    assert found.offset == pytest.approx(-float(np.mean(statistics.mean / statistics.spread)), abs=1e-4)
    assert found.log_odds == pytest.approx(said)


def test_the_maps_hold_the_whole_and_the_links_join_the_places_that_were_made_to_match():
    given = np.full((2, 12, DIM), 0.01, np.float32)
    given[0, 5, 3] = given[1, 10, 3] = 1.0  # one strong feature, at (1, 1) and at (2, 2)
    given[0, 0, 7] = given[1, 3, 8] = 0.8  # features that the other image has not
    embeddings = given.sum(axis=1)
    cosine = float(Cosine()(embeddings[:1], embeddings[1:])[0])

    maps = similarity_maps(decompose(given, InnerProduct.of_cosine(DIM), 1.0, cosine, None), GRID)

    assert [each.sum() for each in maps.alike] == pytest.approx([cosine, cosine], rel=1e-5)
    assert [each.sum() for each in maps.apart] == pytest.approx([0, 0], abs=1e-6)
    assert np.argmax(maps.alike[0]) == 5 and np.argmax(maps.alike[1]) == 10
    assert np.argmax(maps.apart[0]) == 0 and np.argmax(maps.apart[1]) == 3
    assert maps.links[0].left == pytest.approx((1.5 / 4, 1.5 / 3))
    assert maps.links[0].right == pytest.approx((2.5 / 4, 2.5 / 3))


def test_an_average_image_explains_nothing():
    given = shares()
    product = InnerProduct.of_cosine(DIM)
    average = product.placed(given[1:])[0].sum(axis=0)

    maps = similarity_maps(decompose(given, product, SLOPE, 0.0, average), GRID)

    assert np.abs(maps.alike[0]).max() == pytest.approx(0, abs=1e-6)
