import csv
import dataclasses
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from helpers.samples import write_class_folders
from siamese_core.data.datasets import Dataset, load_dataset
from siamese_core.data.pair_lists import PairList
from siamese_core.data.sampling import BatchShape, sample_episodes, sample_pairs
from siamese_core.errors import UserError
from siamese_core.networks.encoders import EncoderSpec, encoder_spec
from siamese_core.networks.losses import LOSSES
from siamese_core.training.augmentation import CHANGES, unchanged
from siamese_core.training.averaging import POWER
from siamese_core.training.pair_network import PairNetwork
from siamese_core.training.trainer import (
    PreparedImages,
    Trainer,
    TrainingOptions,
    embed_pixels,
    one_shot_accuracy,
)

SPEC = dataclasses.replace(encoder_spec("small_cnn"), size=36)
OPTIONS = TrainingOptions(
    steps=60, warmup_steps=5, learning_rate=1e-3, other_characters=False, batch=BatchShape(8, 4)
)
SHORT = dataclasses.replace(OPTIONS, steps=20)
CHANCE = 1 / 8


class Killed(Exception):
    """The process ends here."""


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Dataset:
    folder = tmp_path_factory.mktemp("data") / "made"
    return load_dataset([write_class_folders(folder, np.random.default_rng(0), 2, 8, 6)])


@pytest.fixture(scope="module")
def images(dataset) -> PreparedImages:
    return PreparedImages(dataset, SPEC)


@pytest.fixture(scope="module")
def episodes(dataset):
    return sample_episodes(dataset, np.random.default_rng(1), (8, 1), 60)


def ignore(share: float, text: str) -> None:
    """Progress that nobody looks at."""


def nothing(trainer: Trainer) -> dict:
    return {}


def weights(trainer: Trainer) -> list[np.ndarray]:
    """Encoder, head and optimizer."""
    return [variable.numpy() for variable in trainer._variables()]


def same(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def lines(folder: Path) -> list[dict]:
    with (folder / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def run(images: PreparedImages, folder: Path, options=OPTIONS, spec: EncoderSpec = SPEC) -> Trainer:
    trainer = Trainer(spec, images, options, folder)
    trainer.run(nothing, ignore)
    return trainer


def kill_at(trainer: Trainer, step: int, save: bool = True) -> None:
    """Runs until `step` is over and the state saved, as at the end of an interval, and no further."""

    def progress(share: float, text: str) -> None:
        if trainer.step == step:
            if save:
                trainer.save()
            raise Killed

    with pytest.raises(Killed):
        trainer.run(nothing, progress)


@pytest.fixture(scope="module")
def whole_run(images, tmp_path_factory) -> Trainer:
    return run(images, tmp_path_factory.mktemp("whole"), SHORT)


def test_the_loss_falls_and_one_shot_beats_chance_clearly(images, episodes, tmp_path):
    trainer = Trainer(SPEC, images, OPTIONS, tmp_path)
    told = []
    result = trainer.run(
        lambda t: {"one_shot": one_shot_accuracy(t, images, episodes)}, lambda *line: told.append(line)
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


def test_a_run_that_was_killed_and_resumed_gives_the_same_weights(images, whole_run, tmp_path):
    for step in (6, 13):
        trainer = Trainer(SPEC, images, SHORT, tmp_path)
        assert trainer.resume() == (step == 13)
        kill_at(trainer, step)
    trainer = Trainer(SPEC, images, SHORT, tmp_path)
    assert trainer.resume()
    assert trainer.step == 13
    trainer.run(nothing, ignore)
    assert trainer.step == 20
    assert same(weights(trainer), weights(whole_run))


def test_a_kill_between_two_intervals_loses_no_more_than_the_last_save(
    images, whole_run, tmp_path, monkeypatch
):
    monkeypatch.setattr("siamese_core.training.trainer.SAVE_SECONDS", 0.0)
    monkeypatch.setattr("siamese_core.training.trainer.SAVE_SHARE", 1e9)
    kill_at(Trainer(SPEC, images, SHORT, tmp_path), 9, save=False)
    trainer = Trainer(SPEC, images, SHORT, tmp_path)
    assert trainer.resume() and trainer.step == 8  # that of step 9 was not written yet
    trainer.run(nothing, ignore)
    assert same(weights(trainer), weights(whole_run))
    assert [line["step"] for line in lines(tmp_path)] == ["20"]


def test_a_kill_while_saving_leaves_the_state_before(images, whole_run, tmp_path):
    kill_at(Trainer(SPEC, images, SHORT, tmp_path), 8)
    content = (tmp_path / "state.npz").read_bytes()
    (tmp_path / "state.part.npz").write_bytes(content[: len(content) // 2])
    trainer = Trainer(SPEC, images, SHORT, tmp_path)
    assert trainer.resume()
    assert trainer.step == 8
    trainer.run(nothing, ignore)
    assert same(weights(trainer), weights(whole_run))
    assert not (tmp_path / "state.part.npz").exists()


def test_intervals_write_metrics_once_even_after_a_kill(images, tmp_path):
    options = dataclasses.replace(OPTIONS, steps=6, interval_minutes=0)
    trainer = Trainer(SPEC, images, options, tmp_path)
    kill_at(trainer, 3, save=False)
    assert [line["step"] for line in lines(tmp_path)] == ["1", "2"]
    trainer.metrics.append({"step": 3, "images": 0, "seconds": 0, "loss": 0})
    trainer = Trainer(SPEC, images, options, tmp_path)
    assert trainer.resume()
    trainer.run(nothing, ignore)
    assert [line["step"] for line in lines(tmp_path)] == ["1", "2", "3", "4", "5", "6"]


def test_a_finished_run_is_not_trained_further(images, whole_run):
    trainer = Trainer(SPEC, images, SHORT, whole_run.folder)
    assert trainer.resume()
    assert trainer.run(nothing, ignore).steps == 20
    assert same(weights(trainer), weights(whole_run))


def test_a_new_run_in_a_used_folder_begins_its_own_metrics(images, tmp_path):
    options = dataclasses.replace(OPTIONS, steps=2)
    for _ in range(2):
        run(images, tmp_path, options)
        assert [line["step"] for line in lines(tmp_path)] == ["2"]


def test_there_is_nothing_to_resume_in_an_empty_folder(images, tmp_path):
    trainer = Trainer(SPEC, images, OPTIONS, tmp_path)
    assert not trainer.resume()
    assert trainer.step == 0


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 3},
        {"learning_rate": 1e-4},
        {"batch": BatchShape(4, 4)},
        {"clip_norm": 1.0},
        {"warmup_steps": 9},
    ],
)
def test_a_run_is_resumed_with_its_own_options_only(images, whole_run, change):
    trainer = Trainer(SPEC, images, dataclasses.replace(SHORT, **change), whole_run.folder)
    with pytest.raises(UserError, match=f"options it began with. Received: other {next(iter(change))}."):
        trainer.resume()
    assert trainer.step == 0


def test_a_run_may_be_resumed_for_longer(images, whole_run, tmp_path):
    shutil.copytree(whole_run.folder, tmp_path / "longer")
    trainer = Trainer(SPEC, images, dataclasses.replace(SHORT, steps=22), tmp_path / "longer")
    assert trainer.resume()
    assert trainer.run(nothing, ignore).steps == 22


def test_another_network_cannot_take_up_a_state(dataset, whole_run):
    larger = dataclasses.replace(SPEC, size=84)
    trainer = Trainer(larger, PreparedImages(dataset, larger), SHORT, whole_run.folder)
    with pytest.raises(UserError, match="fit the network"):
        trainer.resume()
    faces = dataclasses.replace(encoder_spec("face_cnn"), size=36)
    trainer = Trainer(faces, PreparedImages(dataset, faces), SHORT, whole_run.folder)
    with pytest.raises(UserError, match="Received: other encoder"):
        trainer.resume()


def test_minutes_end_a_run_too(images, tmp_path):
    options = dataclasses.replace(OPTIONS, steps=None, minutes=0.02)
    result = Trainer(SPEC, images, options, tmp_path).run(nothing, ignore)
    assert result.seconds >= 1.2
    assert result.steps >= 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"steps": None}, "steps None, minutes None"),
        ({"steps": 0}, "steps 0"),
        ({"steps": -5}, "steps -5"),
        ({"minutes": -1.0}, "minutes -1.0"),
        ({"minutes": float("nan")}, "minutes nan"),
        ({"patience": 0}, "patience 0"),
    ],
)
def test_a_run_needs_an_end(images, tmp_path, change, says):
    with pytest.raises(UserError, match=f"Received: .*{says}"):
        Trainer(SPEC, images, dataclasses.replace(OPTIONS, **change), tmp_path)


def test_too_few_classes_are_an_error(dataset, tmp_path):
    one_class = PreparedImages(dataset.subset(np.flatnonzero(dataset.labels == 0)), SPEC)
    with pytest.raises(UserError, match="two classes with two images each. Received: 1"):
        Trainer(SPEC, one_class, OPTIONS, tmp_path).run(nothing, ignore)


# Early stop


def scripted(scores: list[float]):
    """Validation that gives these accuracies, one an interval."""
    remaining = iter(scores)
    return lambda trainer: {"one_shot": next(remaining)}


PATIENT = dataclasses.replace(OPTIONS, steps=40, interval_minutes=0, patience=3)


def test_it_stops_when_validation_no_longer_gains_and_gives_the_best_weights(images, tmp_path):
    kept = []
    validate = scripted([0.2, 0.5, 0.4, 0.5, 0.3, 0.9])

    def watch(trainer: Trainer) -> dict:
        kept.append([array for array in weights(trainer)[: len(trainer._weights())]])
        return validate(trainer)

    trainer = Trainer(SPEC, images, PATIENT, tmp_path)
    result = trainer.run(watch, ignore)
    assert (result.steps, result.best_step) == (5, 2)
    assert [line["one_shot"] for line in lines(tmp_path)] == ["0.2", "0.5", "0.4", "0.5", "0.3"]
    assert same(weights(trainer)[: len(trainer._weights())], kept[1])


def test_a_run_that_gains_to_the_end_keeps_its_last_weights(images, tmp_path):
    options = dataclasses.replace(PATIENT, steps=4)
    result = Trainer(SPEC, images, options, tmp_path).run(scripted([0.1, 0.2, 0.3, 0.4]), ignore)
    assert (result.steps, result.best_step) == (4, 4)


def test_patience_is_remembered_over_a_kill(images, tmp_path):
    trainer = Trainer(SPEC, images, PATIENT, tmp_path)
    validate = scripted([0.2, 0.5, 0.4, 0.4])
    with pytest.raises(StopIteration):
        trainer.run(validate, ignore)
    trainer = Trainer(SPEC, images, PATIENT, tmp_path)
    assert trainer.resume()
    result = trainer.run(scripted([0.4, 0.9]), ignore)
    assert (result.steps, result.best_step) == (5, 2)
    trainer = Trainer(SPEC, images, PATIENT, tmp_path)
    assert trainer.resume()
    assert trainer.run(scripted([]), ignore).steps == 5


def test_the_best_of_an_earlier_run_is_not_this_one_s(images, tmp_path):
    options = dataclasses.replace(PATIENT, steps=2)
    Trainer(SPEC, images, options, tmp_path).run(scripted([0.9, 0.9]), ignore)
    result = Trainer(SPEC, images, options, tmp_path).run(scripted([0.1, 0.2]), ignore)
    assert result.best_step == 2


# Numbers that are not finite


def test_a_loss_that_is_not_finite_ends_the_run_with_the_step_and_keeps_the_state(images, tmp_path):
    trainer = Trainer(SPEC, images, OPTIONS, tmp_path)
    kill_at(trainer, 4)
    last = trainer.network.encoder.trainable_variables[-1]
    last.assign(np.full(last.shape, np.nan, "float32"))
    with pytest.raises(UserError, match=r"finite. Received: a loss of nan in step 5. The state of step 4 in"):
        trainer.run(nothing, ignore)
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
        trainer.run(nothing, spoil)
    assert not (tmp_path / "state.npz").exists()


@pytest.mark.parametrize("name", ["small_cnn", "face_cnn"])
def test_identical_images_in_pairs_and_in_different_classes_give_no_nan(name, tmp_path):
    spec = dataclasses.replace(encoder_spec(name), size=36)
    blank = np.full((36, 36, 3), 255, np.uint8)
    pairs = PairList([blank] * 4, np.array([0, 0, 2]), np.array([1, 2, 3]), np.array([True, False, True]))
    images = PreparedImages(pairs, spec)
    trainer = run(images, tmp_path, dataclasses.replace(OPTIONS, steps=5), spec)
    assert all(np.isfinite(array).all() for array in weights(trainer))


# Lists of pairs


def pairs_of(dataset: Dataset, count: int) -> PairList:
    drawn = sample_pairs(dataset.labels, np.random.default_rng(2), count)
    return PairList([dataset.image(i) for i in range(len(dataset))], drawn.left, drawn.right, drawn.same)


def test_a_list_of_pairs_trains_as_classes_do(dataset, images, episodes, tmp_path):
    listed = PreparedImages(pairs_of(dataset, 300), SPEC)
    trainer = Trainer(SPEC, listed, OPTIONS, tmp_path)
    result = trainer.run(lambda t: {"one_shot": one_shot_accuracy(t, images, episodes)}, ignore)
    assert float(lines(tmp_path)[-1]["one_shot"]) > 4 * CHANCE
    assert result.images == 60 * 32


def test_a_run_on_pairs_resumes_exactly(dataset, tmp_path):
    listed = PreparedImages(pairs_of(dataset, 40), SPEC)
    options = dataclasses.replace(OPTIONS, steps=12)
    whole = run(listed, tmp_path / "whole", options)
    kill_at(Trainer(SPEC, listed, options, tmp_path / "parts"), 7)
    trainer = Trainer(SPEC, listed, options, tmp_path / "parts")
    assert trainer.resume()
    trainer.run(nothing, ignore)
    assert same(weights(trainer), weights(whole))


def test_pairs_train_with_cross_entropy_too(dataset, tmp_path):
    spec = dataclasses.replace(SPEC, loss="pairwise", head="weighted_l1")
    told = []
    options = dataclasses.replace(OPTIONS, steps=25, learning_rate=1e-2)
    trainer = Trainer(spec, PreparedImages(pairs_of(dataset, 200), spec), options, tmp_path)
    trainer.run(nothing, lambda share, text: told.append(float(text.split()[-1])))
    assert np.mean(told[-10:]) < 0.97 * np.mean(told[:10])


# Batches and embeddings


def test_a_batch_depends_on_seed_and_step_only(images, tmp_path):
    options = dataclasses.replace(OPTIONS, other_characters=True)
    first, second = (Trainer(SPEC, images, options, tmp_path / name) for name in "ab")
    second.step = 50
    (pixels, places), labels = first._drawn(9)
    assert pixels.shape == (32, 2, 36, 36, 3) and places.shape[:2] == (32, 2)
    assert (pixels.dtype, places.dtype) == (np.uint8, np.float32)
    assert labels.shape == (32, 1)
    (again, places_again), _ = second._drawn(9)
    assert np.array_equal(again, pixels) and np.array_equal(places_again, places)
    (others, _), _ = first._drawn(10)
    assert not np.array_equal(others, pixels)


def test_only_classes_that_may_become_other_characters_are_joined(images, dataset, tmp_path):
    options = dataclasses.replace(OPTIONS, other_characters=True, batches=8)

    def joined(step: int, **more) -> float:
        made = Trainer(SPEC, images, dataclasses.replace(options, **more), tmp_path)
        pixels = made._drawn(step)[0][0]
        return float((pixels[:, 0] != pixels[:, 1]).any(axis=(1, 2, 3)).mean())

    assert joined(0) == 0
    assert joined(10_000) > 0.4 and joined(0, images_before=10_000_000) > 0.4
    alone = Trainer(SPEC, images, OPTIONS, tmp_path)._drawn(0)[0]
    assert alone[0].shape[:2] == alone[1].shape[:2] == (32, 1)
    pairs = Trainer(SPEC, PreparedImages(pairs_of(dataset, 200), SPEC), options, tmp_path)._drawn(0)[0]
    assert pairs[0].shape[1] == pairs[1].shape[1] == 1


def test_a_step_of_several_batches_learns_from_each_what_it_would_from_it_alone(images, tmp_path):
    options = dataclasses.replace(OPTIONS, batches=3, other_characters=True)
    trainer = Trainer(SPEC, images, options, tmp_path)
    (pixels, places), labels = trainer._drawn(0)
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
    trainer.run(nothing, ignore)
    assert (trainer.step, trainer.images_seen) == (60, 60 * 96)


def test_the_characters_of_a_batch_are_changed_alike_and_those_of_another_otherwise(
    images, tmp_path, monkeypatch
):
    monkeypatch.setitem(CHANGES, "ink", lambda rng, count: unchanged(count))
    options = dataclasses.replace(OPTIONS, batches=2, other_characters=True)
    spec = dataclasses.replace(SPEC, preparation="ink")
    (_, places), _ = Trainer(spec, images, options, tmp_path)._drawn(0)
    assert (places[:32] == places[0]).all() and (places[32:] == places[32]).all()
    assert not np.allclose(places[0], places[32])


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
    trainer.run(nothing, lambda *line: seen.append([each.numpy() for each in trainer._weights()]))
    share = np.diff(np.arange(len(seen) + 1.0) ** (POWER + 1)) / len(seen) ** (POWER + 1)
    mean = [np.tensordot(share, np.stack(values), axes=1) for values in zip(*seen, strict=True)]
    for found, expected in zip(trainer._weights(), mean, strict=True):
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4, atol=1e-6)
    assert not same([each.numpy() for each in trainer._weights()], seen[-1])


def test_validation_judges_the_mean_and_training_goes_on_from_the_weights(images, tmp_path):
    judged, seen = [], []

    def judge(trainer: Trainer) -> dict:
        judged.append([each.numpy() for each in trainer._weights()])
        return {"one_shot": 0.5}

    def watch(*line) -> None:
        seen.append([each.numpy() for each in trainer._weights()])

    trainer = Trainer(SPEC, images, dataclasses.replace(SHORT, steps=9, interval_minutes=0), tmp_path / "a")
    trainer.run(judge, watch)
    plain = Trainer(SPEC, images, dataclasses.replace(SHORT, steps=9), tmp_path / "b")
    undisturbed = []
    plain.run(nothing, lambda *line: undisturbed.append([each.numpy() for each in plain._weights()]))
    assert all(same(a, b) for a, b in zip(seen, undisturbed, strict=True))
    assert same(judged[-1], [each.numpy() for each in trainer._weights()])


def test_embeddings_do_not_depend_on_the_batches(images):
    keras.utils.set_random_seed(0)
    encoder = SPEC.build(SPEC.size)
    together = embed_pixels(encoder, images.pixels[:10])
    assert together.shape == (10, 128)
    assert together.dtype == np.float32
    assert embed_pixels(encoder, images.pixels[:10], batch_size=3) == pytest.approx(together, abs=1e-5)


def test_one_shot_accuracy_agrees_with_a_naive_loop(images, episodes, whole_run):
    def embed(index: int) -> np.ndarray:
        return whole_run.network.encoder(images.pixels[[index]].astype("float32"), training=False)[0].numpy()

    hits = 0
    for episode in episodes[:15]:
        query = embed(episode.query)
        distances = [np.linalg.norm(query - embed(index)) for index in episode.support[:, 0]]
        hits += int(np.argmin(distances)) == episode.target
    assert one_shot_accuracy(whole_run, images, episodes[:15]) == hits / 15
