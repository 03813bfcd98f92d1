"""A Ray cluster of two nodes on loopback, for the tests that take long."""

import contextlib
import os
import socket

import pytest

STORE = 100 << 20  # bytes of a node's object store
TRIES = 4


def node() -> dict[str, int]:
    """Options of a small node, with ports of its agents, which it would not wait for long."""
    names = (
        "metrics_agent_port",
        "metrics_export_port",
        "dashboard_agent_listen_port",
        "runtime_env_agent_port",
    )
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in names]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        ports = {name: each.getsockname()[1] for name, each in zip(names, sockets, strict=True)}
    return {"num_cpus": 1, "object_store_memory": STORE} | ports


@pytest.fixture(scope="session")
def cluster():
    """`cluster.address`: two nodes with a processor each, which end with the session."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    utils = pytest.importorskip("ray.cluster_utils", reason="the extra `scale` is not installed")
    os.environ.setdefault("RAY_agent_register_timeout_ms", "600000")
    started = None
    for attempt in range(TRIES):  # on a busy machine a node may take longer than Ray waits for it
        try:
            started = started or utils.Cluster(
                initialize_head=True, head_node_args=node() | {"include_dashboard": False}
            )
            started.add_node(**node())
            break
        except Exception:
            if attempt == TRIES - 1:
                raise
    yield started
    started.shutdown()
