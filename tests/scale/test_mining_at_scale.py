"""Pairs of many embeddings with known neighbours are mined within 4 GB: SIAMESE_MINED says of how many."""

import multiprocessing
import os
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from siamese_core.checkpoints.card import base_card
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.embeddings.shards import ShardFolder, ShardRows
from siamese_core.metrics import Calibration

resource = pytest.importorskip("resource")  # not on Windows
pytest.importorskip("faiss")
pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]
IMAGES = int(os.environ.get("SIAMESE_MINED", 60_000))
DIM, AXES, OF_ONE, SHARD = (
    1280,
    100,
    4,
    4096,
)  # numbers, axes of the identities, images of one, rows of a shard
NOISE = 0.25  # of an image, as a share of an identity's spread on the same axis
MOST_BYTES = 4 << 30


def write_shards(folder: Path, images: int) -> None:
    """Write images of identities spread over some axes, less over each; those of one are neighbours."""
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.normal(size=(DIM, AXES)))[0].T.astype(np.float32)
    spread = (np.arange(1, AXES + 1) ** -0.5).astype(np.float32)
    shards = ShardFolder(folder)
    for start in range(0, images, SHARD):
        rows = np.arange(start, min(start + SHARD, images))
        centres = rng.normal(size=(len(rows) // OF_ONE, AXES)).repeat(OF_ONE, axis=0)
        places = (centres + NOISE * rng.normal(size=centres.shape)).astype(np.float32) * spread
        embeddings = places @ axes + 0.01 * rng.normal(size=(len(rows), DIM)).astype(np.float32)
        ids = [f"{row:064x}" for row in rows]
        shards.write(f"part-{start:08d}.parquet", ShardRows("koch-made", ids, ids, embeddings))


def workbench(home: Path) -> SimpleNamespace:
    """What mining asks a workbench, with a checkpoint that compares by the cosine."""
    from siamese_core.networks.heads import make_head

    encoder = SimpleNamespace(output_shape=(None, DIM))
    card = base_card("koch")
    made = Checkpoint("koch-made", "koch", encoder, make_head("cosine"), Calibration(8.0, -4.0), 0.5, card)
    return SimpleNamespace(
        workspace=home,
        matcher=SimpleNamespace(checkpoint=lambda encoder, domain: made),
        checkpoints=SimpleNamespace(current_id=lambda encoder, domain: made.id),
        log=SimpleNamespace(rows=lambda: []),
    )


def mine(shards: Path, home: Path, sender) -> None:
    """Mine; send the pairs, both recalls, seconds, those of the processor, and the peak of memory."""
    from siamese_core.scale import mining

    lists = []
    search = mining.nearest_points
    mining.nearest_points = lambda points, count: lists.append(search(points, count)) or lists[-1]
    request = mining.MiningRequest(1000, ("koch",), mining.mix_of(None))
    marks = []

    def progress(share: float, words: str) -> None:
        marks.append((round(time.perf_counter() - started), round(time.process_time()), words))

    started = time.perf_counter()
    mined = mining.mine_shards(workbench(home), ShardFolder(str(shards)), request, progress)
    seconds = time.perf_counter() - started
    (found,) = lists
    own = np.arange(len(found)) // OF_ONE
    known = (found // OF_ONE == own[:, None]).sum() / (len(found) * (OF_ONE - 1))
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    stages = [mark for mark in marks if " of " not in mark[-1]]
    sender.send((mined, known, found.shape[1], (seconds, time.process_time()), peak, stages))


def test_pairs_of_many_embeddings_are_mined_in_little_memory(tmp_path):
    write_shards(tmp_path / "shards", IMAGES)
    spawn = multiprocessing.get_context("spawn")
    receiver, sender = spawn.Pipe(duplex=False)
    process = spawn.Process(target=mine, args=(tmp_path / "shards", tmp_path / "home", sender))
    process.start()
    mined, known, count, seconds, peak, stages = receiver.recv()
    process.join(600)
    for mark in stages:
        print(*mark)
    wall, cpu = seconds
    print(f"{IMAGES:,} images: {wall:.0f} s, {cpu:.0f} s of the processors, {peak / 2**30:.2f} GB")
    print(f"{known:.3f} of the known neighbours among {count}; {mined.recall}")
    assert len(mined.questions) == 1000 and mined.images == IMAGES
    assert peak < MOST_BYTES and known > (0.95 if IMAGES <= 60_000 else 0.9)
