"""A server that compares thousands of new images takes no more memory than one that has just begun."""

import sys
from pathlib import Path

import pytest

from siamese_core.bench.speed.images import new_drawings
from siamese_core.bench.speed.server import compared, connection, serving, uploaded
from siamese_core.images.decoding import encode_png

COMPARES, WARM = 5000, 1000  # by the first of them the cache of embeddings is full
MOST_GROWTH, MOST_IDLE = 120 * 2**20, 1.9 * 2**30  # bytes; the README of bench says why not 50, and not 1.2

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]


def resident(pid: int) -> int:
    """Return the bytes of memory that a process holds."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the memory of a process from /proc")
def test_the_memory_of_a_server_stays_where_it_was(tmp_path):
    drawings = new_drawings(6)
    with serving(tmp_path) as server:
        server.seconds_until("/healthz")
        with connection(server.port) as http:
            for number in range(WARM + COMPARES):
                if number == WARM:
                    before = resident(server.process.pid)
                compared(http, [uploaded(http, encode_png(next(drawings))) for _ in range(2)])
        after = resident(server.process.pid)
    assert before < MOST_IDLE
    assert after - before < MOST_GROWTH
