"""Embedding ten times as many files takes no more memory."""

import multiprocessing
from pathlib import Path

import numpy as np
import pytest

from siamese_core.images.decoding import encode_png
from siamese_core.scale.embedding import embed_files
from siamese_core.scale.sources import list_sources

resource = pytest.importorskip("resource")  # not on Windows
pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]
FEW, MANY = 2000, 20_000
MOST = 1.15  # times the memory for few: the list of the files grows


class Checkpoint:
    """Embeds an image as 2,048 of its pixels: memory does not depend on what a network computes."""

    id = "koch-pixels"
    encoder = type("Encoder", (), {"output_shape": (None, 2048)})()

    def prepare(self, image: np.ndarray) -> np.ndarray:
        return image

    def embed_batch(self, prepared: np.ndarray) -> np.ndarray:
        return prepared.reshape(len(prepared), -1)[:, :2048]


def peak(data: Path, out: Path, sender) -> None:
    """Embed, and send the peak of this process's memory in kB."""
    embed_files(Checkpoint(), list_sources([data]).files, out)
    sender.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def test_the_peak_of_memory_is_the_same_for_ten_times_as_many_files(tmp_path):
    content, peaks = encode_png(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)), []
    for count in (FEW, MANY):
        data = tmp_path / f"files {count}"
        data.mkdir()
        for number in range(count):
            (data / f"{number}.png").write_bytes(content)
        receiver, sender = multiprocessing.get_context("spawn").Pipe(duplex=False)
        target = (data, tmp_path / f"shards {count}", sender)
        process = multiprocessing.get_context("spawn").Process(target=peak, args=target)
        process.start()
        peaks.append(receiver.recv())
        process.join(600)
    assert peaks[1] < MOST * peaks[0]
