"""How a ranking is drawn: decimals that tell the first two apart, a note where the threshold says nothing."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from siamese_core.checkpoints.naming import CheckpointNames
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.page.one_shot.ranking import rankings
from siamese_core.workspace.ranking import RankedClass, Ranking
from siamese_core.workspace.results import OneShotResult

NAMES = CheckpointNames(CheckpointStore(Path("none"), Path("none")))
TELLS_NOTHING = "Every class is above the threshold"


def drawn(*similarities: float, threshold: float = 0.5, twins: bool = False) -> str:
    """The card of classes a, b, ... with these similarities, most alike first; each of an image of its own,
    or all of the same one."""
    ranked = tuple(
        RankedClass(name, similarity) for name, similarity in zip("abcdef", similarities, strict=False)
    )
    margin = similarities[0] - similarities[1]
    ranking = Ranking("koch", "koch-1", "a", margin, similarities[0] < threshold, threshold, ranked, 3.0)
    support = tuple((each.name, ("0" if twins else each.name) * 64) for each in ranked)
    slot = {"state": "failed", "problem": None, "checkpoint": None}
    return rankings(OneShotResult("1" * 64, support, (ranking,)), {"resnet50": slot}, NAMES)


@pytest.mark.parametrize(
    ("similarities", "numbers", "margin"),
    [
        ((0.91, 0.32, 0.1), ["0.91", "0.32", "0.10"], "0.59"),
        ((0.998, 0.9957, 0.1), ["0.998", "0.996", "0.100"], "0.002"),
        ((0.99998, 0.9998, 0.1), ["1.0000", "0.9998", "0.1000"], "0.0002"),
    ],
)
def test_numbers_have_the_decimals_that_tell_the_first_two_apart(similarities, numbers, margin):
    card = drawn(*similarities)
    assert re.findall(r'<span class="number">([\d.]+)</span>', card) == numbers
    assert f"{margin} ahead of b" in card


def test_classes_that_cannot_be_told_apart_are_named():
    equal = drawn(0.7, 0.7, 0.1)
    assert "a and b are equally similar to the query" in equal and "ahead of" not in equal
    assert re.findall(r'<span class="number">([\d.]+)</span>', equal) == ["0.7000", "0.7000", "0.1000"]
    assert "a and b hold the same image" in drawn(0.7, 0.7, twins=True)


def test_false_hits_are_expected_in_proportion_to_the_classes():
    ranked = tuple(RankedClass(name, 0.9 if name == "a" else 0.1) for name in "abcdef")
    ranking = Ranking("koch", "koch-1", "a", 0.8, False, 0.5, ranked, 3.0, false_positive_rate=0.1)
    support = tuple((each.name, each.name * 64) for each in ranked)
    slots = {"resnet50": {"state": "failed", "problem": None, "checkpoint": None}}
    drawn = rankings(OneShotResult("1" * 64, support, (ranking,)), slots, NAMES)
    assert "Against 6 classes expect about 0.5 false hits" in drawn and "10.0 % of cases" in drawn
    few = replace(ranking, ranking=ranked[:2])
    assert "false hits" not in rankings(OneShotResult("1" * 64, support[:2], (few,)), slots, NAMES)


def test_a_threshold_that_calls_every_class_same_is_named():
    assert TELLS_NOTHING in drawn(0.99, 0.98, 0.97, 0.96)
    assert TELLS_NOTHING not in drawn(0.99, 0.98, 0.97, 0.4)
    assert TELLS_NOTHING not in drawn(0.4, 0.3, 0.2, 0.1)


def test_two_classes_above_the_threshold_may_just_be_alike():
    assert TELLS_NOTHING not in drawn(0.99, 0.98)


def test_an_encoder_that_abstains_is_quiet_and_sends_no_pick():
    ranked = (RankedClass("a", 0.9), RankedClass("b", 0.1))
    why = "has seen handwriting only, and does not judge photographs"
    names = CheckpointNames(CheckpointStore(Path("none"), Path("none")))
    both = (
        Ranking("koch", "koch-1", "a", 0.8, False, 0.5, ranked, 3.0, "Koch CNN", why=why, abstains=True),
        Ranking("resnet50", "resnet50-1", "a", 0.8, False, 0.5, ranked, 3.0),
    )
    slots = {name: {"state": "ready", "problem": None, "checkpoint": None} for name in ("koch", "resnet50")}
    drawn = rankings(OneShotResult("1" * 64, (("a", "2" * 64), ("b", "3" * 64)), both), slots, names)
    assert "Koch CNN does not judge these images" in drawn and f"Koch CNN {why}." in drawn
    assert 'data-picks="{&#34;resnet50&#34;: &#34;a&#34;}"' in drawn
