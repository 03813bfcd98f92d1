"""How a benchmark is told, and that it compares equal work only."""

import pytest

from siamese_core.bench.benchmark import Benchmark, check_agreement, timed
from siamese_core.bench.status import Growth


def test_a_benchmark_tells_how_many_times_faster_ours_is():
    assert Benchmark("log read", 0.5, 2.0, 10).json() == {
        "name": "log read",
        "ours_s": 0.5,
        "baseline_s": 2.0,
        "n": 10,
        "ratio": 4.0,
    }


def test_growth_is_told_as_the_ratio_of_full_to_empty():
    assert Growth("status poll", 3.0, 2.0, 100).json()["ratio"] == 1.5


def test_what_is_timed_gives_its_result():
    seconds, found = timed(lambda: "done")
    assert seconds >= 0 and found == "done"


def test_ways_that_disagree_are_not_compared():
    check_agreement(True, "counting")
    with pytest.raises(AssertionError, match="two ways of counting must give the same result"):
        check_agreement(False, "counting")
