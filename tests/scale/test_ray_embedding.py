"""Embedding on a real Ray cluster of two nodes gives the shards of one process, whoever is killed."""

import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from helpers.small_checkpoints import install, small_checkpoint
from helpers.workspaces import noise
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.embeddings.shards import ShardFolder
from siamese_core.errors import UserError
from siamese_core.images.decoding import encode_png, image_id
from siamese_core.scale import embedding
from siamese_core.scale.embedding import embed_files
from siamese_core.scale.ray_embedding import embed_over_ray
from siamese_core.scale.sources import list_sources

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore")]
IMAGES, SHARD = 64, 4


@pytest.fixture(scope="module")
def images() -> list[np.ndarray]:
    return list(noise(IMAGES))


@pytest.fixture(scope="module")
def data(tmp_path_factory, images) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for number, image in enumerate(images):
        (folder / f"{number:03d}.png").write_bytes(encode_png(image))
    (folder / "damaged.png").write_bytes(b"half")
    return folder


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> tuple[str, Path]:
    """The id and the folder of a checkpoint."""
    home = tmp_path_factory.mktemp("home")
    stored = install(home, small_checkpoint(), "koch")
    return stored, CheckpointStore(home).folder(stored)


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(embedding, "SHARD_FILES", SHARD)


def held(out, checkpoint: str):
    rows = ShardFolder(out).read(checkpoint)
    order = np.argsort(rows.paths)
    return [rows.image_ids[place] for place in order], rows.embeddings[order], rows.left_out


def over_ray(cluster, kept, data, out, report=lambda done, of: None) -> None:
    embed_over_ray(cluster.address, kept, list_sources([data]).files, out, report)


def test_two_machines_make_the_shards_that_one_process_makes(cluster, kept, data, images, tmp_path):
    from siamese_core.checkpoints.checkpoint_files import load_checkpoint

    reports = []
    over_ray(cluster, kept, data, tmp_path / "ray", lambda *report: reports.append(report))
    embed_files(load_checkpoint(kept[1]), list_sources([data]).files, tmp_path / "one")
    ids, embeddings, left_out = held(tmp_path / "ray", kept[0])
    expected = held(tmp_path / "one", kept[0])
    assert ids == expected[0] == [image_id(image) for image in images]
    np.testing.assert_allclose(embeddings, expected[1], atol=1e-4)
    assert left_out == expected[2] and len(left_out) == 1
    assert ShardFolder(tmp_path / "ray").names() == ShardFolder(tmp_path / "one").names()
    assert reports[-1] == (IMAGES + 1, IMAGES + 1)
    over_ray(cluster, kept, data, tmp_path / "ray")  # nothing is left to do
    assert held(tmp_path / "ray", kept[0])[0] == ids


def ended_workers(out: Path) -> list[int]:
    """Kill -9 the processes that make shards, once, when the first shard is there; returns their numbers."""
    found = []
    while not ShardFolder(out).names():
        time.sleep(0.02)
    for folder in Path("/proc").iterdir():
        words = (folder / "cmdline").read_bytes() if folder.name.isdecimal() else b""
        if words.startswith(b"ray::MapWorker") and f"{os.getuid()}" == f"{folder.stat().st_uid}":
            found.append(int(folder.name))
    for number in found[:1]:
        os.kill(number, signal.SIGKILL)
    return found[:1]


def test_an_actor_that_is_killed_loses_no_image_and_doubles_none(cluster, kept, data, images, tmp_path):
    killed = []
    watch = threading.Thread(target=lambda: killed.extend(ended_workers(tmp_path / "out")))
    watch.start()
    over_ray(cluster, kept, data, tmp_path / "out")
    watch.join()
    assert len(killed) == 1
    assert held(tmp_path / "out", kept[0])[0] == [image_id(image) for image in images]


def test_a_run_takes_up_where_one_was_stopped(cluster, kept, data, images, tmp_path):
    class Stopped(Exception):
        pass

    def stop(done: int, of: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        over_ray(cluster, kept, data, tmp_path / "out", stop)
    there = ShardFolder(tmp_path / "out").names()
    stamps = [(tmp_path / "out" / name).stat().st_mtime_ns for name in there]
    assert there
    over_ray(cluster, kept, data, tmp_path / "out")
    assert held(tmp_path / "out", kept[0])[0] == [image_id(image) for image in images]
    assert [(tmp_path / "out" / name).stat().st_mtime_ns for name in there] == stamps


def test_what_a_person_can_mend_is_told_in_its_own_words(cluster, kept, data, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "card.json").write_text("{}")
    with pytest.raises(UserError) as told:
        over_ray(cluster, (kept[0], broken), data, tmp_path / "out")
    assert "card" in str(told.value) and "\n" not in str(told.value)


def test_nobody_at_the_address_is_told(kept, data, tmp_path):
    with pytest.raises(UserError, match="A Ray cluster must answer"):
        embed_over_ray("127.0.0.1:9", kept, list_sources([data]).files, tmp_path, lambda *report: None)
