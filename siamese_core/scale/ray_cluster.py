"""Connect to a Ray cluster, an extra of the program, and tell in words what is wrong with it."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from siamese_core.errors import UserError

MISSING = (
    "Work on several machines needs the extra `scale`. Received: --ray, with {what} not installed. Install "
    "it on every machine: pip install .[scale]"
)
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
        ray.init(address=address, log_to_driver=False, logging_level="error", configure_logging=False)
    except (ConnectionError, ValueError, RuntimeError, TimeoutError) as problem:
        line = next(iter(str(problem).splitlines()), type(problem).__name__)
        raise UserError(
            f"A Ray cluster must answer. Received: --ray {address}: {line} Start one with `ray start "
            "--head`, or check the address."
        ) from problem
    try:
        yield max(1, int(ray.cluster_resources().get("CPU", 1)))
    finally:
        ray.shutdown()


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
