"""A run is resumed with the images and the checkpoint that it was begun with, and with no others."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helpers.samples import write_class_folders
from helpers.training_runs import one_layer
from siamese_core.atomic import replace_file
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.data.datasets import load_dataset
from siamese_core.errors import UserError
from siamese_core.networks import encoders
from siamese_core.training import measured_checkpoint, validation
from siamese_core.training.options import TrainingRequest
from siamese_core.training.runs import train_checkpoint
from siamese_core.training.state import STATE_FILE, read_header


@pytest.fixture(scope="module", autouse=True)
def small():
    """One layer and few trials."""
    spec = replace(encoders.encoder_spec("small_cnn"), size=36, build=one_layer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(encoders.ENCODERS, "small_cnn", spec)
        patch.setattr(validation, "INTERVAL_TRIALS", 20)
        patch.setattr(measured_checkpoint, "FINAL_TRIALS", 50)
        patch.setattr(validation, "PAIRS", 300)
        yield


def silent(share: float, text: str) -> None:
    """Nobody listens."""


def drawn(folder: Path, seed: int, name: str) -> Path:
    """One alphabet of six characters by four hands, called `name`."""
    made = write_class_folders(folder, np.random.default_rng(seed), 1, 6, 4)
    (made / "Alphabet_1").rename(made / name)
    return made


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> dict[str, Path]:
    """Two sets to train on, two to validate on, in folders of one name: only the content differs."""
    names = {"first": "Alphabet_1", "second": "Alphabet_1", "unseen": "Alphabet_9", "other": "Alphabet_9"}
    folders = tmp_path_factory.mktemp("data")
    return {key: drawn(folders / key / "set", seed, name) for seed, (key, name) in enumerate(names.items())}


@pytest.fixture(scope="module")
def begun(data, tmp_path_factory) -> tuple[TrainingRequest, CheckpointStore]:
    """The request of a run of which only the state is left. Change nothing."""
    folder = tmp_path_factory.mktemp("begun")
    store = CheckpointStore(folder / "workspace", folder / "nothing shipped")
    start = TrainingRequest("small_cnn", (data["first"],), data["unseen"], steps=1, out=folder / "start")
    made = train_checkpoint(start, store, silent)
    asked = replace(start, out=folder / "run", start=made.folder, steps=2)
    train_checkpoint(asked, store, silent)
    return asked, store


@pytest.fixture
def cut_off(begun, tmp_path) -> tuple[TrainingRequest, CheckpointStore]:
    """A run to resume, in a folder of the test's own."""
    asked, store = begun
    shutil.copytree(asked.out.with_name("run.run"), tmp_path / "out.run")
    return replace(asked, out=tmp_path / "out", resume=True, steps=3), store


def write_header(file: Path, header: dict) -> None:
    with np.load(file) as state:
        arrays = dict(state)
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), "uint8")
    with file.open("wb") as stream:
        np.savez(stream, **arrays)


def refused(asked: TrainingRequest, store: CheckpointStore) -> str:
    """The error, which comes before anything is prepared or trained."""
    before = {file.name: file.read_bytes() for file in asked.out.with_name("out.run").iterdir()}
    with pytest.raises(UserError) as error:
        train_checkpoint(asked, store, lambda share, text: pytest.fail(text))
    assert {file.name: file.read_bytes() for file in asked.out.with_name("out.run").iterdir()} == before
    assert not asked.out.exists()
    return str(error.value)


def test_the_same_images_go_on_wherever_they_lie_now(cut_off, data, tmp_path):
    asked, store = cut_off
    moved = tuple(Path(shutil.copytree(path, tmp_path / "moved" / "set")) for path in asked.data)
    made = train_checkpoint(replace(asked, data=moved), store, silent)
    assert made.training.steps == 3 and not made.note and "note" not in made.json()


@pytest.mark.parametrize(
    ("change", "option"),
    [
        ({"data": "second"}, "--data"),
        ({"validation": "other"}, "--validation"),
        ({"data": "second", "validation": "other"}, "--data, --validation"),
    ],
)
def test_other_images_are_refused(cut_off, data, change, option):
    asked, store = cut_off
    given = {key: (data[name],) if key == "data" else data[name] for key, name in change.items()}
    words = refused(replace(asked, **given), store)
    assert f"Received: other content in {option} than the run of" in words and "leave out --resume" in words


def test_an_image_that_was_changed_in_place_is_other_data(cut_off, data, tmp_path):
    asked, store = cut_off
    copy = Path(shutil.copytree(data["first"], tmp_path / "set"))
    first, second, *_ = sorted(copy.rglob("*.png"))
    replace_file(first, second.read_bytes())
    assert "other content in --data" in refused(replace(asked, data=(copy,)), store)


def test_another_checkpoint_to_start_from_is_refused(cut_off, data, tmp_path):
    asked, store = cut_off
    other = replace(asked, resume=False, start=None, steps=1, seed=8, out=tmp_path / "elsewhere")
    start = train_checkpoint(other, store, silent).folder
    assert "other content in --start" in refused(replace(asked, start=start), store)
    # a checkpoint is one to start from, or none is: the count of images before tells that already
    assert "Received: other " in refused(replace(asked, start=None), store)


@pytest.mark.parametrize("change", [{"seed": 4}, {"batches": 2}])
def test_other_options_are_named_before_the_images(cut_off, change):
    asked, store = cut_off
    words = refused(replace(asked, **change), store)
    assert "options it began with" in words and next(iter(change)) in words


def test_a_state_says_what_it_was_made_from(cut_off, data):
    made_from = read_header(cut_off[0].out.with_name("out.run") / STATE_FILE)["made_from"]
    assert made_from["data"] == load_dataset([data["first"]]).fingerprint()
    assert made_from["validation"] == load_dataset([data["unseen"]]).fingerprint()
    assert made_from["start"].startswith("small_cnn-")


def test_a_state_of_an_earlier_version_goes_on_with_a_word(cut_off):
    asked, store = cut_off
    file = asked.out.with_name("out.run") / STATE_FILE
    header = read_header(file)
    del header["made_from"]
    write_header(file, header)
    made = train_checkpoint(asked, store, silent)
    assert made.training.steps == 3
    assert "could not be checked in full" in made.json()["note"]
    assert "made_from" in read_header(file)  # from now on it can


@pytest.mark.parametrize("side", ["data", "validation"])
def test_a_state_of_an_earlier_version_is_compared_by_the_images_kept_beside_it(cut_off, data, side):
    asked, store = cut_off
    file = asked.out.with_name("out.run") / STATE_FILE
    header = read_header(file)
    del header["made_from"]
    write_header(file, header)
    other = {"data": {"data": (data["second"],)}, "validation": {"validation": data["other"]}}
    assert f"other content in --{side} than" in refused(replace(asked, **other[side]), store)
