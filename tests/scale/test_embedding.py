"""Files become shards: each image once, whatever ended an earlier run, and what is no image is told."""

import multiprocessing
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from helpers.small_checkpoints import small_checkpoint
from helpers.workspaces import noise
from siamese_core.embeddings.shards import ShardFolder
from siamese_core.errors import UserError
from siamese_core.images.decoding import encode_png, image_id
from siamese_core.scale import embedding
from siamese_core.scale.embedding import embed_files
from siamese_core.scale.sources import list_sources

IMAGES, SHARD = 10, 3


class Checkpoint:
    """Embeds an image as its mean colour, without a network."""

    id = "koch-mean"
    encoder = type("Encoder", (), {"output_shape": (None, 3)})()

    def prepare(self, image: np.ndarray) -> np.ndarray:
        return image[:2, :2]

    def embed_batch(self, prepared: np.ndarray) -> np.ndarray:
        return prepared.mean(axis=(1, 2))


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(embedding, "SHARD_FILES", SHARD)


@pytest.fixture
def images() -> list[np.ndarray]:
    return list(noise(IMAGES))


@pytest.fixture
def data(tmp_path, images) -> Path:
    folder = tmp_path / "data" / "class"
    folder.mkdir(parents=True)
    for number, image in enumerate(images):
        (folder / f"{number}.png").write_bytes(encode_png(image))
    return folder.parent


def run(data: Path, out: Path, checkpoint=None) -> None:
    embed_files(checkpoint or Checkpoint(), list_sources([data]).files, out)


def test_every_image_is_embedded_once_under_its_id_and_path(data, images, tmp_path):
    run(data, tmp_path / "out")
    rows = ShardFolder(tmp_path / "out").read(Checkpoint.id)
    assert list(rows.image_ids) == [image_id(image) for image in images]
    assert list(rows.paths) == [(data / "class" / f"{number}.png").as_posix() for number in range(IMAGES)]
    expected = [Checkpoint().prepare(image).mean(axis=(0, 1)) for image in images]
    np.testing.assert_allclose(rows.embeddings, expected, rtol=1e-6)
    assert len(ShardFolder(tmp_path / "out").names()) == 4


def test_what_is_no_image_is_left_out_and_not_tried_again(data, tmp_path):
    (data / "class" / "damaged.png").write_bytes(b"\x89PNG\r\n\x1a\nhalf")
    for _ in range(2):
        run(data, tmp_path / "out")
    folder = ShardFolder(tmp_path / "out")
    assert [Path(each.name).name for each in folder.left_out(Checkpoint.id).files] == ["damaged.png"]
    assert sum(each.rows for each in folder.shards()) == IMAGES


def test_files_that_were_added_later_go_into_further_shards(data, images, tmp_path):
    run(data, tmp_path / "out")
    (data / "class" / "0a.png").write_bytes(encode_png(255 - images[0]))
    run(data, tmp_path / "out")
    rows = ShardFolder(tmp_path / "out").read(Checkpoint.id)
    assert len(rows.paths) == len(set(rows.paths)) == IMAGES + 1


def killed_in_the_second_shard(data: Path, out: Path) -> None:
    """Embed, and end the process as kill -9 does while the second shard is made."""
    embedding.SHARD_FILES = SHARD
    calls = []

    class Killed(Checkpoint):
        def embed_batch(self, prepared: np.ndarray) -> np.ndarray:
            calls.append(1)
            if len(calls) > 1:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().embed_batch(prepared)

    run(data, out, Killed())


def test_a_run_goes_on_where_one_was_killed_and_embeds_every_image_once(data, images, tmp_path):
    process = multiprocessing.get_context("fork").Process(
        target=killed_in_the_second_shard, args=(data, tmp_path / "out")
    )
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert len(ShardFolder(tmp_path / "out").names()) == 1
    run(data, tmp_path / "out")
    rows = ShardFolder(tmp_path / "out").read(Checkpoint.id)
    assert sorted(rows.image_ids) == sorted(image_id(image) for image in images)


def test_a_second_run_at_the_same_time_is_refused(data, tmp_path):
    with embedding.alone(ShardFolder(tmp_path / "out")), pytest.raises(UserError, match="One run at a time"):
        run(data, tmp_path / "out")


def test_a_checkpoint_embeds_into_shards_what_it_embeds_in_memory(data, images, tmp_path):
    checkpoint = small_checkpoint()
    checkpoint.id = "koch-small"
    run(data, tmp_path / "out", checkpoint)
    found = ShardFolder(tmp_path / "out").read("koch-small").embeddings
    np.testing.assert_allclose(found, checkpoint.embed(images), atol=1e-5)
