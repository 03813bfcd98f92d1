import uuid
from dataclasses import replace

import pytest

from siamese_core.answers.label_row import LabelRow
from siamese_core.checkpoints.card import base_card
from siamese_core.explaining.track_record import FEWEST, track_record
from siamese_core.explaining.wording import agreement, sentence
from siamese_core.workspace.comparing import Comparison

CARD = replace(base_card("koch"), id="koch-1", metrics={"verification": {"pairs": 20000, "accuracy": 0.98}})


def answered(similarity: float, answer: str, checkpoint: str = "koch-1") -> LabelRow:
    return LabelRow(
        label_id=uuid.uuid4().hex,
        left_id="a" * 64,
        right_id="b" * 64,
        answer=answer,
        koch_checkpoint=checkpoint,
        koch_similarity=str(similarity),
        koch_threshold="0.5",
    )


def said(encoder: str = "koch", similarity: float = 0.8, abstains: bool = False) -> Comparison:
    why = "has seen handwriting only" if abstains else ""
    return Comparison(
        encoder, f"{encoder}-1", similarity, 0.5, similarity >= 0.5, 3.0, encoder, why=why, abstains=abstains
    )


def test_enough_answers_are_told_with_their_share():
    rows = [answered(0.75, "same")] * 9 + [answered(0.85, "different")]

    found = track_record(rows, "koch", 0.8, 0.5, CARD)

    assert "Of 10 answered pairs from 0.70 to 0.90, it was right about 9 (90 %" in sentence(
        said(), 0.5, found
    )


@pytest.mark.parametrize(
    ("card", "told"), [(CARD, "On 20,000 held-out pairs"), (replace(CARD, metrics=None), "is unknown")]
)
def test_too_few_answers_are_told_as_unknown(card, told):
    found = track_record([answered(0.8, "same")] * (FEWEST - 1), "koch", 0.8, 0.5, card)

    words = sentence(said(), 0.5, found)
    assert told in words and "9 of the 10 answers that it takes" in words
    assert "says same: its similarity is 0.80, 0.30 above its threshold of 0.50." in words


def test_an_encoder_that_abstains_says_why_and_agrees_with_nobody():
    both = [said(), said("resnet50", 0.2)]
    record = track_record([], "koch", 0.8, 0.5, CARD)

    assert sentence(said(abstains=True), 0.5, record) == "koch has seen handwriting only."
    assert "disagree" in agreement(both, {}) and "agree" in agreement(both, {"resnet50": 0.1})
    assert agreement([said(), said("resnet50", abstains=True)], {}) == ""
