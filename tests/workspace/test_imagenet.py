"""ResNet50 with weights from elsewhere, as a checkpoint for photographs."""

import os
import shutil
import socket

import keras
import numpy as np
import pytest

from helpers.samples import photograph
from helpers.small_checkpoints import ship_small
from siamese_core.checkpoints.checkpoint import load_checkpoint
from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.errors import UserError
from siamese_core.networks.architectures import MIDDLE
from siamese_core.networks.preparation import prepare
from siamese_core.workspace import imagenet
from siamese_core.workspace.workbench import Workbench


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Weights in the layout of the official file; random, as this is about the path they take."""
    keras.utils.set_random_seed(1)
    file = tmp_path_factory.mktemp("imagenet") / "resnet50.weights.h5"
    keras.applications.ResNet50(include_top=False, weights=None).save_weights(file)
    return file


@pytest.fixture(scope="module")
def made(weights, tmp_path_factory):
    """A checkpoint of the weights, in its folder."""
    store = CheckpointStore(tmp_path_factory.mktemp("made"))
    return store.folder(imagenet.photo_checkpoint(weights, store))


@pytest.fixture
def home(made, workspace):
    """A workspace where it was made before."""
    shutil.copytree(made, workspace / "checkpoints" / made.name, copy_function=os.link)
    return workspace


def test_its_embeddings_are_two_levels_of_keras_network_for_an_image_and_its_mirror_image(weights, made):
    photo = np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype="uint8")
    network = keras.applications.ResNet50(include_top=False, weights=None)
    network.load_weights(weights)
    levels = keras.Model(network.input, [network.output, network.get_layer("conv5_block1_out").output])
    pixels = prepare(photo, "plain", 224, 3)[None].astype("float32")
    both = np.concatenate([pixels, pixels[:, :, ::-1]])
    last, middle = levels.predict_on_batch(keras.applications.resnet.preprocess_input(both))
    pooled = last.mean(axis=(1, 2)), np.cbrt((middle**3).mean(axis=(1, 2)))
    last, middle = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in pooled)
    expected = np.concatenate([last, MIDDLE * middle], axis=1).mean(axis=0)
    found = load_checkpoint(made).embed([photo])[0]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_it_is_made_once_and_serves_after_promotion(weights, home):
    store = CheckpointStore(home, home.parent / "shipped")
    made = imagenet.photo_checkpoint(weights, store)
    assert [info.id for info in store.list()] == [made]
    store.promote(made)
    assert store.current_id("resnet50", PHOTOGRAPHS) == made


@pytest.mark.filterwarnings("ignore:Skipping nested container:UserWarning")
def test_a_file_that_holds_no_such_weights_is_refused(tmp_path):
    store = CheckpointStore(tmp_path, tmp_path / "shipped")
    other = tmp_path / "other.weights.h5"
    keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)]).save_weights(other)
    with pytest.raises(UserError, match=r"other\.weights\.h5"):
        imagenet.photo_checkpoint(other, store)
    assert store.list() == []


def test_the_named_file_comes_before_the_cache(tmp_path, monkeypatch):
    named, cached = tmp_path / "named.h5", tmp_path / "models" / imagenet.FILE
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    monkeypatch.delenv(imagenet.VARIABLE, raising=False)
    assert imagenet.find_weights() is None
    cached.parent.mkdir()
    cached.touch()
    assert imagenet.find_weights() == cached
    monkeypatch.setenv(imagenet.VARIABLE, str(named))
    with pytest.raises(UserError, match="named.h5"):
        imagenet.find_weights()
    named.touch()
    assert imagenet.find_weights() == named
    monkeypatch.setenv(imagenet.VARIABLE, "none")
    assert imagenet.find_weights() is None and imagenet.switched_off()


def test_a_source_that_cannot_be_reached_is_told_with_what_to_do(monkeypatch):
    with socket.socket() as closed:  # bound, but nobody listens
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setattr(imagenet, "SOURCE", f"http://127.0.0.1:{closed.getsockname()[1]}/weights.h5")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with pytest.raises(UserError, match="download failed .*--resnet50-weights none"):
            imagenet.download_weights()


def test_weights_at_hand_serve_photographs_and_none_leave_all_to_the_shipped_one(weights, home, monkeypatch):
    photos = [photograph(np.random.default_rng(seed)) for seed in (1, 2)]
    bench = Workbench(home, ship_small(home.parent / "shipped", "koch", "resnet50"))
    bench.ready_for(photos, ["resnet50"])  # switched off
    assert bench.compare(*photos, ["resnet50"]).comparisons[0].checkpoint == bench.checkpoints.current_id(
        "resnet50"
    )
    monkeypatch.setenv(imagenet.VARIABLE, str(weights))
    bench.start().join(timeout=120)
    said = bench.compare(*photos, ["resnet50"])
    assert said.comparisons[0].checkpoint == bench.status()["slots"]["resnet50"]["photographs"]
    assert said.json()["results"][0]["why"] == "auto: both images are photographs"
