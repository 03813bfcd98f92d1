"""ONNX Runtime runs an encoder only where it embeds as TensorFlow does, and in less time."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from helpers.small_checkpoints import small_checkpoint
from siamese_core.checkpoints.checkpoint_files import save_checkpoint
from siamese_core.embeddings import engines
from siamese_core.embeddings.batching import Batcher
from siamese_core.embeddings.engines import (
    CLEARLY,
    VARIABLE,
    is_judged,
    judge_engine,
    stored_engine,
    with_engine,
)
from siamese_core.networks.compiled import compiled


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return save_checkpoint(small_checkpoint(), tmp_path_factory.mktemp("engines") / "small", quantise=False)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path


def timed(seconds: float):
    """Return a stopwatch by which ONNX Runtime takes `seconds` where TensorFlow takes 1."""
    return lambda forwards, shape: [[1.0, seconds]] * 2


def test_a_faster_engine_that_is_equal_is_used_and_found_again(checkpoint, folder, monkeypatch):
    monkeypatch.setattr(engines, "_timed", timed(CLEARLY - 0.1))
    assert not is_judged(checkpoint) and stored_engine(checkpoint) is None
    report = judge_engine(checkpoint)
    assert report["used"] and report["difference"] <= 1e-4
    assert is_judged(checkpoint)
    images = np.random.default_rng(0).integers(0, 256, (3, *checkpoint.encoder.input_shape[1:]))
    images = images.astype(np.float32)
    expected = compiled(checkpoint.encoder)(images)
    np.testing.assert_allclose(stored_engine(checkpoint)(images), expected, atol=1e-4)


@pytest.mark.parametrize("spoilt", ["slower", "unequal", "other libraries", "damaged"])
def test_an_engine_that_is_not_both_leaves_the_network_to_tensorflow(checkpoint, folder, monkeypatch, spoilt):
    monkeypatch.setattr(engines, "_timed", timed(1.0 if spoilt == "slower" else 0.5))
    if spoilt == "unequal":
        monkeypatch.setattr(engines, "EQUAL", -1)
    judge_engine(checkpoint)
    report = folder / f"{checkpoint.embeddings_id}.json"
    if spoilt == "other libraries":
        report.write_text(json.dumps(json.loads(report.read_text()) | {"made_by": {}}))
    if spoilt == "damaged":
        (folder / f"{checkpoint.embeddings_id}.onnx").write_bytes(b"half")
    assert stored_engine(checkpoint) is None
    images = np.zeros((2, *checkpoint.encoder.input_shape[1:]), np.float32)
    expected = compiled(checkpoint.encoder)(images)
    np.testing.assert_array_equal(with_engine(checkpoint).embed_batch(images), expected)


@pytest.mark.parametrize("engine", ["TensorFlow", "ONNX Runtime"])
def test_requests_that_share_a_batch_each_get_what_they_get_alone(checkpoint, folder, monkeypatch, engine):
    monkeypatch.setattr(engines, "_timed", timed(0.5))
    judge_engine(checkpoint)
    forward = stored_engine(checkpoint) if engine == "ONNX Runtime" else compiled(checkpoint.encoder)
    rng, shape = np.random.default_rng(1), checkpoint.encoder.input_shape[1:]
    requests = [rng.integers(0, 256, (count, *shape)).astype(np.float32) for count in (1, 2, 1, 3)]
    alone, sizes, network = [forward(each) for each in requests], [], threading.Lock()
    batcher = Batcher(lambda batch: sizes.append(len(batch)) or forward(batch), network)
    with ThreadPoolExecutor(len(requests)) as threads, network:
        found = [threads.submit(batcher, each) for each in requests]
        with batcher._changed:
            batcher._changed.wait_for(lambda: len(batcher._waiting) == len(requests), 10)
    assert sizes == [7]
    for request, expected in zip(found, alone, strict=True):
        np.testing.assert_allclose(request.result(), expected, atol=1e-5 * np.abs(expected).max())


def test_nothing_is_exported_where_it_is_switched_off(checkpoint, monkeypatch):
    monkeypatch.setenv(VARIABLE, "none")
    assert is_judged(checkpoint) and stored_engine(checkpoint) is None
