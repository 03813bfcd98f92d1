"""Benchmark `start`: from the start of the server's process to its first page, and until it can compare."""

import statistics
import tempfile
from pathlib import Path

from siamese_core.bench.speed.benchmark import Benchmark, LoadModel
from siamese_core.bench.speed.server import serving

ROUNDS = 3
PAGE_SECONDS, READY_SECONDS = 3.0, 10.0


def measure(load_model: LoadModel) -> list[Benchmark]:
    """Measure starts on an empty workspace; the ratio is the median seconds, the baseline the target."""
    pages, ready = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
            pages.append(server.seconds_until("/"))
            ready.append(server.seconds_until("/healthz"))
    page, both = statistics.median(pages), statistics.median(ready)
    return [
        Benchmark("start", page, PAGE_SECONDS, ROUNDS, page, "the first page in 3 s"),
        Benchmark("start ready", both, READY_SECONDS, ROUNDS, both, "both encoders in 10 s"),
    ]
