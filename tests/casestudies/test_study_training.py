"""Batches of the case studies: only of images that may train, of both kinds, identical ones included."""

import keras
import numpy as np
import pytest

from helpers.samples import write_class_folders
from siamese_core.casestudies.study import hold_out
from siamese_core.casestudies.study_training import (
    StudyImages,
    all_pairs,
    all_pairs_network,
    all_scores,
    random_pairs,
)
from siamese_core.casestudies.training_watch import train_watched
from siamese_core.data.datasets import load_dataset
from siamese_core.data.sampling import BatchShape
from siamese_core.networks.heads import make_head


@pytest.fixture(scope="module")
def study_images(tmp_path_factory) -> StudyImages:
    """Images that are only their own number, of 6 characters by 4 drawers; 2 characters are kept aside."""
    folder = write_class_folders(tmp_path_factory.mktemp("data"), np.random.default_rng(0), 2, 3, 4)
    dataset = load_dataset([folder])
    numbers = np.arange(24, dtype=np.uint8).reshape(24, 1)
    return StudyImages(dataset, numbers, *hold_out(dataset, 1 / 3, np.random.default_rng(0)))


def test_random_pairs_are_of_training_images_and_rightly_labelled(study_images):
    draw = random_pairs(study_images, np.random.default_rng(0), 3)
    labels = study_images.dataset.labels
    for step in range(20):
        (left, right), same = draw(step)
        left, right = left[:, 0].astype(int), right[:, 0].astype(int)
        assert {*left, *right} <= set(study_images.training)
        assert ((labels[left] == labels[right]) == same).all()
        assert same.sum() == 3 and len(same) == 6


def test_batches_of_classes_are_of_training_images_two_of_them_identical(study_images):
    draw = all_pairs(study_images, np.random.default_rng(0), BatchShape(3, 2))
    for step in range(20):
        inputs, labels = draw(step)
        numbers = inputs[:, 0].astype(int)
        assert set(numbers) <= set(study_images.training)
        assert numbers[0] == numbers[1] and labels[0, 0] == labels[1, 0]
        of_class = {number: label for number, label in zip(numbers, labels[:, 0], strict=True)}
        truth = study_images.dataset.labels
        for first in numbers:
            for second in numbers:
                assert (truth[first] == truth[second]) == (of_class[first] == of_class[second])


def test_what_is_judged_is_what_was_kept_aside(study_images):
    inputs, labels = study_images.judged
    assert inputs[:, 0].tolist() == study_images.held_out.tolist()
    assert labels.tolist() == study_images.dataset.labels[study_images.held_out].tolist()


def test_our_network_learns_from_identical_images_without_a_nan(study_images):
    keras.utils.set_random_seed(0)
    encoder = keras.Sequential([keras.Input((1,)), keras.layers.Rescaling(1 / 24), keras.layers.Dense(4)])
    network = all_pairs_network(encoder, "euclidean", "contrastive", 1e-3)
    draw = all_pairs(study_images, np.random.default_rng(0), BatchShape(4, 2))
    record = train_watched(network, draw, 5, lambda share, words: None)
    assert (record.nan_step, len(record.losses)) == (None, 5)


def test_all_scores_are_those_of_the_pairs():
    embeddings = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    scores = all_scores(make_head("euclidean"), embeddings)
    for i in range(4):
        for j in range(4):
            distance = np.linalg.norm(embeddings[i] - embeddings[j])
            assert scores[i, j] == pytest.approx(-distance, abs=1e-5)
