"""The base protocol on the drawings that the project ships."""

import numpy as np
import pytest

from helpers.small_checkpoints import small_checkpoint
from siamese_core.metrics import Calibration
from siamese_core.retraining.replay import PAIRS, TRIALS, Replay
from siamese_core.training.validation import PrecomputedModel


@pytest.fixture(scope="module")
def replay() -> Replay:
    return Replay()


@pytest.fixture(scope="module")
def network():
    """A Euclidean head, and what reads its embeddings does not matter."""
    checkpoint = small_checkpoint(0)
    checkpoint.calibration = Calibration(1.0, 0.0)
    return checkpoint


def test_it_is_four_alphabets_of_twenty_characters_by_five_hands(replay):
    dataset = replay.dataset
    assert (len(dataset.groups), len(dataset.classes), len(dataset)) == (4, 80, 400)
    assert set(np.bincount(dataset.labels)) == {5} and set(dataset.drawers) == set(range(1, 6))
    assert len(replay.images) == 400
    assert all(image.shape == (105, 105, 3) and set(np.unique(image)) == {0, 255} for image in replay.images)


def test_its_pairs_are_the_same_each_time_and_half_of_them_same(replay):
    pairs, again = replay.pairs(), Replay().pairs()
    assert len(pairs.same) == PAIRS and pairs.same.sum() == PAIRS // 2
    labels = replay.dataset.labels
    np.testing.assert_array_equal(labels[pairs.left] == labels[pairs.right], pairs.same)
    assert (pairs.left != pairs.right).all()
    np.testing.assert_array_equal(pairs.left, again.left)
    np.testing.assert_array_equal(pairs.right, again.right)


def test_alphabets_that_judge_are_not_among_the_pairs(replay, network):
    alphabet = replay.dataset.class_group[replay.dataset.labels]
    pairs = replay.pairs()
    mixed = set(alphabet[pairs.left]) | set(alphabet[pairs.right])
    assert len(mixed) == 2
    known = np.eye(128, dtype="float32")[replay.dataset.labels] * ~np.isin(alphabet, list(mixed))[:, None]
    assert replay.one_shot(PrecomputedModel(network, known)).correct.all()


def test_one_shot_is_right_where_classes_lie_apart_and_by_chance_where_they_do_not(replay, network):
    labels = replay.dataset.labels
    corners = np.eye(128, dtype="float32")[labels]
    known = replay.one_shot(PrecomputedModel(network, corners))
    assert known.correct.all() and len(known.correct) == TRIALS.episodes == 400
    noise = np.random.default_rng(0).normal(size=(400, 128)).astype("float32")
    assert replay.one_shot(PrecomputedModel(network, noise)).correct.mean() < 0.15


def test_every_network_takes_the_same_trials_within_an_alphabet(replay, network):
    labels, dataset = replay.dataset.labels, replay.dataset
    corners = np.eye(128, dtype="float32")[labels]
    alphabets = np.eye(128, dtype="float32")[dataset.class_group[labels]]
    assert not replay.one_shot(PrecomputedModel(network, alphabets)).correct.any()
    spoilt = np.where(np.arange(400)[:, None] % 7 == 0, 0.0, corners).astype("float32")
    results = [each.one_shot(PrecomputedModel(network, spoilt)).correct for each in (replay, Replay())]
    np.testing.assert_array_equal(*results)
    assert 0 < results[0].mean() < 1
