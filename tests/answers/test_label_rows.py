"""Which rows are fit, which answers stand, which contradict each other or the encoders."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from siamese_core.answers.label_rows import (
    COLUMNS,
    SETTLES,
    LabelRow,
    Verdict,
    completed,
    conflicting_labels,
    correction_of,
    logged_verdicts,
    row_problem,
    settled_labels,
    standing_labels,
    verdict_cells,
)


def label(label_id: str, pair: str = "ab", answer: str = "same", annotator: str = "Ada") -> LabelRow:
    return completed(
        LabelRow(label_id=label_id, left_id=pair[0], right_id=pair[1], answer=answer, annotator=annotator)
    )


def undo(target_id: str) -> LabelRow:
    return completed(LabelRow(label_id=f"undo-{target_id}", event="undo", target_id=target_id))


def ids(rows) -> list[str]:
    return [row.label_id for row in rows]


def test_the_columns_are_those_of_the_contract_in_its_order():
    assert ",".join(COLUMNS) == (
        "schema,label_id,event,target_id,created_at,session_id,annotator,source,task,group_id,left_id,right_id,"
        "answer,correction,reason,probability,koch_checkpoint,koch_similarity,koch_threshold,"
        "resnet50_checkpoint,resnet50_similarity,resnet50_threshold,milliseconds,note"
    )


def test_completing_fills_only_what_is_empty():
    first, second = completed(LabelRow(left_id="a")), completed(LabelRow(left_id="a"))
    assert (first.schema, first.event, first.left_id, first.answer) == ("1", "label", "a", "")
    assert first.label_id and first.label_id != second.label_id
    age = datetime.now(UTC) - datetime.fromisoformat(first.created_at)
    assert 0 <= age.total_seconds() < 60 and first.created_at.endswith("Z") and first.created_at[-5] == "."
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


def test_the_latest_answer_of_an_annotator_on_a_pair_counts_in_either_order_of_the_images():
    rows = [
        label("1", "ab", "same"),
        label("2", "cd"),
        label("3", "ba", "different"),
        label("4", "ab", "same", "Bo"),
    ]
    assert ids(standing_labels(rows)) == ["2", "3", "4"]


def test_the_latest_is_the_last_in_the_log_even_where_a_clock_went_back():
    rows = [replace(label("1"), created_at="2099-01-01T00:00:00.000Z"), label("2", answer="different")]
    assert ids(standing_labels(rows)) == ["2"]


def test_what_is_undone_does_not_count_and_the_answer_before_it_counts_again():
    rows = [label("1", answer="same"), label("2", answer="different"), undo("2")]
    assert ids(standing_labels(rows)) == ["1"]
    assert standing_labels([*rows, undo("1")]) == []


def test_annotators_who_disagree_make_a_conflict_until_one_gives_way():
    rows = [label("1", "ab", "same", "Ada"), label("2", "ba", "different", "Bo"), label("3", "cd")]
    assert [ids(group) for group in conflicting_labels(standing_labels(rows))] == [["1", "2"]]
    assert ids(settled_labels(rows)) == ["3"]
    agreed = [*rows, label("4", "ab", "same", "Bo")]
    assert conflicting_labels(standing_labels(agreed)) == []
    assert ids(settled_labels(agreed)) == ["1", "3", "4"]
    assert ids(settled_labels([*rows, undo("1")])) == ["2", "3"]


def test_unsure_contradicts_nobody_and_trains_nothing():
    rows = [label("1", "ab", "same", "Ada"), label("2", "ab", "unsure", "Bo"), label("3", "cd", "unsure")]
    assert conflicting_labels(standing_labels(rows)) == []
    assert ids(settled_labels(rows)) == ["1"]


def test_an_image_against_itself_trains_nothing():
    assert settled_labels([label("1", "aa")]) == []


def verdict(encoder: str, same: bool) -> Verdict:
    return Verdict(encoder, f"{encoder}-1", 0.75 if same else 0.25, 0.5, same)


@pytest.mark.parametrize(
    ("answer", "verdicts", "correction"),
    [
        ("same", (True, True), "0"),
        ("same", (True, False), "1"),
        ("different", (True, False), "1"),
        ("different", (False, False), "0"),
        ("unsure", (True, False), "0"),
        ("same", (), "0"),
    ],
)
def test_a_correction_contradicts_at_least_one_encoder(answer, verdicts, correction):
    spoken = [verdict(name, same) for name, same in zip(("koch", "resnet50"), verdicts, strict=False)]
    assert correction_of(answer, spoken) == correction


def test_verdicts_read_back_from_their_cells_exactly():
    verdicts = [
        Verdict("koch", "koch-1", float(np.float32(0.1)), 0.1, True),
        Verdict("resnet50", "resnet50-1", 1e-9, 0.0, True),
    ]
    row = replace(label("1"), **verdict_cells(verdicts))
    assert row_problem(row) is None
    assert logged_verdicts(row) == verdicts
    assert logged_verdicts(label("2")) == []


def test_only_the_encoders_that_have_columns_are_logged():
    assert verdict_cells([verdict("small_cnn", True)]) == {}


def settling(label_id: str, answer: str, annotator: str = "Judge") -> LabelRow:
    return replace(label(label_id, answer=answer, annotator=annotator), note=SETTLES)


def test_an_answer_that_settles_overrules_all_before_it():
    rows = [label("1"), label("2", answer="different", annotator="Bob"), settling("3", "different")]
    assert conflicting_labels(standing_labels(rows)) == []
    assert ids(settled_labels(rows)) == ["3"]
    assert len(standing_labels(rows)) == 3  # nobody's answer is taken back by it


def test_one_of_the_two_may_settle():
    rows = [label("1"), label("2", answer="different", annotator="Bob"), settling("3", "different", "Ada")]
    assert conflicting_labels(standing_labels(rows)) == []
    assert ids(settled_labels(rows)) == ["3"]


def test_a_conflict_settled_as_unsure_trains_nothing():
    rows = [label("1"), label("2", answer="different", annotator="Bob"), settling("3", "unsure")]
    assert conflicting_labels(standing_labels(rows)) == [] == settled_labels(rows)


def test_who_contradicts_what_was_settled_opens_it_again():
    rows = [label("1"), label("2", answer="different", annotator="Bob"), settling("3", "different")]
    rows.append(label("4"))
    (group,) = conflicting_labels(standing_labels(rows))
    assert ids(group) == ["3", "4"] and settled_labels(rows) == []
    rows.append(label("5", answer="different"))
    assert ids(settled_labels(rows)) == ["3", "5"]


def test_undoing_what_settled_opens_the_conflict_again():
    rows = [label("1"), label("2", answer="different", annotator="Bob"), settling("3", "same"), undo("3")]
    (group,) = conflicting_labels(standing_labels(rows))
    assert ids(group) == ["1", "2"]
