"""A Ray cluster of two nodes on loopback, for the tests that take long."""

import os

import pytest

STORE = 100 << 20  # bytes of a node's object store
TRIES = 4


@pytest.fixture(scope="session")
def cluster():
    """`cluster.address`: two nodes with a processor each, which end with the session."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    utils = pytest.importorskip("ray.cluster_utils", reason="the extra `scale` is not installed")
    node = {"num_cpus": 1, "object_store_memory": STORE}
    started = None
    for attempt in range(TRIES):  # on a busy machine a node may take longer than Ray waits for it
        try:
            started = started or utils.Cluster(
                initialize_head=True, head_node_args=node | {"include_dashboard": False}
            )
            started.add_node(**node)
            break
        except Exception:
            if attempt == TRIES - 1:
                raise
    yield started
    started.shutdown()
