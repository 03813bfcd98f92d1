"""How a benchmark is told, and that it compares equal work only."""

import pytest

from siamese_core.bench.speed.benchmark import Benchmark, check_agreement, cost, interleaved, speedup, timed


def test_a_benchmark_tells_how_many_times_faster_ours_is():
    assert speedup("log read", 0.5, 2.0, 10).json() == {
        "name": "log read",
        "ours_s": 0.5,
        "baseline_s": 2.0,
        "n": 10,
        "ratio": 4.0,
    }


def test_a_benchmark_tells_how_many_times_as_long_ours_takes():
    assert cost("status poll", 3.0, 2.0, 100).json()["ratio"] == 1.5
    assert Benchmark("start", 2.5, 3.0, 3, 2.5, "3 s").json()["ratio"] == 2.5


def test_ways_are_taken_in_turns():
    taken = []
    ways = (lambda: taken.append("ours"), lambda: taken.append("plain"))
    assert len(interleaved([ways] * 3)) == 2 and taken == ["ours", "plain"] * 3


def test_what_is_timed_gives_its_result():
    seconds, found = timed(lambda: "done")
    assert seconds >= 0 and found == "done"


def test_ways_that_disagree_are_not_compared():
    check_agreement(True, "counting")
    with pytest.raises(AssertionError, match="two ways of counting must give the same result"):
        check_agreement(False, "counting")
