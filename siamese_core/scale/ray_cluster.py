"""Connect to a Ray cluster, an extra of the program, and tell in words what is wrong with it."""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from siamese_core.errors import UserError

MISSING = (
    "Work on several machines needs the extra `scale`. Received: --ray, with {what} not installed. Install "
    "it on every machine: pip install .[scale]"
)
KNOCK_SECONDS = 10.0
_TOLD = re.compile(r"^siamese_core\.errors\.UserError: (.+)$", re.MULTILINE)


@contextmanager
def connected(address: str) -> Iterator[int]:
    """Connect to the cluster at an address within the block; gives its processors.

    address: as Ray takes it: host:port, auto, ray://host:port. UserError where Ray is not installed or no
    cluster answers there.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # else Ray reports to its makers
    try:
        import ray
    except ImportError as missing:
        raise UserError(MISSING.format(what=missing.name)) from missing
    try:
        _knock(address)
        ray.init(address=address, log_to_driver=False, logging_level="error", configure_logging=False)
    except (OSError, ValueError, RuntimeError) as problem:
        line = next(iter(str(problem).splitlines()), type(problem).__name__)
        raise UserError(
            f"A Ray cluster must answer. Received: --ray {address}: {line.rstrip('.')}. Start one with "
            "`ray start --head`, or check the address."
        ) from problem
    try:
        yield max(1, int(ray.cluster_resources().get("CPU", 1)))
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Raise OSError where nobody listens at host:port; Ray itself would wait for minutes."""
    place = urlsplit(address if "://" in address else f"//{address}")
    if place.hostname and place.port:
        socket.create_connection((place.hostname, place.port), KNOCK_SECONDS).close()


def user_error_in(problem: BaseException) -> UserError | None:
    """Return the UserError that a task ended with, from what Ray raised of it; None where it was no such."""
    seen: list[BaseException] = []
    while problem is not None and problem not in seen:
        if isinstance(problem, UserError):
            return UserError(str(getattr(problem, "cause", problem)))
        if found := _TOLD.findall(str(problem)):  # all that is left of what an actor could not start for
            return UserError(found[-1])
        seen.append(problem)
        problem = getattr(problem, "cause", None) or problem.__cause__
    return None
