"""Time our way of doing something beside the plain way, and check that both give the same result."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from siamese_core.checkpoints.checkpoint import Checkpoint

LoadModel = Callable[[], Checkpoint]  # loads the measured checkpoint at its first call
LEAST_SECONDS = 1e-9  # that a ratio divides by


@dataclass(frozen=True)
class Benchmark:
    """Seconds that n items took in our way, and in the plain way as the baseline.

    ratio: the number that the target bounds; target: in words, such as "at least 20".
    """

    name: str
    ours_s: float
    baseline_s: float
    n: int
    ratio: float
    target: str = ""

    def json(self) -> dict:
        entries = asdict(self)
        del entries["target"]
        digits = {"ours_s": 5, "baseline_s": 5, "ratio": 3}
        return {
            name: round(value, digits[name]) if name in digits else value for name, value in entries.items()
        }


def speedup(name: str, ours_s: float, baseline_s: float, n: int, target: str = "") -> Benchmark:
    """Return a benchmark whose ratio says how many times faster ours is."""
    return Benchmark(name, ours_s, baseline_s, n, baseline_s / max(ours_s, LEAST_SECONDS), target)


def cost(name: str, ours_s: float, baseline_s: float, n: int, target: str = "") -> Benchmark:
    """Return a benchmark whose ratio says how many times as long ours takes."""
    return Benchmark(name, ours_s, baseline_s, n, ours_s / max(baseline_s, LEAST_SECONDS), target)


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Run `work` once. Return the seconds it took and its result."""
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found


def interleaved(rounds: Sequence[Sequence[Callable[[], object]]]) -> list[float]:
    """Run the ways of each round one after the other; return the median seconds of each way.

    What else the machine does falls on all ways alike.
    """
    seconds = [[timed(way)[0] for way in ways] for ways in rounds]
    return [statistics.median(each) for each in zip(*seconds, strict=True)]


def check_agreement(agree: bool, name: str) -> None:
    """Raise AssertionError unless both ways gave the same result: times of different work say nothing."""
    if not agree:
        raise AssertionError(f"The two ways of {name} must give the same result. Received: two results.")
