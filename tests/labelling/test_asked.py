"""Who was asked what, with a clock that the test turns."""

import pytest

from siamese_core.labelling import asked
from siamese_core.labelling.asked import LEASE_SECONDS, Asked, Question


def question(left: str, right: str, reason: str = "uncertain") -> Question:
    return Question(left, right, {"koch": 0.5}, reason, 0.25)


@pytest.fixture
def clock():
    class Clock:
        now = 0.0

        def __call__(self) -> float:
            return self.now

    return Clock()


def test_a_question_is_the_contracts_json():
    told = question("b", "a").json()
    assert told == {
        "left": "b",
        "right": "a",
        "similarity": {"koch": 0.5},
        "reason": "uncertain",
        "probability": 0.25,
    }


def test_a_question_is_recalled_by_pair_in_any_order_and_by_annotator(clock):
    ledger = Asked(clock)
    ledger.note([question("b", "a")], "Anne")
    assert ledger.recall("a", "b", "Anne") == ledger.recall("b", "a", "Anne") == question("b", "a")
    assert ledger.recall("a", "b", "Bob") is None and ledger.recall("a", "c", "Anne") is None
    assert (("a", "b"), "Anne") in ledger and ledger.pairs() == [("a", "b")]


def test_what_stays_open_may_be_asked_again_after_a_while_the_oldest_first(clock):
    ledger = Asked(clock)
    ledger.note([question("a", "b"), question("c", "d")], "Anne")
    clock.now = 10
    ledger.note([question("e", "f")], "Anne")
    assert ledger.left_open([], 9) == []
    clock.now = LEASE_SECONDS + 5
    assert [each.pair for each in ledger.left_open([], 9)] == [("a", "b"), ("c", "d")]
    assert [each.pair for each in ledger.left_open([("a", "b")], 9)] == [("c", "d")]
    assert len(ledger.left_open([], 1)) == 1 and ledger.left_open([], 0) == []
    ledger.note([question("c", "d")], "Bob")
    assert [each.pair for each in ledger.left_open([], 9)] == [("a", "b")]


def test_only_the_latest_are_remembered(monkeypatch, clock):
    monkeypatch.setattr(asked, "REMEMBERED", 3)
    ledger = Asked(clock)
    ledger.note([question("m", str(number)) for number in range(5)], "Anne")
    ledger.note([question("m", "2")], "Anne")
    ledger.note([question("m", "9")], "Anne")
    assert [right for right in "0123456789" if ledger.recall("m", right, "Anne")] == ["2", "4", "9"]
