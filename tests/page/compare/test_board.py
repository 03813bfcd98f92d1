"""How opinions on a pair are drawn: a note where the threshold tells nothing, what disagreement means."""

from pathlib import Path

import numpy as np
import pytest

from siamese_core.checkpoints.naming import CheckpointNames
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.page.compare.board import Opinion, board
from siamese_core.workspace.comparing import Comparison

NAMES = CheckpointNames(CheckpointStore(Path("none"), Path("none")))
SLOTS = {
    name: {"state": "ready", "problem": None, "checkpoint": f"{name}-1"} for name in ("koch", "resnet50")
}


@pytest.mark.parametrize(
    ("threshold", "told"),
    [
        (0.0, "At this threshold every pair is called same."),
        (0.01, None),
        (0.99, None),
        (1.0, "At this threshold nearly every pair is called different."),
    ],
)
def test_a_threshold_at_either_end_is_said_to_tell_nothing(threshold, told):
    said = Comparison("koch", "koch-1", 0.4, 0.5, False, 3.0)
    drawn = board(
        ("", ""), {"koch": Opinion(said, threshold, (np.zeros((8, 8, 1), np.uint8),) * 2)}, SLOTS, NAMES
    )
    assert told in drawn if told else "At this threshold" not in drawn


@pytest.mark.parametrize("cohort", [0, 200])
def test_a_card_says_that_the_pool_calibrated_its_verdict(cohort):
    opinion = Opinion(Comparison("koch", "koch-1", 0.4, 0.5, False, 3.0, cohort=cohort), 0.5, ())
    drawn = board(("", ""), {"koch": opinion}, SLOTS, NAMES)
    assert ("Measured against 200 of your images: an estimate" in drawn) == bool(cohort)


@pytest.mark.parametrize(
    ("similarity", "threshold", "told"),
    [
        (0.2, 0.5, "Your answer teaches most here."),
        (0.8, 0.9, "This comes from the thresholds you moved: at the checkpoints' own, both say"),
    ],
)
def test_only_encoders_that_disagree_by_themselves_make_an_answer_precious(similarity, threshold, told):
    said = {
        "koch": Opinion(Comparison("koch", "koch-1", similarity, 0.5, similarity >= 0.5, 3.0), threshold, ()),
        "resnet50": Opinion(Comparison("resnet50", "resnet50-1", 0.9, 0.5, True, 3.0), 0.5, ()),
    }
    drawn = board(("", ""), said, SLOTS, NAMES)
    assert "The encoders disagree." in drawn and told in drawn.unescape()


def said(encoder: str, abstains: bool = False) -> Opinion:
    why = "has seen handwriting only, and does not judge photographs" if abstains else ""
    return Opinion(
        Comparison(encoder, f"{encoder}-1", 0.9, 0.5, True, 3.0, encoder, why=why, abstains=abstains), 0.5, ()
    )


def test_an_encoder_that_abstains_takes_no_part_in_the_headline():
    drawn = board(("", ""), {"koch": said("koch", True), "resnet50": said("resnet50")}, SLOTS, NAMES)
    assert "Both encoders" not in drawn and "koch does not judge these images" in drawn
    assert drawn.count("data-threshold=") == 1 and "Ask it anyway" in drawn
    assert "koch has seen handwriting only, and does not judge photographs." in drawn


@pytest.mark.parametrize(
    ("fixed", "mixed", "told", "place"),
    [
        (None, False, "Label some pairs of them", "label"),
        ("koch-1", False, "chosen by hand", "retrain"),
        (None, True, "Give images of one kind", None),
    ],
)
def test_where_nobody_knows_the_images_the_page_says_what_to_do(fixed, mixed, told, place):
    slots = {name: {**slot, "fixed": fixed} for name, slot in SLOTS.items()}
    both = {name: said(name, True) for name in SLOTS}
    drawn = board(("", ""), both, slots, NAMES, mixed)
    assert told in drawn and "says" not in drawn.partition("pair-of-cards")[0]
    assert f'data-goto="{place}"' in drawn if place else "data-goto" not in drawn
    loading = {**slots, "koch": {**slots["koch"], "state": "loading"}}
    assert told not in board(("", ""), {"resnet50": both["resnet50"]}, loading, NAMES, mixed)
