"""Training: what a run results in, when it ends, and what it refuses."""

import dataclasses

import numpy as np
import pytest

from helpers.training_runs import (
    CNN,
    OPTIONS,
    PATIENT,
    SHORT,
    SPEC,
    ignore,
    kill_at,
    lines,
    no_metrics,
    pairs_of,
    run,
    same,
    scripted,
    weights,
)
from siamese_core.data.pair_lists import PairList
from siamese_core.errors import UserError
from siamese_core.networks.encoders import encoder_spec
from siamese_core.networks.losses import LOSSES
from siamese_core.training.averaging import POWER
from siamese_core.training.pair_network import PairNetwork
from siamese_core.training.prepared_images import PreparedImages
from siamese_core.training.trainer import Trainer
from siamese_core.training.validation import one_shot_accuracy

CHANCE = 1 / 8


def test_the_loss_falls_and_one_shot_beats_chance_clearly(images, episodes, tmp_path):
    trainer = Trainer(CNN, images, OPTIONS, tmp_path)
    told = []
    result = trainer.run(
        lambda network: {"one_shot": one_shot_accuracy(network, images, episodes)},
        lambda *line: told.append(line),
    )
    losses = [float(text.split()[-1]) for _, text in told]
    assert np.mean(losses[-10:]) < 0.6 * np.mean(losses[:5])
    assert [share for share, _ in told] == pytest.approx(np.arange(1, 61) / 60)
    (line,) = lines(tmp_path)
    assert (line["step"], line["images"]) == ("60", str(60 * 32))
    assert float(line["one_shot"]) > 5 * CHANCE
    assert float(line["loss"]) == pytest.approx(np.mean(losses), abs=1e-3)
    assert (result.steps, result.images, result.best_step) == (60, 60 * 32, None)
    assert result.seconds > 0
    assert result.encoder is trainer.network.encoder


def test_one_seed_gives_the_same_weights_and_another_gives_others(images, whole_run, tmp_path):
    assert same(weights(run(images, tmp_path / "again", SHORT)), weights(whole_run))
    other = run(images, tmp_path / "other", dataclasses.replace(SHORT, seed=1))
    assert not same(weights(other), weights(whole_run))


def test_minutes_end_a_run_too(images, tmp_path):
    options = dataclasses.replace(OPTIONS, steps=None, minutes=0.005)
    result = Trainer(SPEC, images, options, tmp_path).run(no_metrics, ignore)
    assert result.seconds >= 0.3
    assert result.steps >= 1


def test_too_few_classes_are_an_error(dataset, tmp_path):
    one_class = PreparedImages(dataset.subset(np.flatnonzero(dataset.labels == 0)), SPEC)
    with pytest.raises(UserError, match="two classes with two images each. Received: 1"):
        Trainer(SPEC, one_class, OPTIONS, tmp_path).run(no_metrics, ignore)


# Early stop


def test_it_stops_when_validation_no_longer_gains_and_gives_the_best_weights(images, tmp_path):
    kept = []
    validate = scripted([0.2, 0.5, 0.4, 0.5, 0.3, 0.9])

    def watch(network: PairNetwork) -> dict:
        kept.append(weights(trainer))
        return validate(network)

    trainer = Trainer(SPEC, images, PATIENT, tmp_path)
    result = trainer.run(watch, ignore)
    assert (result.steps, result.best_step) == (5, 2)
    assert [line["one_shot"] for line in lines(tmp_path)] == ["0.2", "0.5", "0.4", "0.5", "0.3"]
    assert same(weights(trainer), kept[1])


def test_a_run_that_gains_to_the_end_keeps_its_last_weights(images, tmp_path):
    options = dataclasses.replace(PATIENT, steps=4)
    result = Trainer(SPEC, images, options, tmp_path).run(scripted([0.1, 0.2, 0.3, 0.4]), ignore)
    assert (result.steps, result.best_step) == (4, 4)


# Numbers that are not finite


def test_a_loss_that_is_not_finite_ends_the_run_with_the_step_and_keeps_the_state(images, tmp_path):
    trainer = Trainer(SPEC, images, OPTIONS, tmp_path)
    kill_at(trainer, 4)
    last = trainer.network.encoder.trainable_variables[-1]
    last.assign(np.full(last.shape, np.nan, "float32"))
    with pytest.raises(UserError, match=r"finite. Received: a loss of nan in step 5. The state of step 4 in"):
        trainer.run(no_metrics, ignore)
    fresh = Trainer(SPEC, images, OPTIONS, tmp_path)
    assert fresh.resume()
    assert fresh.step == 4
    assert all(np.isfinite(array).all() for array in weights(fresh))


def test_weights_that_are_not_finite_are_not_saved(images, tmp_path):
    trainer = Trainer(SPEC, images, dataclasses.replace(OPTIONS, steps=3), tmp_path)

    def spoil(done: float, what: str) -> None:
        if trainer.step == 3:
            last = trainer.network.encoder.trainable_variables[-1]
            last.assign(np.full(last.shape, np.inf, "float32"))

    with pytest.raises(UserError, match="a weight that is not finite in step 3. Nothing was saved yet"):
        trainer.run(no_metrics, spoil)
    assert not (tmp_path / "state.npz").exists()


def test_identical_images_in_pairs_and_in_different_classes_give_no_nan(tmp_path):
    """Nor does batch normalisation of images that do not vary."""
    spec = dataclasses.replace(encoder_spec("face_cnn"), size=36)
    blank = np.full((36, 36, 3), 255, np.uint8)
    pairs = PairList([blank] * 4, np.array([0, 0, 2]), np.array([1, 2, 3]), np.array([True, False, True]))
    images = PreparedImages(pairs, spec)
    trainer = run(images, tmp_path, dataclasses.replace(OPTIONS, steps=3), spec)
    assert all(np.isfinite(array).all() for array in weights(trainer))


# Lists of pairs


def test_a_list_of_pairs_trains_as_classes_do(dataset, images, episodes, tmp_path):
    listed = PreparedImages(pairs_of(dataset, 300), CNN)
    trainer = Trainer(CNN, listed, OPTIONS, tmp_path)
    result = trainer.run(lambda network: {"one_shot": one_shot_accuracy(network, images, episodes)}, ignore)
    assert float(lines(tmp_path)[-1]["one_shot"]) > 4 * CHANCE
    assert result.images == 60 * 32


def test_pairs_train_with_cross_entropy_too(dataset, tmp_path):
    spec = dataclasses.replace(CNN, loss="pairwise", head="weighted_l1")
    told = []
    options = dataclasses.replace(OPTIONS, steps=25, learning_rate=1e-2)
    trainer = Trainer(spec, PreparedImages(pairs_of(dataset, 200), spec), options, tmp_path)
    trainer.run(no_metrics, lambda share, text: told.append(float(text.split()[-1])))
    assert np.mean(told[-10:]) < 0.97 * np.mean(told[:10])


# Batches and embeddings


def test_a_step_of_several_batches_learns_from_each_what_it_would_from_it_alone(images, tmp_path):
    options = dataclasses.replace(OPTIONS, batches=3, other_characters=True, steps=2)
    trainer = Trainer(SPEC, images, options, tmp_path)
    (pixels, places), labels = trainer.inputs.draw(0)
    assert len(pixels) == len(places) == len(labels) == 3 * 32
    logits = trainer.network((pixels, places))
    assert logits.shape == (3 * 32, 32)
    alone = [
        PairNetwork(trainer.network.encoder, trainer.network.head, copied=True)((pixels[part], places[part]))
        for part in np.split(np.arange(96), 3)
    ]
    np.testing.assert_allclose(logits, np.concatenate(alone), atol=1e-4)
    loss = LOSSES[SPEC.loss]
    losses = [loss(each, labels[i * 32 : (i + 1) * 32, 0]) for i, each in enumerate(alone)]
    assert float(trainer._loss(labels, logits)) == pytest.approx(np.mean(losses), abs=1e-4)
    trainer.run(no_metrics, ignore)
    assert (trainer.step, trainer.images_seen) == (2, 2 * 96)


def test_the_learning_rate_warms_up_and_stays(images, tmp_path):
    trainer = Trainer(SPEC, images, OPTIONS, tmp_path)
    rates = []
    for step in range(60):
        trainer.step = step
        trainer._set_learning_rate()
        rates.append(float(trainer.network.optimizer.learning_rate))
    assert rates[:5] == pytest.approx(1e-3 * np.arange(1, 6) / 5)
    assert rates[5:] == pytest.approx([1e-3] * 55)


def test_a_run_results_in_the_mean_of_its_weights(images, tmp_path):
    trainer = Trainer(SPEC, images, SHORT, tmp_path)
    seen = []
    trainer.run(no_metrics, lambda *line: seen.append(weights(trainer)))
    share = np.diff(np.arange(len(seen) + 1.0) ** (POWER + 1)) / len(seen) ** (POWER + 1)
    mean = [np.tensordot(share, np.stack(values), axes=1) for values in zip(*seen, strict=True)]
    for found, expected in zip(weights(trainer), mean, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    assert not same(weights(trainer), seen[-1])


def test_validation_judges_the_mean_and_training_goes_on_from_the_weights(images, tmp_path):
    judged, seen = [], []

    def judge(network: PairNetwork) -> dict:
        judged.append(weights(trainer))
        return {"one_shot": 0.5}

    def watch(*line) -> None:
        seen.append(weights(trainer))

    trainer = Trainer(SPEC, images, dataclasses.replace(SHORT, steps=5, interval_minutes=0), tmp_path / "a")
    trainer.run(judge, watch)
    plain = Trainer(SPEC, images, dataclasses.replace(SHORT, steps=5), tmp_path / "b")
    undisturbed = []
    plain.run(no_metrics, lambda *line: undisturbed.append(weights(plain)))
    assert all(same(a, b) for a, b in zip(seen, undisturbed, strict=True))
    assert same(judged[-1], weights(trainer))
