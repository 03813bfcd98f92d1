"""How labelling stands, on answers counted by hand."""

import pytest

from siamese_core.annotators.share import Share
from siamese_core.answers.label_row import LabelRow
from siamese_core.labelling.standing import LATELY, standing_of


def row(answer: str, koch: float = 0.9, resnet50: float = 0.1, **cells) -> LabelRow:
    """koch says "same", resnet50 "different", unless told."""
    corrects = answer != "unsure" and (
        (koch >= 0.5) != (answer == "same") or (resnet50 >= 0.5) != (answer == "same")
    )
    given = {
        "task": "queue",
        "annotator": "Anne",
        "koch_similarity": str(koch),
        "koch_threshold": "0.5",
        "resnet50_similarity": str(resnet50),
        "resnet50_threshold": "0.5",
        "correction": "1" if corrects else "0",
    }
    return LabelRow(answer=answer, **(given | cells))


def test_only_the_queues_answers_are_counted_each_kind_and_person():
    found = standing_of(
        [
            row("same"),
            row("same", annotator="Bob"),
            row("unsure"),
            row("different"),
            row("same", task="compare"),
        ]
    )
    assert found.counts == {"same": 2, "unsure": 1, "different": 1} and found.answered == 4
    assert found.by_annotator == {"Anne": 3, "Bob": 1}


def test_agreement_leaves_out_what_nobody_could_tell():
    found = standing_of([row("same"), row("same"), row("different"), row("unsure")])
    assert found.agreed == {"koch": Share(2, 3), "resnet50": Share(1, 3)}
    assert found.agreed["koch"].share == pytest.approx(2 / 3)
    low, high = found.agreed["koch"].interval
    assert 0.2 < low < 2 / 3 < high < 0.95


def test_lately_is_the_last_answers_only():
    old = [row("different", koch=0.9, resnet50=0.9)] * 30
    found = standing_of([*old, *[row("same", koch=0.9, resnet50=0.9)] * LATELY])
    assert found.corrected_lately == Share(0, LATELY)
    assert found.lately["koch"] == Share(LATELY, LATELY)
    assert found.agreed["koch"] == Share(LATELY, LATELY + 30)


def test_audited_pairs_are_those_drawn_at_random():
    found = standing_of([row("same", reason="random_audit"), row("same", reason="uncertain")])
    assert found.audited == {"koch": Share(1, 1), "resnet50": Share(0, 1)}


def test_without_answers_nothing_is_claimed():
    found = standing_of([])
    assert (found.answered, found.agreed["koch"].share, found.corrected_lately.count) == (0, None, 0)
    assert found.agreed["koch"].interval == (0.0, 1.0)


def test_answers_that_no_encoder_judged_say_nothing_of_encoders():
    numbers = [f"{slot}_{number}" for slot in ("koch", "resnet50") for number in ("similarity", "threshold")]
    found = standing_of([row("same", **dict.fromkeys(numbers, "")), row("different")])
    assert found.answered == 2 and found.corrected_lately == Share(1, 1)
    assert [found.agreed[slot].count for slot in ("koch", "resnet50")] == [1, 1]
