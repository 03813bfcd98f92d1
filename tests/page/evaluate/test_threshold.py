"""A threshold by its target: what it costs beside the stored one, and saved to the slot."""

import pytest

from helpers.small_checkpoints import promote_small
from siamese_core.checkpoints.card import read_card
from siamese_core.errors import UserError
from siamese_core.page.evaluate.threshold import KINDS, number_for, save, target_of, told_outcome
from siamese_core.reporting.drawing.look import ShownModel
from siamese_core.reporting.thresholds import COST, EQUAL, FALSE_POSITIVES, PRECISION, Target
from siamese_core.workspace.workbench import Workbench

SIMILARITIES = [0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.3, 0.1] * 3


def model(checkpoint: str = "", slot: str = "koch", same: str = "11011000") -> ShownModel:
    verification = {"similarities": SIMILARITIES, "same_pairs": same * 3, "threshold": 0.2}
    entry = {"slot": slot, "checkpoint": checkpoint, "normalised": False, "verification": verification}
    report = {"data": {"name": "faces"}}
    return ShownModel("Koch CNN", entry, report, "#000000", "solid", "circle")


def test_what_it_costs_is_told_beside_the_stored_one_and_on_other_pairs():
    told, can_be_saved = told_outcome(model(), target_of(FALSE_POSITIVES, 0, 50))
    assert can_be_saved
    for words in (
        "stored now",
        "0.200",
        "false positives at most 0 %",
        "0.850",
        "pairs that did not choose it",
    ):
        assert words in told
    told, can_be_saved = told_outcome(model(slot=""), target_of(EQUAL, 0, 50))
    assert not can_be_saved and "no slot" in told


def test_what_no_threshold_reaches_is_told_in_its_place():
    told, can_be_saved = told_outcome(model(same="00100111"), Target(PRECISION, 0.99))
    assert not can_be_saved and "No threshold reaches precision at least 99 %" in told
    for wrong in ((None, 50), (True, 50), (1, None)):
        with pytest.raises(UserError, match="a number"):
            target_of(COST, *wrong)
    with pytest.raises(UserError, match="between 0 and 1"):
        target_of(COST, 1, 100)


@pytest.mark.parametrize("kind", KINDS)
def test_the_number_asks_for_what_the_choice_needs(kind):
    shown = number_for(kind)
    assert shown.visible == (kind != EQUAL)


def test_it_is_saved_with_what_it_was_chosen_for(tmp_path):
    workbench = Workbench(promote_small(tmp_path / "workspace", "koch"))
    parent = workbench.checkpoints.current_id("koch")
    words = save(workbench, model(parent), target_of(FALSE_POSITIVES, 0, 50))
    assert "serves with 0.850" in words
    card = read_card(workbench.checkpoints.current_folder("koch"))
    assert (card.parent, card.threshold) == (parent, pytest.approx(0.85))
    assert card.chosen["target"] == "false positives at most 0 %"
    assert (card.chosen["data"], card.chosen["pairs"], card.false_positive_rate) == ("faces", 24, 0.0)
    with pytest.raises(UserError, match="belongs to a slot"):
        save(workbench, model(slot=""), target_of(EQUAL, 0, 50))
