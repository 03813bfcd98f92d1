"""Runs that are cut off and taken up again: they give what an uninterrupted run gives."""

import dataclasses
import shutil

import pytest

from helpers.training_runs import (
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
from siamese_core.errors import UserError
from siamese_core.networks.encoders import encoder_spec
from siamese_core.training.prepared_images import PreparedImages
from siamese_core.training.trainer import Trainer


def test_a_run_that_was_killed_and_resumed_gives_the_same_weights(images, whole_run, tmp_path):
    for step in (3, 7):
        trainer = Trainer(SPEC, images, SHORT, tmp_path)
        assert trainer.resume() == (step == 7)
        kill_at(trainer, step)
    trainer = Trainer(SPEC, images, SHORT, tmp_path)
    assert trainer.resume()
    assert trainer.step == 7
    trainer.run(no_metrics, ignore)
    assert trainer.step == 10
    assert same(weights(trainer), weights(whole_run))


def test_a_kill_between_two_intervals_loses_no_more_than_the_last_save(
    images, whole_run, tmp_path, monkeypatch
):
    monkeypatch.setattr("siamese_core.training.trainer.SAVE_SECONDS", 0.0)
    monkeypatch.setattr("siamese_core.training.trainer.SAVE_SHARE", 1e9)
    kill_at(Trainer(SPEC, images, SHORT, tmp_path), 5, save=False)
    trainer = Trainer(SPEC, images, SHORT, tmp_path)
    assert trainer.resume() and trainer.step == 4  # that of step 5 was not written yet
    trainer.run(no_metrics, ignore)
    assert same(weights(trainer), weights(whole_run))
    assert [line["step"] for line in lines(tmp_path)] == ["10"]


def test_a_kill_while_saving_leaves_the_state_before(images, whole_run, tmp_path):
    kill_at(Trainer(SPEC, images, SHORT, tmp_path), 4)
    content = (tmp_path / "state.npz").read_bytes()
    (tmp_path / ".state.npz.0123").write_bytes(content[: len(content) // 2])
    trainer = Trainer(SPEC, images, SHORT, tmp_path)
    assert trainer.resume()
    assert trainer.step == 4
    trainer.run(no_metrics, ignore)
    assert same(weights(trainer), weights(whole_run))
    assert not (tmp_path / ".state.npz.0123").exists()


def test_intervals_write_metrics_once_even_after_a_kill(images, tmp_path):
    options = dataclasses.replace(OPTIONS, steps=6, interval_minutes=0)
    trainer = Trainer(SPEC, images, options, tmp_path)
    kill_at(trainer, 3, save=False)
    assert [line["step"] for line in lines(tmp_path)] == ["1", "2"]
    trainer.metrics.append({"step": 3, "images": 0, "seconds": 0, "loss": 0})
    trainer = Trainer(SPEC, images, options, tmp_path)
    assert trainer.resume()
    trainer.run(no_metrics, ignore)
    assert [line["step"] for line in lines(tmp_path)] == ["1", "2", "3", "4", "5", "6"]


def test_a_finished_run_is_not_trained_further(images, whole_run):
    trainer = Trainer(SPEC, images, SHORT, whole_run.folder)
    assert trainer.resume()
    assert trainer.run(no_metrics, ignore).steps == 10
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


def test_a_run_is_resumed_with_its_own_options_only(images, whole_run):
    other = dataclasses.replace(SHORT, seed=3, learning_rate=1e-4)
    trainer = Trainer(SPEC, images, other, whole_run.folder)
    with pytest.raises(UserError, match="options it began with. Received: other seed, learning_rate."):
        trainer.resume()
    assert trainer.step == 0


def test_a_run_may_be_resumed_for_longer(images, whole_run, tmp_path):
    shutil.copytree(whole_run.folder, tmp_path / "longer")
    trainer = Trainer(SPEC, images, dataclasses.replace(SHORT, steps=12), tmp_path / "longer")
    assert trainer.resume()
    assert trainer.run(no_metrics, ignore).steps == 12


def test_another_network_cannot_take_up_a_state(dataset, whole_run):
    larger = dataclasses.replace(SPEC, size=84)
    trainer = Trainer(larger, PreparedImages(dataset, larger), SHORT, whole_run.folder)
    with pytest.raises(UserError, match="fit the network"):
        trainer.resume()
    faces = dataclasses.replace(encoder_spec("face_cnn"), size=36)
    trainer = Trainer(faces, PreparedImages(dataset, faces), SHORT, whole_run.folder)
    with pytest.raises(UserError, match="Received: other encoder"):
        trainer.resume()


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


def test_a_run_on_pairs_resumes_exactly(dataset, tmp_path):
    listed = PreparedImages(pairs_of(dataset, 40), SPEC)
    options = dataclasses.replace(OPTIONS, steps=6)
    whole = run(listed, tmp_path / "whole", options)
    kill_at(Trainer(SPEC, listed, options, tmp_path / "parts"), 4)
    trainer = Trainer(SPEC, listed, options, tmp_path / "parts")
    assert trainer.resume()
    trainer.run(no_metrics, ignore)
    assert same(weights(trainer), weights(whole))


def test_the_best_of_an_earlier_run_is_not_this_one_s(images, tmp_path):
    options = dataclasses.replace(PATIENT, steps=2)
    Trainer(SPEC, images, options, tmp_path).run(scripted([0.9, 0.9]), ignore)
    result = Trainer(SPEC, images, options, tmp_path).run(scripted([0.1, 0.2]), ignore)
    assert result.best_step == 2
