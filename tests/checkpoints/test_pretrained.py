"""Checkpoints for photographs from files of ImageNet weights."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from helpers.photographs import gradio_photograph, lite_folder
from siamese_core.checkpoints import pretrained
from siamese_core.checkpoints.card import read_card, write_card
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import load_checkpoint, save_checkpoint
from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.checkpoints.pretrained import (
    LITE_SHA256,
    PhotographNetwork,
    newer_for_photographs,
    photograph_checkpoint,
)
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.errors import UserError
from siamese_core.metrics import verdict
from siamese_core.networks.architectures import MIDDLE
from siamese_core.networks.encoders import PRETRAINED, EncoderSpec
from siamese_core.networks.preparation import prepare


@pytest.fixture(scope="module")
def resnet50(tmp_path_factory) -> tuple[keras.Model, Path]:
    """A network and the file of its weights, as the official one; random, as this is about their path."""
    keras.utils.set_random_seed(1)
    file = tmp_path_factory.mktemp("imagenet") / "resnet50.weights.h5"
    network = keras.applications.ResNet50(include_top=False, weights=None)
    network.save_weights(file)
    return network, file


@pytest.fixture
def store(tmp_path) -> CheckpointStore:
    return CheckpointStore(tmp_path, tmp_path / "shipped")


@pytest.fixture
def tiny(monkeypatch, tmp_path) -> Path:
    """A network of a few weights in place of EfficientNet-Lite2 in the first slot; its file of weights."""

    def build(size: int) -> keras.Model:
        return keras.Sequential([keras.Input((size, size, 3)), keras.layers.Flatten(), keras.layers.Dense(2)])

    spec = EncoderSpec("koch", "Tiny", 4, 3, "plain", "cosine", "pairwise", build)
    monkeypatch.setitem(PRETRAINED, "tiny", spec)
    monkeypatch.setitem(PRETRAINED, "former", spec)
    network = PhotographNetwork(
        "tiny", lambda model, file: model.set_weights(list(np.load(file).values())), ("former",)
    )
    monkeypatch.setitem(pretrained.PHOTOGRAPH_NETWORKS, "koch", network)
    recalibrate(monkeypatch, 0.5)
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "tiny.npz", kernel=rng.normal(0, 1, (48, 2)), bias=np.zeros(2))
    return tmp_path / "tiny.npz"


def recalibrate(monkeypatch: pytest.MonkeyPatch, threshold: float) -> None:
    measured = {"slope": 1.0, "intercept": 0.0, "threshold": threshold, "metrics": {}}
    monkeypatch.setattr(PhotographNetwork, "measured", lambda network: measured)


@pytest.fixture(scope="module")
def lite() -> Checkpoint:
    return load_checkpoint(lite_folder())


def test_lite_tells_a_lion_from_a_cheetah_and_finds_two_cheetahs_alike(lite):
    animals = [gradio_photograph(f"{name}.jpg") for name in ("cheetah", "cheetah1", "lion")]
    embeddings = lite.embed(animals)
    alike, lion = lite.similarity(lite.pairwise_logits(embeddings[:1], embeddings[1:]))[0]
    assert verdict(alike, lite.threshold) and not verdict(lion, lite.threshold)
    assert (lite.card.domain, lite.card.weights_sha256) == (PHOTOGRAPHS, LITE_SHA256)


@pytest.mark.soak
def test_resnet50_s_embeddings_are_two_levels_of_keras_network_for_an_image_and_its_mirror_image(
    resnet50, store
):
    network, weights = resnet50
    photo = np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype="uint8")
    levels = keras.Model(network.input, [network.output, network.get_layer("conv5_block1_out").output])
    pixels = prepare(photo, "plain", 224, 3)[None].astype("float32")
    both = np.concatenate([pixels, pixels[:, :, ::-1]])
    last, middle = levels.predict_on_batch(keras.applications.resnet.preprocess_input(both))
    pooled = last.mean(axis=(1, 2)), np.cbrt((middle**3).mean(axis=(1, 2)))
    last, middle = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in pooled)
    expected = np.concatenate([last, MIDDLE * middle], axis=1).mean(axis=0)
    made = photograph_checkpoint("resnet50", weights, store)
    found = load_checkpoint(store.folder(made)).embed([photo])[0]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_a_checkpoint_is_made_once_of_a_file_whatever_the_file_is_called(tiny, store):
    made = photograph_checkpoint("koch", tiny, store)
    folders = sorted(store.own_folder.iterdir())
    renamed = tiny.rename(tiny.with_name("renamed.npz"))
    assert photograph_checkpoint("koch", renamed, store) == made
    assert sorted(store.own_folder.iterdir()) == folders


def test_another_calibration_makes_another_one_that_shares_the_encoder_and_is_offered(
    tiny, store, monkeypatch
):
    former = photograph_checkpoint("koch", tiny, store)
    store.offer(former, "koch")
    assert newer_for_photographs(store, "koch") is None
    recalibrate(monkeypatch, 0.25)
    newer = photograph_checkpoint("koch", tiny, store)
    files = [store.folder(each) / "encoder.npz" for each in (former, newer)]
    assert newer != former and files[0].samefile(files[1])
    assert load_checkpoint(store.folder(newer)).threshold == 0.25
    store.offer(newer, "koch")
    assert store.photographs_id("koch") == former and newer_for_photographs(store, "koch").id == newer
    store.fix("koch", former)
    assert newer_for_photographs(store, "koch") is None  # chosen by a person
    store.fix("koch", None)
    store.promote(newer)
    assert store.photographs_id("koch") == newer and newer_for_photographs(store, "koch") is None


@pytest.mark.parametrize(
    ("entries", "gives_way"),
    [
        ({"network": "former"}, True),  # of an earlier version
        ({"network": "former", "parent": "koch-000000000000"}, True),  # retrained from one
        ({"network": "tiny", "parent": "koch-000000000000"}, False),  # retrained from today's
        ({"network": "mine"}, False),
    ],
)
def test_a_newer_one_is_offered_in_place_of_an_earlier_version_s(tiny, store, entries, gives_way):
    made = photograph_checkpoint("koch", tiny, store)
    folder = store.new_folder("koch")
    save_checkpoint(load_checkpoint(store.folder(made)), folder, quantise=False)
    serving = replace(read_card(folder), id="koch-0123456789ab", created_at="2026-01-01T00:00", **entries)
    write_card(folder, serving)
    store.offer(serving.id, "koch")
    found = newer_for_photographs(store, "koch")
    assert (found and found.id) == (made if gives_way else None)


@pytest.mark.filterwarnings("ignore:Skipping nested container:UserWarning")
def test_a_file_that_holds_no_such_weights_is_refused(store, tmp_path):
    other = tmp_path / "other.weights.h5"
    keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)]).save_weights(other)
    for slot in pretrained.PHOTOGRAPH_NETWORKS:
        with pytest.raises(UserError, match=r"other\.weights\.h5"):
            photograph_checkpoint(slot, other, store)
    assert store.list() == []
