"""The columns of the log and which rows are fit for it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from siamese_core.answers.label_row import COLUMNS, LabelRow, completed, row_problem


def label(label_id: str) -> LabelRow:
    return completed(LabelRow(label_id=label_id, left_id="a", right_id="b", answer="same", annotator="Ada"))


def test_the_columns_are_those_of_the_contract_in_its_order():
    assert ",".join(COLUMNS) == (
        "schema,label_id,event,target_id,created_at,session_id,annotator,source,task,group_id,left_id,right_id,"
        "answer,correction,reason,probability,koch_checkpoint,koch_similarity,koch_threshold,"
        "resnet50_checkpoint,resnet50_similarity,resnet50_threshold,milliseconds,note"
    )


def test_completing_fills_only_what_is_empty():
    before = datetime.now(UTC).replace(microsecond=0)
    first, second = completed(LabelRow(left_id="a")), completed(LabelRow(left_id="a"))
    assert (first.schema, first.event, first.left_id, first.answer) == ("1", "label", "a", "")
    assert first.label_id and first.label_id != second.label_id
    assert before <= datetime.fromisoformat(first.created_at) <= datetime.now(UTC)
    assert first.created_at.endswith("Z") and first.created_at[-5] == "."
    assert completed(first) == first


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"schema": "2"}, "schema must be one of 1, received '2'"),
        ({"label_id": ""}, "label_id is empty"),
        ({"event": "delete"}, "event must be one of label, undo"),
        ({"answer": "Same"}, "answer must be one of same, different, unsure, received 'Same'"),
        ({"answer": ""}, "answer must be"),
        ({"left_id": ""}, "left_id is empty"),
        ({"right_id": ""}, "right_id is empty"),
        ({"correction": "yes"}, "correction must be one of 0, 1"),
        ({"source": "mail"}, "source must be"),
        ({"task": "guess"}, "task must be"),
        ({"probability": "1.01"}, "probability must be a number from 0 to 1, received '1.01'"),
        ({"koch_similarity": "high"}, "koch_similarity must be"),
        ({"resnet50_threshold": "nan"}, "resnet50_threshold must be"),
        ({"created_at": "yesterday"}, "created_at must be"),
        ({"event": ""}, "event must be one of label, undo"),
        ({"event": "undo"}, "target_id, the label to undo, is empty"),
    ],
)
def test_an_unfit_row_is_told_why(changes, why):
    assert row_problem(label("1")) is None
    assert why in row_problem(replace(label("1"), **changes))


def test_a_row_needs_only_its_id_its_event_the_pair_and_the_answer():
    assert (
        row_problem(LabelRow(label_id="1", event="label", left_id="a", right_id="b", answer="same")) is None
    )
    assert row_problem(LabelRow(label_id="2", event="undo", target_id="1")) is None


def test_thresholds_of_zero_and_one_are_fit():
    assert (
        row_problem(replace(label("1"), koch_threshold="0.0", resnet50_threshold="1", probability="1e-7"))
        is None
    )
