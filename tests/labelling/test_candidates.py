"""The pairs worth asking about: all of a small pool, the most similar and some others of a large one."""

import numpy as np
import pytest

from helpers.hand_made import clusters, l1_view
from siamese_core.labelling.candidates import ALL_PAIRS, find_candidates, pair_codes


def of_classes(n_classes: int, n_images: int, encoders: int = 2, **options):
    rng = np.random.default_rng(0)
    embeddings, classes = clusters(rng, n_classes, n_images, **options)
    views = [l1_view(embeddings + 0.05 * rng.normal(size=embeddings.shape), bias=4) for _ in range(encoders)]
    return find_candidates(views, rng), views, classes


@pytest.mark.parametrize("images", [2, 3, 5, 40])
def test_a_small_pool_is_compared_whole(images):
    found, views, _ = of_classes(images, 1)
    left, right = np.triu_indices(images, 1)
    np.testing.assert_array_equal(np.stack([found.left, found.right]), [left, right])
    expected = np.stack([view.compare(left, right) for view in views], axis=1)
    np.testing.assert_allclose(found.log_odds, expected)
    assert found.complete


def test_a_large_pool_is_compared_in_part_and_each_pair_once():
    found, views, _ = of_classes(60, 10)
    assert not found.complete
    assert len(found.codes) < 600 * 599 / 4
    assert np.all(np.diff(found.codes) > 0) and np.all(found.left < found.right)
    np.testing.assert_allclose(found.log_odds[:, 1], views[1].compare(found.left, found.right))


def test_the_pairs_of_one_class_are_nearly_all_among_them():
    found, _, classes = of_classes(60, 10, dim=40)
    left, right = np.triu_indices(600, 1)
    same = classes[left] == classes[right]
    assert np.isin(pair_codes(left, right, 600)[same], found.codes).mean() > 0.95


def test_the_count_of_pairs_grows_with_the_images_not_with_their_square():
    counts = [len(of_classes(n // 10, 10, encoders=1)[0].codes) for n in (300, 600, 1200)]
    assert counts[2] - counts[1] < 2.5 * (counts[1] - counts[0])
    assert ALL_PAIRS < counts[2] < 1200 * 16 + 10_000


def test_margins_are_measured_from_each_encoders_threshold():
    embeddings = np.array([[0.0], [1.0], [3.0]])
    views = [l1_view(embeddings, bias=2, threshold=0.5), l1_view(embeddings, bias=2, threshold=0.9)]
    found = find_candidates(views, np.random.default_rng(0))
    np.testing.assert_allclose(found.log_odds[:, 0], [1, -1, 0])
    np.testing.assert_allclose(found.verdict_log_odds, found.log_odds - [0, np.log(9)])


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_thresholds_at_the_ends_give_finite_margins(threshold):
    view = l1_view(np.array([[0.0], [1.0], [3.0]]), threshold=threshold)
    assert np.isfinite(find_candidates([view], np.random.default_rng(0)).verdict_log_odds).all()


@pytest.mark.parametrize("n_images", [4, 10])
def test_mutual_neighbours_are_an_image_and_its_two_nearest_by_some_encoder(n_images):
    found, views, classes = of_classes(60, n_images)
    everyone, expected = np.arange(len(classes)), set()
    for view in views:
        for image in everyone:
            log_odds = view.compare(np.full(len(classes), image), everyone)
            log_odds[image] = -np.inf
            expected |= {tuple(sorted((int(image), int(each)))) for each in np.argsort(-log_odds)[:2]}
    mutual_neighbours = {
        (int(a), int(b))
        for a, b in zip(
            found.left[found.mutual_neighbours], found.right[found.mutual_neighbours], strict=True
        )
    }
    assert len(mutual_neighbours ^ expected) <= 0.02 * len(expected)
    assert mutual_neighbours == expected or not found.complete


def test_twins_are_as_good_as_copies():
    rng = np.random.default_rng(0)
    embeddings, _ = clusters(rng, 50, 1)
    embeddings[:10] = embeddings[0] + 1e-4 * rng.normal(size=(10, 16))
    found = find_candidates([l1_view(embeddings)], rng)
    assert set(found.near_duplicates(3).tolist()) == set(range(10))
    assert found.near_duplicates(30).tolist() == [30]


def test_two_of_one_class_share_their_neighbours_and_two_of_different_classes_do_not():
    found, _, classes = of_classes(12, 10)
    same = classes[found.left] == classes[found.right]
    assert found.shared[same].mean() > 0.7
    assert found.shared[~same].mean() < 0.2
    assert found.shared.min() >= 0 and found.shared.max() <= 1


def test_one_encoder_is_enough():
    found, _, _ = of_classes(10, 3, encoders=1)
    assert found.verdict_log_odds.shape == (435, 1)


def test_images_of_one_class_are_no_twins():
    found, _, _ = of_classes(20, 5, spread=0.5)
    assert not found.near_duplicate.any()


def test_all_encoders_must_find_twins_alike():
    rng = np.random.default_rng(0)
    embeddings, _ = clusters(rng, 30, 1)
    copies = embeddings.copy()
    copies[:5] = copies[0]
    found = find_candidates([l1_view(copies), l1_view(embeddings)], rng)
    assert found.near_duplicates(0).tolist() == [0]
    assert not find_candidates([l1_view(embeddings)], rng).near_duplicate.any()
