"""How opinions on a pair are drawn: a note where the threshold tells nothing, what disagreement means."""

import numpy as np
import pytest

from siamese_core.page.compare.board import Opinion, board
from siamese_core.workspace.comparing import Comparison

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
    drawn = board(("", ""), {"koch": Opinion(said, threshold, (np.zeros((8, 8, 1), np.uint8),) * 2)}, SLOTS)
    assert told in drawn if told else "At this threshold" not in drawn


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
    drawn = board(("", ""), said, SLOTS)
    assert "The encoders disagree." in drawn and told in drawn
