"""Benchmarks `serve` and `serve-seen`: what a server answers a second, and how fast."""

import tempfile
from pathlib import Path

import numpy as np

from siamese_core.bench.speed.benchmark import Benchmark, LoadModel, speedup, timed
from siamese_core.bench.speed.images import new_drawings
from siamese_core.bench.speed.networks import fastest, loaded
from siamese_core.bench.speed.server import Server, connection, latencies, serving, uploaded
from siamese_core.checkpoints.store import SHIPPED, CheckpointStore
from siamese_core.images.decoding import encode_png

CLIENTS, COMPARES, ALONE = 16, 96, 12  # at once; by all of them, and by one client
BATCH = 32
SEEN_CLIENTS, SEEN = 4, 400  # at once, and comparisons of images that were seen before


def measure(load_model: LoadModel) -> list[Benchmark]:
    """Measure comparisons of new drawings by 16 clients at once.

    The plain way is the networks of both slots alone on batches of 32 prepared images, by the fastest engine,
    before and after: a comparison needs two images of each.
    """
    drawings = new_drawings(4)
    images = [next(drawings) for _ in range(BATCH)]
    with tempfile.TemporaryDirectory() as folder:
        checkpoints = loaded(CheckpointStore(Path(folder) / "workspace", SHIPPED))
        networks = [(fastest(each, images, rounds=1), each.batch(images)) for each in checkpoints]

        def bare() -> float:
            """Return the seconds of a comparison."""
            return 2 * sum(timed(lambda f=forward, b=batch: f(b))[0] for forward, batch in networks) / BATCH

        with serving(Path(folder) / "workspace") as server:
            server.rest()
            pairs = _uploaded_pairs(server, drawings, ALONE + COMPARES + 2)
            latencies(server.port, pairs[:2], 1)
            before = bare()
            alone, _ = latencies(server.port, pairs[2 : 2 + ALONE], 1)
            seconds, each = latencies(server.port, pairs[2 + ALONE :], CLIENTS)
            baseline = (before + bare()) / 2
    ours, one = seconds / COMPARES, alone / ALONE
    slowest = float(np.percentile(each, 95))
    patience = CLIENTS * ours
    return [
        speedup("serve", ours, baseline, COMPARES, "at least 0.7"),
        speedup("serve one client", ours, one, COMPARES, "at least 1.5"),
        Benchmark("serve p95", slowest, patience, COMPARES, slowest / patience, "at most 2"),
    ]


def measure_seen(load_model: LoadModel) -> list[Benchmark]:
    """Measure comparisons of a pair that the server has embedded before, without a plain way beside it."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "workspace") as server:
        server.rest()
        pair = _uploaded_pairs(server, new_drawings(5), 1)
        latencies(server.port, pair * 20, SEEN_CLIENTS)
        alone, each = latencies(server.port, pair * (SEEN // 4), 1)
        seconds, _ = latencies(server.port, pair * SEEN, SEEN_CLIENTS)
    slowest, rate = float(np.percentile(each, 95)), SEEN / seconds
    return [
        Benchmark("serve-seen", slowest, 0.06, SEEN // 4, 1000 * slowest, "p95 at most 60 ms"),
        Benchmark("serve-seen rate", seconds / SEEN, 0.01, SEEN, rate, "at least 100 a second"),
    ]


def _uploaded_pairs(server: Server, drawings, count: int) -> list[list[dict]]:
    with connection(server.port) as http_:
        return [[uploaded(http_, encode_png(next(drawings))) for _ in range(2)] for _ in range(count)]
