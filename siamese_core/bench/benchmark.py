"""Time our way of doing something beside the obvious way, and check that both give the same result."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from siamese_core.checkpoints.checkpoint import Checkpoint

LoadModel = Callable[[], Checkpoint]  # loads the measured checkpoint at its first call


@dataclass(frozen=True)
class Benchmark:
    """Seconds that n items took: in our way, and in the obvious way as the baseline."""

    name: str
    ours_s: float
    baseline_s: float
    n: int

    def json(self) -> dict:
        found = {
            name: value if isinstance(value, str) else round(value, 5) for name, value in asdict(self).items()
        }
        return found | {"ratio": round(self.baseline_s / max(self.ours_s, 1e-9), 2)}


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Run `work` once. Return the seconds it took and its result."""
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found


def check_agreement(agree: bool, name: str) -> None:
    """Raise AssertionError unless both ways gave the same result: times of different work say nothing."""
    if not agree:
        raise AssertionError(f"The two ways of {name} must give the same result. Received: two results.")
