"""ResNet50 with weights from elsewhere, as a checkpoint for photographs."""

import keras
import numpy as np
import pytest

from siamese_core import imagenet
from siamese_core.checkpoint_store import CheckpointStore
from siamese_core.checkpoints import load_checkpoint
from siamese_core.encoders import prepare
from siamese_core.errors import UserError


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Weights in the layout of the official file; random, as this is about the path they take."""
    keras.utils.set_random_seed(1)
    file = tmp_path_factory.mktemp("imagenet") / "resnet50.weights.h5"
    keras.applications.ResNet50(include_top=False, weights=None).save_weights(file)
    return file


@pytest.fixture
def store(tmp_path):
    return CheckpointStore(tmp_path, tmp_path / "shipped")


def test_its_embeddings_are_those_of_keras_with_its_own_preprocessing(weights, store):
    checkpoint = load_checkpoint(store.folder(imagenet.photo_checkpoint(weights, store)))
    photo = np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype="uint8")
    reference = keras.applications.ResNet50(include_top=False, weights=None, pooling="avg")
    reference.load_weights(weights)
    pixels = prepare(photo, "plain", 224, 3)[None].astype("float32")
    expected = reference.predict_on_batch(keras.applications.resnet.preprocess_input(pixels.copy()))
    np.testing.assert_allclose(checkpoint.embed([photo]), expected, rtol=1e-3, atol=1e-3)


def test_it_is_made_once_and_serves_after_promotion(weights, store):
    first = imagenet.photo_checkpoint(weights, store)
    assert imagenet.photo_checkpoint(weights, store) == first
    assert len(store.list("resnet50")) == 1
    store.promote(first)
    assert store.current_id("resnet50") == first


@pytest.mark.filterwarnings("ignore:Skipping nested container:UserWarning")
def test_a_file_that_holds_no_such_weights_is_refused(tmp_path, store):
    other = tmp_path / "other.weights.h5"
    keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)]).save_weights(other)
    with pytest.raises(UserError, match=r"other\.weights\.h5"):
        imagenet.photo_checkpoint(other, store)
    assert store.list() == []


def test_the_named_file_comes_before_the_cache(tmp_path, monkeypatch):
    named, cached = tmp_path / "named.h5", tmp_path / "cached.h5"
    monkeypatch.setattr(imagenet, "CACHED", cached)
    monkeypatch.delenv(imagenet.VARIABLE, raising=False)
    assert imagenet.find_weights() is None
    cached.touch()
    assert imagenet.find_weights() == cached
    monkeypatch.setenv(imagenet.VARIABLE, str(named))
    with pytest.raises(UserError, match="named.h5"):
        imagenet.find_weights()
    named.touch()
    assert imagenet.find_weights() == named
