"""A gallery gives the images that comparing the query with every one of them gives."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from siamese_core.metric_learning.score_normalisation import FEWEST
from siamese_core.searching.best import combined
from siamese_core.searching.gallery import Gallery, merged, with_own_cohort


def said_of_every_image(checkpoint, query: np.ndarray, embeddings: np.ndarray) -> np.ndarray:
    return checkpoint.calibration.log_odds(checkpoint.pairwise_logits(query[None], embeddings)[0])


@pytest.mark.parametrize("normalised", [False, True])
def test_the_best_are_those_of_comparing_every_pair_with_the_head(checkpoint, embeddings, normalised):
    checkpoint = with_own_cohort(checkpoint, embeddings) if normalised else checkpoint
    queries = embeddings[[3, 77]] + np.float32(0.05)
    for query, hits in zip(queries, Gallery(checkpoint, embeddings).search(queries, 24), strict=True):
        expected = said_of_every_image(checkpoint, query, embeddings)
        assert np.allclose(hits.log_odds, np.sort(expected)[::-1][:24], atol=2e-4)
        assert np.allclose(hits.log_odds, expected[hits.places], atol=2e-4)
        assert np.allclose(hits.similarity, expit(expected[hits.places]), atol=1e-4)
        assert np.array_equal(hits.same, hits.similarity >= checkpoint.threshold)


def test_bounds_are_never_below_the_scores(checkpoint, embeddings):
    gallery = Gallery(checkpoint, embeddings)
    (scan,) = gallery.scans(embeddings[5:6])
    assert (scan.bounds >= scan.exact(np.arange(len(gallery)))).all()


def test_eight_bits_find_nearly_all_of_the_best(checkpoint, embeddings):
    queries = embeddings[::50] + np.float32(0.05)
    pairs = zip(
        Gallery(checkpoint, embeddings).search(queries, 24),
        Gallery(checkpoint, embeddings, eight_bit=True).search(queries, 24),
        strict=True,
    )
    found = [len(set(exact.places) & set(rounded.places)) for exact, rounded in pairs]
    assert np.mean(found) >= 0.97 * 24


def test_images_alike_to_the_last_digit_come_in_their_order(checkpoint):
    rows = np.tile(np.float32(np.linspace(1, 2, 24)), (9, 1))
    (hits,) = Gallery(checkpoint, rows).search(rows[:1], 5)
    assert hits.places.tolist() == [0, 1, 2, 3, 4]


def test_a_gallery_may_be_smaller_than_what_is_asked_for_or_empty(checkpoint, embeddings):
    (hits,) = Gallery(checkpoint, embeddings[:3]).search(embeddings[:1], 24)
    assert len(hits) == 3
    (none,) = Gallery(checkpoint, embeddings[:0]).search(embeddings[:1], 24)
    assert len(none) == 0


def test_every_image_above_a_limit_is_named(checkpoint, embeddings):
    (scan,) = Gallery(checkpoint, embeddings).scans(embeddings[:1])
    scores = scan.exact(np.arange(len(scan)))
    limit = float(np.quantile(scores, 0.9))
    assert np.array_equal(scan.above(limit), np.flatnonzero(scores >= limit))


def test_two_encoders_are_searched_as_one(checkpoint, embeddings):
    scans = [Gallery(checkpoint, rows).scans(rows[:1])[0] for rows in (embeddings, embeddings[::-1].copy())]
    places, scores = combined(scans, (0.3, 0.6), 0.1).best(10)
    everyone = np.arange(len(embeddings))
    expected = 0.3 * scans[0].exact(everyone) + 0.6 * scans[1].exact(everyone) + 0.1
    assert np.allclose(scores, np.sort(expected)[::-1][:10])
    assert np.allclose(expected[places], scores)


def test_parts_of_a_gallery_give_what_the_whole_gives(checkpoint, embeddings):
    checkpoint = with_own_cohort(checkpoint, embeddings)
    starts = [0, 300, 500]
    parts = [
        Gallery(checkpoint, part).search(embeddings[:1], 24)[0] for part in np.split(embeddings, starts[1:])
    ]
    (whole,) = Gallery(checkpoint, embeddings).search(embeddings[:1], 24)
    assert np.array_equal(merged(parts, starts, 24).places, whole.places)


def test_few_images_or_answers_leave_the_calibration_as_it_is(checkpoint, embeddings):
    assert with_own_cohort(checkpoint, embeddings[: FEWEST - 1]) is checkpoint
    checkpoint.card = replace(checkpoint.card, answers={"count": 100})
    assert with_own_cohort(checkpoint, embeddings) is checkpoint


def test_weights_below_zero_are_compared_in_full(checkpoint, embeddings):
    if checkpoint.head.name != "weighted_l1":
        pytest.skip("only weighted L1 has weights of its own")
    weight = np.linspace(1, -0.5, embeddings.shape[1])
    checkpoint.head.set_weights([weight, np.array(0.0)])
    (hits,) = Gallery(checkpoint, embeddings).search(embeddings[:1], 24)
    expected = said_of_every_image(checkpoint, embeddings[0], embeddings)
    assert np.allclose(hits.log_odds, np.sort(expected)[::-1][:24], atol=2e-4)
