"""Saving and loading: what comes back, what is refused and why."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from helpers.paths import ROOT
from helpers.small_checkpoints import SIZE, small_checkpoint
from siamese_core.atomic import unsealed
from siamese_core.checkpoints.card import CARD_FILE, CheckpointCard, base_card, read_card, write_card
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import HEAD_FILE, LIBRARIES, load_checkpoint, save_checkpoint
from siamese_core.checkpoints.encoder_files import ENCODER_FILE, UPDATE_FILE
from siamese_core.errors import UserError
from siamese_core.metrics import Calibration
from siamese_core.networks.encoders import SLOTS
from siamese_core.networks.heads import make_head


def noise(count: int, side: int = 40) -> list[np.ndarray]:
    rng = np.random.default_rng(count)
    return list(rng.integers(0, 256, (count, side, side, 3), dtype=np.uint8))


@pytest.fixture(scope="module")
def original() -> Checkpoint:
    return small_checkpoint()


@pytest.fixture(scope="module")
def kept(original, tmp_path_factory) -> Path:
    """A saved checkpoint that no test changes."""
    folder = tmp_path_factory.mktemp("kept") / "checkpoint"
    save_checkpoint(original, folder, quantise=True)
    return folder


@pytest.fixture
def folder(kept, tmp_path) -> Path:
    """A saved checkpoint to damage."""
    return Path(shutil.copytree(kept, tmp_path / "checkpoint"))


def change_card(folder: Path, **entries) -> None:
    """Write entries into the file, whether a card may have them or not."""
    card = unsealed((folder / CARD_FILE).read_bytes())
    (folder / CARD_FILE).write_text(json.dumps(card | entries))


# What a checkpoint does


def test_any_network_and_head_make_a_checkpoint():
    keras.utils.set_random_seed(1)
    encoder = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(5)])
    card = CheckpointCard("mine", "cosine", size=8, channels=1, preparation="plain")
    checkpoint = Checkpoint("", "mine", encoder, make_head("cosine"), Calibration(2.0, -1.0), 0.5, card)
    images = noise(3)
    assert checkpoint.prepare(images[0]).shape == (8, 8, 1)
    embeddings = checkpoint.embed(images)
    assert embeddings.shape == (3, 5) and embeddings.dtype == np.float32
    logits = checkpoint.pairwise_logits(embeddings[:2], embeddings)
    assert logits.shape == (2, 3)
    np.testing.assert_allclose(checkpoint.logits(embeddings[:2], embeddings[:2]), [1, 1], rtol=1e-5)
    np.testing.assert_allclose(checkpoint.similarity(logits), 1 / (1 + np.exp(1 - 2 * logits)), rtol=1e-5)


@pytest.mark.parametrize("head", ["weighted_l1", "euclidean", "cosine"])
def test_pairwise_logits_are_those_of_the_pairs(head):
    keras.utils.set_random_seed(2)
    checkpoint = Checkpoint("", "mine", None, make_head(head), Calibration(1.0, 0.0), 0.5, base_card("koch"))
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(4, 6)), rng.normal(size=(5, 6))
    table = checkpoint.pairwise_logits(left, right) if head != "weighted_l1" else None
    one_by_one = [[checkpoint.logits(a[None], b[None])[0] for b in right] for a in left]
    table = checkpoint.pairwise_logits(left, right) if table is None else table
    np.testing.assert_allclose(table, one_by_one, rtol=1e-5, atol=1e-6)


def test_embedding_does_not_depend_on_the_batches(original):
    images = noise(7)
    whole = original.embed(images)
    np.testing.assert_allclose(original.embed(images, batch_size=3), whole, rtol=1e-4, atol=1e-6)
    one_by_one = np.concatenate([original.embed([image]) for image in images])
    np.testing.assert_allclose(one_by_one, whole, rtol=1e-4, atol=1e-6)


def test_no_images_give_no_embeddings(original):
    assert original.embed([]).shape == (0, 128)


# Saving and loading


def test_a_checkpoint_stored_as_floats_comes_back_exactly(original, tmp_path):
    save_checkpoint(original, tmp_path / "floats", quantise=False)
    loaded = load_checkpoint(tmp_path / "floats")
    for before, after in zip(original.encoder.weights, loaded.encoder.weights, strict=True):
        np.testing.assert_array_equal(before.numpy(), after.numpy())
    assert loaded.calibration == original.calibration and loaded.threshold == original.threshold
    assert read_card(tmp_path / "floats").storage["bits"] == [32]


def test_saving_gives_back_what_loading_gives(original, tmp_path):
    saved = save_checkpoint(original, tmp_path / "saved", quantise=True)
    loaded = load_checkpoint(tmp_path / "saved")
    assert saved.id == loaded.id and saved.card == loaded.card
    np.testing.assert_array_equal(saved.embed(noise(4)), loaded.embed(noise(4)))


def test_quantising_shrinks_the_file_and_hardly_moves_the_embeddings(original, kept, tmp_path):
    save_checkpoint(original, tmp_path / "floats", quantise=False)
    small, large = (file.stat().st_size for file in (kept / ENCODER_FILE, tmp_path / "floats" / ENCODER_FILE))
    assert small < 0.3 * large
    exact, stored = original.embed(noise(8)), load_checkpoint(kept).embed(noise(8))
    assert not np.array_equal(exact, stored)
    assert np.linalg.norm(stored - exact) < 0.02 * np.linalg.norm(exact)


def test_saving_leaves_the_network_that_is_trained_alone(original, tmp_path):
    before = original.encoder.get_weights()
    save_checkpoint(original, tmp_path / "saved", quantise=True)
    assert original.id == "" and original.card.canary is None
    for old, new in zip(before, original.encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_card_says_what_the_checkpoint_is(tmp_path):
    checkpoint = small_checkpoint(3)
    checkpoint.note(data={"name": "drawings", "hash": "ab"}, seed=3, steps=0)
    checkpoint.threshold = 0.0
    saved = save_checkpoint(checkpoint, tmp_path / "saved", quantise=True)
    card = json.loads((tmp_path / "saved" / CARD_FILE).read_text())
    assert card["id"] == saved.id and saved.id.startswith("small_cnn-") and len(saved.id) == 10 + 12
    assert card["encoder"] == "small_cnn" and card["head"] == "euclidean" and card["size"] == SIZE
    assert card["calibration"] == {
        "slope": checkpoint.calibration.slope,
        "intercept": checkpoint.calibration.intercept,
    }
    assert card["threshold"] == 0.0 and load_checkpoint(tmp_path / "saved").threshold == 0.0
    assert set(card["libraries"]) == set(LIBRARIES)
    assert card["data"] == {"name": "drawings", "hash": "ab"}
    assert (card["parent"], card["seed"], card["steps"]) == (None, 3, 0)
    assert len(card["canary"]["images"]) == 4 and len(card["canary"]["similarities"]) == 6


def test_the_id_is_that_of_the_contents(original, kept, tmp_path):
    again = save_checkpoint(original, tmp_path / "again", quantise=True)
    assert again.id == read_card(kept).id
    other_weights = save_checkpoint(small_checkpoint(5), tmp_path / "weights", quantise=True)
    calibrated = Checkpoint(**vars(original) | {"calibration": Calibration(1.0, 0.5)})
    stricter = Checkpoint(**vars(original) | {"threshold": 0.6})
    others = [
        save_checkpoint(each, tmp_path / f"{index}", quantise=True).id
        for index, each in enumerate((calibrated, stricter))
    ]
    assert len({again.id, other_weights.id, *others}) == 4


def test_a_checkpoint_is_never_overwritten(original, folder):
    before = (folder / CARD_FILE).read_bytes()
    with pytest.raises(UserError, match="never overwritten"):
        save_checkpoint(original, folder, quantise=True)
    assert (folder / CARD_FILE).read_bytes() == before


def test_a_spoilt_network_is_not_saved_and_leaves_nothing(tmp_path):
    checkpoint = small_checkpoint()
    spoilt = checkpoint.encoder.get_weights()
    spoilt[0][0] = np.nan
    checkpoint.encoder.set_weights(spoilt)
    with pytest.raises(UserError, match="diverged"):
        save_checkpoint(checkpoint, tmp_path / "store" / "saved", quantise=True)
    assert list((tmp_path / "store").iterdir()) == []


def test_a_candidate_can_share_its_parents_encoder(kept, tmp_path):
    parent = load_checkpoint(kept)
    candidate = Checkpoint(**vars(parent) | {"calibration": Calibration(9.0, 1.0)})
    saved = save_checkpoint(candidate, tmp_path / "new", quantise=True, encoder_of=kept)
    assert (tmp_path / "new" / ENCODER_FILE).samefile(kept / ENCODER_FILE)
    assert saved.id != parent.id
    loaded = load_checkpoint(tmp_path / "new")
    assert loaded.calibration == Calibration(9.0, 1.0)
    np.testing.assert_array_equal(loaded.embed(noise(2)), parent.embed(noise(2)))


def test_an_update_is_part_of_a_checkpoint_and_is_missed(original, kept, tmp_path):
    other = small_checkpoint(seed=7)
    saved = save_checkpoint(other, tmp_path / "new", quantise=True, update_of=kept)
    loaded = load_checkpoint(tmp_path / "new")
    assert loaded.id == saved.id != load_checkpoint(kept).id
    exact, stored = other.embed(noise(8)), loaded.embed(noise(8))
    assert np.linalg.norm(stored - exact) < 0.02 * np.linalg.norm(exact)
    size = sum(file.stat().st_size for file in (tmp_path / "new").glob("*.npz"))
    assert saved.card.storage["bytes"] == size
    candidate = Checkpoint(**vars(loaded) | {"threshold": 0.3})
    save_checkpoint(candidate, tmp_path / "candidate", quantise=True, encoder_of=tmp_path / "new")
    np.testing.assert_array_equal(load_checkpoint(tmp_path / "candidate").embed(noise(8)), stored)
    (tmp_path / "new" / UPDATE_FILE).unlink()
    with pytest.raises(UserError, match="canary|answers"):
        load_checkpoint(tmp_path / "new")


def test_a_learned_head_travels_with_its_checkpoint(tmp_path):
    checkpoint = small_checkpoint()
    checkpoint.note(head="weighted_l1")
    checkpoint.head = make_head("weighted_l1")
    embeddings = checkpoint.embed(noise(3))
    checkpoint.logits(embeddings, embeddings)
    rng = np.random.default_rng(0)
    checkpoint.head.set_weights([rng.normal(size=128), np.array(0.7)])
    checkpoint.calibration = Calibration(1.0, 0.0)
    save_checkpoint(checkpoint, tmp_path / "saved", quantise=False)
    loaded = load_checkpoint(tmp_path / "saved")
    np.testing.assert_allclose(
        loaded.pairwise_logits(embeddings, embeddings), checkpoint.pairwise_logits(embeddings, embeddings)
    )


def test_an_entry_can_be_added_to_a_card_later(folder):
    metrics = {"accuracy": np.float32(0.5), "ci95": np.array([0.25, 0.75])}
    write_card(folder, replace(read_card(folder), metrics=metrics))
    assert load_checkpoint(folder).card.metrics == {"accuracy": 0.5, "ci95": [0.25, 0.75]}


# Refusals


@pytest.mark.parametrize("name", [CARD_FILE, ENCODER_FILE, HEAD_FILE])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(UserError, match=f"{name}.*(?s:.*)train it anew"):
        load_checkpoint(folder)


@pytest.mark.parametrize("name", [CARD_FILE, ENCODER_FILE, HEAD_FILE])
def test_a_file_cut_short_is_named(folder, name):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match=name):
        load_checkpoint(folder)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b'"card"', b"{}", b"\xff"])
def test_a_card_that_is_none_is_refused(folder, content):
    (folder / CARD_FILE).write_bytes(content)
    with pytest.raises(UserError, match=CARD_FILE):
        load_checkpoint(folder)


def test_a_folder_without_a_card_is_told_in_words(tmp_path):
    with pytest.raises(UserError, match=r"nowhere \(No such file or directory\)"):
        load_checkpoint(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "entry",
    [
        {"calibration": 3},
        {"canary": []},
        {"calibration": {"slope": 1.0}},
        {"size": "large"},
        {"threshold": "high"},
        {"libraries": None},
    ],
)
def test_a_card_with_an_entry_of_another_kind_is_refused(folder, entry):
    change_card(folder, **entry)
    with pytest.raises(UserError, match=CARD_FILE):
        load_checkpoint(folder)


def test_an_encoder_that_the_project_does_not_know_is_refused_with_the_choices(folder):
    change_card(folder, encoder="transformer")
    with pytest.raises(UserError, match="koch.*resnet50"):
        load_checkpoint(folder)


def test_weights_of_another_architecture_are_refused(folder, tmp_path):
    save_checkpoint(small_checkpoint(size=112), tmp_path / "larger", quantise=True)
    shutil.copyfile(tmp_path / "larger" / ENCODER_FILE, folder / ENCODER_FILE)
    with pytest.raises(UserError, match=f"{ENCODER_FILE}.*another version of the network"):
        load_checkpoint(folder)


def test_weights_that_answer_otherwise_are_refused(folder, tmp_path):
    save_checkpoint(small_checkpoint(9), tmp_path / "other", quantise=True)
    shutil.copyfile(tmp_path / "other" / ENCODER_FILE, folder / ENCODER_FILE)
    with pytest.raises(UserError, match="canary.*weights are damaged"):
        load_checkpoint(folder)
    change_card(folder, libraries=read_card(folder).libraries | {"keras": "2.0"})
    with pytest.raises(UserError, match="library changed: keras 2.0 is now 3"):
        load_checkpoint(folder)


def test_another_preprocessing_is_refused_and_named(folder):
    change_card(folder, preparation="ink")
    with pytest.raises(UserError, match="preprocessing changed"):
        load_checkpoint(folder)


def test_a_slight_drift_is_forgiven(folder):
    card = read_card(folder)
    similarities = [value + 0.01 for value in card.canary["similarities"]]
    change_card(folder, canary=card.canary | {"similarities": similarities}, libraries={"keras": "2.0"})
    assert load_checkpoint(folder).id == card.id


# Cost


def test_what_is_shipped_is_small_enough():
    sizes = [
        sum(file.stat().st_size for file in (ROOT / "assets" / "checkpoints" / slot).iterdir())
        for slot in SLOTS
    ]
    assert max(sizes) < 40e6 and sum(sizes) < 56e6


def test_nothing_up_to_the_workbench_imports_tensorflow_before_it_is_needed():
    code = "import sys, siamese_core.workspace.workbench\n"
    code += "print(*(n in sys.modules for n in ('tensorflow', 'keras')))"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "False"]
