import uuid
from dataclasses import replace

from siamese_core.answers.label_row import LabelRow
from siamese_core.checkpoints.card import base_card
from siamese_core.explaining.track_record import FEWEST, track_record

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


def test_only_answers_about_pairs_as_alike_by_the_same_checkpoint_count():
    rows = [answered(0.75, "same")] * 9 + [answered(0.85, "different"), answered(0.8, "unsure")]
    rows += [answered(0.3, "same"), answered(0.8, "same", "koch-2")]

    found = track_record(rows, "koch", 0.8, 0.5, CARD)

    assert (found.answers, found.right, found.is_known) == (10, 9, True)
    assert found.interval[0] < 0.9 < found.interval[1]


def test_a_few_answers_make_no_share():
    rows = [answered(0.8, "same")] * (FEWEST - 1)
    assert not track_record(rows, "koch", 0.8, 0.5, CARD).is_known
