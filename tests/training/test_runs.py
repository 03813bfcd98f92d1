"""A whole training run on drawings, with the smallest network and a few steps."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helpers.samples import write_class_folders
from helpers.small_checkpoints import small_checkpoint
from siamese_core.checkpoints.checkpoint_files import load_checkpoint, save_checkpoint
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.data.datasets import load_dataset
from siamese_core.errors import UserError
from siamese_core.networks import encoders
from siamese_core.networks.encoders import encoder_spec
from siamese_core.training import measured_checkpoint, runs, validation
from siamese_core.training.options import TrainingOptions, TrainingRequest
from siamese_core.training.prepared_images import PreparedImages
from siamese_core.training.runs import TrainedCheckpoint, train_checkpoint
from siamese_core.training.trainer import Trainer

STEPS = 20
SIZE = 36


class Killed(Exception):
    """The process ends here."""


def assert_alike(made: TrainedCheckpoint, other: TrainedCheckpoint) -> None:
    """Threads may add in another order: sums may differ in the last bit, a stored weight by a level."""
    for weights, others in zip(
        made.checkpoint.encoder.get_weights(), other.checkpoint.encoder.get_weights(), strict=True
    ):
        np.testing.assert_allclose(weights, others, atol=0.02 * np.abs(others).max() + 1e-6)


@pytest.fixture(scope="module", autouse=True)
def small():
    """Smaller images and fewer trials than in earnest."""
    spec = replace(encoders.encoder_spec("small_cnn"), size=SIZE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(encoders.ENCODERS, "small_cnn", spec)
        patch.setattr(validation, "INTERVAL_TRIALS", 20)
        patch.setattr(measured_checkpoint, "FINAL_TRIALS", 200)
        patch.setattr(validation, "PAIRS", 1000)
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return write_class_folders(tmp_path_factory.mktemp("data") / "drawn", np.random.default_rng(0), 2, 6, 4)


@pytest.fixture(scope="module")
def unseen(tmp_path_factory) -> Path:
    folder = write_class_folders(
        tmp_path_factory.mktemp("unseen") / "other", np.random.default_rng(1), 1, 5, 4
    )
    (folder / "Alphabet_1").rename(folder / "Alphabet_9")
    return folder


@pytest.fixture
def store(workspace) -> CheckpointStore:
    return CheckpointStore(workspace, workspace / "nothing shipped")


def request(data: Path, **more) -> TrainingRequest:
    return TrainingRequest("small_cnn", (data,), steps=STEPS, **more)


def silent(share: float, text: str) -> None:
    """Nobody listens."""


@pytest.fixture(scope="module")
def trained(data, unseen, tmp_path_factory) -> tuple[TrainedCheckpoint, CheckpointStore, list]:
    """A run into a workspace; what it made, where, and what it told meanwhile. Change nothing."""
    store, told = CheckpointStore(tmp_path_factory.mktemp("workspace"), Path("nothing shipped")), []
    made = train_checkpoint(
        request(data, validation=unseen, seed=3), store, lambda *progress: told.append(progress)
    )
    return made, store, told


def weights(checkpoint) -> list[np.ndarray]:
    return checkpoint.encoder.get_weights()


# What a run makes


def test_a_run_makes_a_checkpoint_that_loads(trained):
    made, _, _ = trained
    loaded = load_checkpoint(made.folder)
    assert loaded.id == made.checkpoint.id and loaded.encoder_name == "small_cnn"
    for array, again in zip(weights(made.checkpoint), weights(loaded), strict=True):
        np.testing.assert_array_equal(array, again)


def test_its_card_says_what_it_was_made_of(trained, data, unseen):
    card = load_checkpoint(trained[0].folder).card
    assert (card.seed, card.steps, card.parent, card.size) == (3, STEPS, None, SIZE)
    assert card.trained_on == "handwriting"
    assert card.training_images == STEPS * 12 * 4 and card.training_seconds > 0
    assert card.data == {"images": 48, "classes": 12, "sha256": load_dataset([data]).fingerprint()}
    assert card.validation_data["sha256"] == load_dataset([unseen]).fingerprint()


def test_its_card_says_how_good_it_is_with_counts_and_intervals(trained):
    card = load_checkpoint(trained[0].folder).card
    one_shot, verification = card.metrics["one_shot"], card.metrics["verification"]
    assert one_shot["setting"] == "5-way 1-shot, classes held out" and one_shot["trials"] == 200
    assert verification["pairs"] == 1000 and verification["protocol"].startswith("verification, random pairs")
    for measured in (one_shot, verification):
        low, high = measured["ci95"]
        assert 0 <= low <= measured["accuracy"] <= high <= 1 and low < high
    assert abs(card.metrics["one_shot_lost_by_storing"]) < 0.1


def test_it_is_calibrated_on_the_classes_held_out(trained, unseen):
    checkpoint, dataset = trained[0].checkpoint, load_dataset([unseen])
    embedded = checkpoint.embed([dataset.image(index) for index in range(len(dataset))])
    left, right = np.triu_indices(len(dataset), 1)
    same = dataset.labels[left] == dataset.labels[right]
    similarity = checkpoint.similarity(checkpoint.logits(embedded[left], embedded[right]))
    assert 0 < checkpoint.threshold < 1
    assert similarity[same].mean() > similarity[~same].mean() + 0.1


def test_the_answer_is_the_contracts(trained):
    made, _, _ = trained
    told = made.json()
    assert set(told) == {"checkpoint", "folder", "steps", "images", "seconds", "validation"}
    assert (told["checkpoint"], told["steps"], told["images"]) == (made.checkpoint.id, STEPS, STEPS * 48)
    assert told["validation"] == load_checkpoint(made.folder).card.metrics


def test_progress_tells_each_step_and_the_measuring(trained):
    texts = [text for _, text in trained[2]]
    assert sum(text.startswith("step ") for text in texts) == STEPS
    assert texts[-1] == "measuring on held-out classes"


# Where it goes


def test_the_first_checkpoint_of_an_encoder_serves_and_the_next_one_waits(trained, data, unseen):
    first, store, _ = trained
    assert store.current_id("small_cnn") == first.checkpoint.id
    second = train_checkpoint(replace(request(data, validation=unseen), steps=1), store, silent)
    assert second.checkpoint.id in {info.id for info in store.list("small_cnn")}
    assert store.current_id("small_cnn") == first.checkpoint.id


def test_a_folder_that_is_taken_is_told_before_anything_is_read(store, tmp_path):
    with pytest.raises(UserError, match="never overwritten.*Name another"):
        train_checkpoint(request(tmp_path / "no data", out=tmp_path), store, silent)


# What it cannot be trained on


def told_of(store: CheckpointStore, asked: TrainingRequest) -> str:
    """The error, which comes before any step."""
    with pytest.raises(UserError) as error:
        train_checkpoint(asked, store, lambda share, text: pytest.fail(text) if "step" in text else None)
    return str(error.value)


@pytest.mark.parametrize("change", [{"steps": 0}, {"steps": None}, {"encoder": "vgg"}, {"resume": True}])
def test_a_request_that_makes_no_sense_is_told(store, data, change):
    assert "Received: " in told_of(store, replace(request(data), **change))


# Lists of pairs


def pair_list(data: Path, file: Path) -> Path:
    names = [path.relative_to(data.parent) for path in sorted(data.rglob("*.png"))]
    same = [f"{first},{second},1" for first, second in zip(names[::2], names[1::2], strict=True)]
    different = [f"{first},{second},0" for first, second in zip(names[:-4], names[4:], strict=True)]
    file.write_text("\n".join(["left,right,same", *same, *different]))
    return file


def test_a_list_of_pairs_trains_with_class_folders_to_calibrate_on(store, data, unseen, tmp_path):
    pairs = pair_list(data, data.parent / "pairs.csv")
    asked = replace(request(pairs, validation=unseen, out=tmp_path / "out"), steps=2)
    card = train_checkpoint(asked, store, silent).checkpoint.card
    assert card.data["images"] == 48 and card.data["pairs"] == 24 + 44


# Cut off and taken up again


def test_a_killed_run_that_is_resumed_gives_the_checkpoint_of_an_uninterrupted_one(
    trained, store, data, unseen, tmp_path
):
    asked = request(data, validation=unseen, seed=3, out=tmp_path / "cut", interval_minutes=0)

    def die(share: float, text: str) -> None:
        if text.startswith("step 12,"):
            raise Killed

    with pytest.raises(Killed):
        train_checkpoint(asked, store, die)
    assert not (tmp_path / "cut").exists() and (tmp_path / "cut.run" / "state.npz").exists()
    steps = []
    made = train_checkpoint(
        replace(asked, resume=True), store, lambda share, text: steps.append(text.split(",")[0])
    )
    assert steps[0] == "step 12" and made.training.steps == STEPS
    assert_alike(made, trained[0])
    assert made.folder == tmp_path / "cut" and store.list() == []


def test_patience_ends_a_run_that_does_not_get_better(store, data, unseen, tmp_path):
    asked = request(data, validation=unseen, out=tmp_path / "out", interval_minutes=0, patience=1)
    made = train_checkpoint(replace(asked, steps=200), store, silent)
    assert made.training.steps < 200
    assert made.checkpoint.card.steps == made.training.best_step < made.training.steps


def test_a_run_goes_on_from_a_checkpoint_and_stores_what_is_new_beside_it(
    trained, store, data, unseen, tmp_path
):
    start, out = trained[0].folder, tmp_path / "new"
    made = train_checkpoint(
        request(data, validation=unseen, out=out, start=start, update=True), store, silent
    )
    assert (out / "encoder.npz").samefile(start / "encoder.npz") and (out / "update.npz").exists()
    loaded = load_checkpoint(out)
    assert loaded.id == made.checkpoint.id != trained[0].checkpoint.id == loaded.card.parent
    assert loaded.card.images_before == trained[0].training.images == loaded.card.training_images
    assert any((a != b).any() for a, b in zip(weights(loaded), weights(load_checkpoint(start)), strict=True))
    with pytest.raises(UserError, match="--update without --start"):
        train_checkpoint(request(data, validation=unseen, out=tmp_path / "other", update=True), store, silent)


def test_a_step_of_several_batches_is_taken_at_a_higher_rate(data):
    asked = request(data, batches=4)
    assert runs.run_options(asked, encoder_spec("small_cnn")).learning_rate == pytest.approx(6e-4)


def test_what_trained_in_half_precision_serves_in_full(store, data, unseen, tmp_path, monkeypatch):
    """As where there is a GPU: the network that trains computes in bfloat16, the checkpoint does not."""
    monkeypatch.setattr("keras.distribution.list_devices", lambda: ["gpu:0"])
    kinds = []

    def watch(network, **rest):
        kinds.append(network.encoder.layers[1].compute_dtype)
        return 0.5

    monkeypatch.setattr(runs, "one_shot_accuracy", watch)
    made = train_checkpoint(request(data, validation=unseen, out=tmp_path / "new"), store, silent)
    assert set(kinds) == {"bfloat16"}
    assert {layer.compute_dtype for layer in made.checkpoint.encoder.layers} == {"float32"}
    assert made.validation["one_shot"]["accuracy"] > 0.5


def test_a_run_starts_with_the_weights_of_the_checkpoint(trained, data, tmp_path):
    spec, first = encoder_spec("small_cnn"), trained[0].checkpoint
    images = PreparedImages(load_dataset([data]), spec)
    trainer = Trainer(spec, images, TrainingOptions(steps=1), tmp_path)
    trainer.start_from(first.encoder, first.head)
    for mine, given in zip(weights(trainer.network), weights(first), strict=True):
        np.testing.assert_array_equal(mine, given)


def test_a_run_does_not_go_on_from_another_network(store, data, unseen, tmp_path):
    save_checkpoint(small_checkpoint(0, "face_cnn"), tmp_path / "faces", quantise=True)
    asked = request(data, validation=unseen, out=tmp_path / "out", start=tmp_path / "faces")
    with pytest.raises(UserError, match="same network. Received: face_cnn-"):
        train_checkpoint(asked, store, silent)
