"""Calibration on classes held out, with embeddings made by hand and a Euclidean head."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.small_checkpoints import small_checkpoint
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.data.datasets import Dataset
from siamese_core.errors import UserError
from siamese_core.evaluation.protocols import OneShotOptions
from siamese_core.metrics import Calibration
from siamese_core.training import validation
from siamese_core.training.validation import (
    PrecomputedModel,
    calibrate,
    episode_shape,
    interval_episodes,
    one_shot,
    one_shot_accuracy,
)

DIM = 8


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    return replace(small_checkpoint(0), calibration=Calibration(1.0, 0.0))


@pytest.fixture(autouse=True)
def fewer_pairs(monkeypatch):
    monkeypatch.setattr(validation, "PAIRS", 2000)


def scattered(n_classes: int, spread: float, each: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings around a centre for each class, and their labels."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(n_classes), each)
    centres = rng.normal(size=(n_classes, DIM))
    return (centres[labels] + spread * rng.normal(size=(len(labels), DIM))).astype("float32"), labels


def calibrated(checkpoint: Checkpoint, embeddings: np.ndarray, labels: np.ndarray):
    return calibrate(PrecomputedModel(checkpoint, embeddings), labels, np.random.default_rng(1))


def test_classes_that_lie_apart_are_told_apart_with_confidence(checkpoint):
    found = calibrated(checkpoint, *scattered(10, 0.01))
    assert found.metrics["accuracy"] > 0.95 and found.metrics["roc_auc"] > 0.999
    assert found.metrics["eer"] < 0.01 and found.metrics["ece"] < 0.05
    same, different = found.calibration.similarity(np.array([-0.03, -3.0]))
    assert same > 0.95 > 0.05 > different
    assert different < found.threshold < same


def test_embeddings_that_tell_nothing_are_calibrated_to_one_half(checkpoint):
    embeddings, labels = scattered(10, 100.0)
    found = calibrated(checkpoint, embeddings, labels)
    assert found.metrics["accuracy"] == pytest.approx(0.5, abs=0.08)
    assert found.metrics["ece"] < 0.1
    low, high = found.metrics["ci95"]
    assert low < found.metrics["accuracy"] < high


def test_each_half_of_the_classes_is_judged_by_the_other(checkpoint):
    """Two narrow classes in one half, two a hundred times as wide in the other: no fit is right for both."""
    embeddings, labels = scattered(2, 0.1, each=20)
    both = np.concatenate([embeddings, 100 * embeddings])
    seed = next(seed for seed in range(99) if set(np.random.default_rng(seed).permutation(4)[:2]) == {0, 1})
    found = calibrate(
        PrecomputedModel(checkpoint, both), np.r_[labels, labels + 2], np.random.default_rng(seed)
    )
    alone = calibrated(checkpoint, embeddings, labels)
    assert "each half of the classes judged by the other" in found.metrics["protocol"]
    assert found.metrics["pairs"] == 2000
    assert found.metrics["accuracy"] == pytest.approx(0.5, abs=0.1) and alone.metrics["accuracy"] > 0.95


@pytest.mark.parametrize("n_classes", [2, 3])
def test_too_few_classes_are_judged_by_themselves_and_the_card_says_so(checkpoint, n_classes):
    found = calibrated(checkpoint, *scattered(n_classes, 0.01))
    assert "too few classes" in found.metrics["protocol"] and found.metrics["pairs"] == 1000
    assert found.metrics["accuracy"] > 0.99


def test_one_class_gives_no_pairs(checkpoint):
    with pytest.raises(UserError, match="two classes"):
        calibrated(checkpoint, *scattered(1, 0.1))


def test_the_same_generator_gives_the_same_calibration(checkpoint):
    embeddings, labels = scattered(6, 0.5)
    assert calibrated(checkpoint, embeddings, labels) == calibrated(checkpoint, embeddings, labels)


def test_a_precomputed_model_answers_as_the_checkpoint_does(checkpoint):
    embeddings, _ = scattered(3, 0.1)
    network = PrecomputedModel(replace(checkpoint, id="id", threshold=0.3), embeddings)
    assert (network.encoder_name, network.id, network.threshold) == ("small_cnn", "id", 0.3)
    rows = network.embed([4, 0])
    np.testing.assert_array_equal(rows, embeddings[[4, 0]])
    logits = network.logits(rows[:1], rows[1:])
    assert logits[0] == pytest.approx(-np.linalg.norm(rows[0] - rows[1]), rel=1e-5)
    assert network.similarity(logits)[0] == pytest.approx(1 / (1 + np.exp(-logits[0])), rel=1e-5)


def test_two_networks_take_the_same_one_shot_trials(checkpoint):
    embeddings, labels = scattered(6, 1.0)
    dataset = Dataset(
        names=tuple(map(str, labels)),
        labels=labels,
        classes=tuple("abcdef"),
        class_group=np.zeros(6, "int64"),
        groups=("g",),
        drawers=np.full(len(labels), -1),
        read=lambda index: b"never read",
    )
    options = OneShotOptions(n_way=5, episodes=50)
    first, again = (
        one_shot(PrecomputedModel(checkpoint, each), dataset, options)
        for each in (embeddings, 2 * embeddings)
    )
    np.testing.assert_array_equal(first.correct, again.correct)
    assert 0.2 < first.correct.mean() < 1


def test_one_shot_accuracy_agrees_with_a_naive_loop(images, episodes, whole_run):
    def embed(index: int) -> np.ndarray:
        return whole_run.network.encoder(images.pixels[[index]].astype("float32"), training=False)[0].numpy()

    hits = 0
    for episode in episodes[:15]:
        query = embed(episode.query)
        distances = [np.linalg.norm(query - embed(index)) for index in episode.support[:, 0]]
        hits += int(np.argmin(distances)) == episode.target
    assert one_shot_accuracy(whole_run.network, images, episodes[:15]) == hits / 15


def labelled(sizes: list[int], groups: int = 1) -> Dataset:
    """Classes of so many images, spread over groups."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    names, classes = (tuple(map(str, range(count))) for count in (len(labels), len(sizes)))
    class_group, titles = np.arange(len(sizes)) % groups, tuple(map(str, range(groups)))
    return Dataset(names, labels, classes, class_group, titles, np.full(len(labels), -1), lambda index: b"")


@pytest.mark.parametrize(
    ("data", "n_way", "within_group"),
    [
        (labelled([2] * 40, groups=2), 20, True),
        (labelled([2] * 38, groups=2), 20, False),
        (labelled([2] * 5 + [1] * 30), 5, False),
        (labelled([2]), 2, False),
    ],
)
def test_trials_have_as_many_ways_as_the_data_allows(data, n_way, within_group):
    assert episode_shape(data) == ((n_way, 1), within_group)


def test_the_trials_of_an_interval_are_the_seeds_and_use_few_images_of_a_class(monkeypatch):
    monkeypatch.setattr(validation, "INTERVAL_TRIALS", 50)
    data = labelled([30] * 6)
    first, again, other = (interval_episodes(data, seed) for seed in (0, 0, 1))
    used = [
        np.unique([(*e.support.ravel(), e.query) for e in episodes]) for episodes in (first, again, other)
    ]
    assert len(first) == 50
    assert np.array_equal(used[0], used[1]) and not np.array_equal(used[0], used[2])
    assert np.bincount(data.labels[used[0]]).max() <= validation.INTERVAL_IMAGES
    for episode in first:
        labels = data.labels[episode.support[:, 0]]
        assert labels[episode.target] == data.labels[episode.query] and len(set(labels)) == 6


def test_validation_of_one_class_is_told():
    with pytest.raises(UserError, match="2-way 1-shot needs 2 classes"):
        interval_episodes(labelled([4]), 0)
