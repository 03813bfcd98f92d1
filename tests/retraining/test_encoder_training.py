"""Training an encoder further on answers, with real small networks and a few steps."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.samples import alphabet
from helpers.small_checkpoints import small_checkpoint
from siamese_core.checkpoints.card import base_card
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.metrics import Calibration
from siamese_core.networks.encoders import PRETRAINED
from siamese_core.networks.heads import make_head
from siamese_core.retraining import encoder_training
from siamese_core.retraining.encoder_training import FEWEST_STEPS, PreparedPairs, retrained_encoder


def prepared(parent: Checkpoint, seed: int, count: int = 24) -> PreparedPairs:
    """Drawings of twelve characters by two hands, half of the pairs same."""
    drawn = alphabet(np.random.default_rng(seed), 12, 2, 48)
    pixels = np.stack([parent.prepare(image) for character in drawn for image in character])
    character = np.arange(count) % 12
    same = np.arange(count) < count // 2
    other = np.where(same, character, (character + 1) % 12)
    return PreparedPairs(pixels, 2 * character, 2 * other + 1, same)


def mean_loss(model: Checkpoint, pairs: PreparedPairs) -> float:
    embedded = np.asarray(model.encoder(pairs.pixels.astype("float32"), training=False))
    log_odds = model.calibration.log_odds(model.logits(embedded[pairs.left], embedded[pairs.right]))
    return float(np.mean(np.logaddexp(0, log_odds) - pairs.same * log_odds))


def trained(parent: Checkpoint, told: list, seed: int = 0) -> Checkpoint:
    return retrained_encoder(
        parent,
        prepared(parent, 1),
        prepared(parent, 2),
        np.random.default_rng(seed),
        lambda share, text: told.append((share, text)),
    )


@pytest.fixture(scope="module")
def short() -> pytest.MonkeyPatch:
    """Few steps of a size that shows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoder_training, "FEWEST_STEPS", 6)
        patch.setattr(encoder_training, "PASSES", 1)
        patch.setattr(encoder_training, "LEARNING_RATE", 2e-4)
        yield patch


def face_cnn() -> Checkpoint:
    """An encoder with batch normalisation and a head with weights."""
    parent = small_checkpoint(0, "face_cnn")
    parent.note(head="weighted_l1")
    parent.head = make_head("weighted_l1")
    parent.head.build((None, 128), (None, 128))
    parent.calibration = Calibration(4.0, 1.0)
    return parent


@pytest.fixture(scope="module")
def run(short) -> tuple[Checkpoint, list[np.ndarray], Checkpoint, list]:
    """Parent, its weights before, what became of it, and what was told meanwhile."""
    parent, told = face_cnn(), []
    before = [array.copy() for array in [*parent.encoder.get_weights(), *parent.head.get_weights()]]
    return parent, before, trained(parent, told), told


def test_a_few_steps_lower_the_loss_on_the_answers(run):
    parent, _, child, _ = run
    answers = prepared(parent, 1)
    assert mean_loss(child, answers) < 0.9 * mean_loss(parent, answers)


def test_the_parent_is_left_as_it_was(run):
    parent, before, _, _ = run
    for array, former in zip(
        [*parent.encoder.get_weights(), *parent.head.get_weights()], before, strict=True
    ):
        np.testing.assert_array_equal(array, former)


def test_the_statistics_of_batch_normalisation_stay(run):
    parent, _, child, _ = run
    pairs = list(zip(parent.encoder.variables, child.encoder.variables, strict=True))
    moving = [(old, new) for old, new in pairs if "moving" in new.path]
    kernels = [(old, new) for old, new in pairs if "kernel" in new.path]
    assert len(moving) == 2 * 3 and len(kernels) == 6
    for old, new in moving:
        np.testing.assert_array_equal(new.numpy(), old.numpy())
    assert all(np.any(new.numpy() != old.numpy()) for old, new in kernels)


def test_the_head_learns_with_it_and_the_calibration_stays(run):
    parent, _, child, _ = run
    assert np.any(child.head.weight.numpy() != parent.head.weight.numpy())
    assert (child.calibration, child.threshold) == (parent.calibration, parent.threshold)


def test_the_weights_are_those_between_the_parents_and_the_trained(short, run, monkeypatch):
    """The same generator gives the same training twice, else they would not be."""
    parent, before, child, _ = run
    monkeypatch.setattr(encoder_training, "KEPT", 0.0)
    whole = trained(face_cnn(), [])
    ends = [*whole.encoder.get_weights(), *whole.head.get_weights()]
    half = [*child.encoder.get_weights(), *child.head.get_weights()]
    for start, middle, end in zip(before, half, ends, strict=True):
        np.testing.assert_allclose(middle, (start + end) / 2, atol=1e-6)


def test_the_card_says_how_long_it_was_trained(run):
    parent, _, child, _ = run
    assert child.card.steps == 6 and child.card.size == parent.card.size and child.id == ""


def test_progress_ends_at_the_whole(run):
    told = run[3]
    assert [share for share, _ in told] == [(step + 1) / 6 for step in range(6)]
    assert told[-1][1].startswith("training the encoder: step 6 of 6, loss ")


def test_a_frozen_network_and_replayed_pairs_of_one_kind_do_not_stop_it(short):
    parent = small_checkpoint(0)
    parent.encoder.trainable = False
    known = prepared(parent, 3)
    same = PreparedPairs(
        known.pixels, known.left[known.same], known.right[known.same], known.same[known.same]
    )
    child = retrained_encoder(parent, prepared(parent, 1), same, np.random.default_rng(0), lambda *_: None)
    for array, former in zip(child.encoder.get_weights(), parent.encoder.get_weights(), strict=True):
        assert np.isfinite(array).all() and np.any(array != former)


def test_of_a_network_that_knows_photographs_the_last_stage_learns():
    network = "resnet50_photographs"
    spec, card = PRETRAINED[network], replace(base_card("resnet50", 64), network=network)
    parent = Checkpoint(
        "", "resnet50", spec.build(64), make_head("cosine"), Calibration(30.0, 0.0), 0.5, card
    )
    encoder = encoder_training._copied_encoder(parent)
    stages = {weight.path.split("/")[-2].partition("_")[0] for weight in encoder.trainable_variables}
    assert stages == {"conv5"} and len(encoder.trainable_variables) == 4 * (3 * 3 + 1)
    for array, former in zip(encoder.get_weights(), parent.encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(array, former)


def test_each_step_mixes_answers_and_replayed_pairs_half_of_each_kind():
    answers, replayed = (
        PreparedPairs(np.full((2, 1, 1, 1), mark, np.uint8), np.zeros(10, int), np.ones(10, int), same)
        for mark, same in ((1, np.arange(10) == 0), (2, np.arange(10) != 0))
    )
    pixels, same = encoder_training._batch(answers, replayed, np.random.default_rng(0))
    pairs = encoder_training.PAIRS_A_STEP + encoder_training.REPLAYED_A_STEP
    assert len(pixels) == 2 * pairs and len(same) == pairs and same.dtype == np.float32
    left, right = np.split(pixels.ravel(), 2)
    np.testing.assert_array_equal(left, right)
    for mark, count in ((1, encoder_training.PAIRS_A_STEP), (2, encoder_training.REPLAYED_A_STEP)):
        assert (left == mark).sum() == count and same[left == mark].sum() == count // 2


def test_twenty_answers_get_the_fewest_steps():
    assert encoder_training.PASSES * 20 / encoder_training.PAIRS_A_STEP < FEWEST_STEPS
