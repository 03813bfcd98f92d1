"""Which answers stand, which contradict each other, and which may be trained on."""

from dataclasses import replace

from siamese_core.answers.label_row import LabelRow, completed
from siamese_core.answers.settled import SETTLES, conflicting_labels, settled_labels, standing_labels


def label(label_id: str, pair: str = "ab", answer: str = "same", annotator: str = "Ada") -> LabelRow:
    return completed(
        LabelRow(label_id=label_id, left_id=pair[0], right_id=pair[1], answer=answer, annotator=annotator)
    )


def undo(target_id: str) -> LabelRow:
    return completed(LabelRow(label_id=f"undo-{target_id}", event="undo", target_id=target_id))


def ids(rows) -> list[str]:
    return [row.label_id for row in rows]


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


def agents(label_id: str, answer: str, annotator: str = "agent Bot") -> LabelRow:
    return replace(label(label_id, answer=answer, annotator=annotator), source="agent")


def test_what_an_agent_answered_trains_nothing_until_a_person_has_answered_it():
    alone = [agents("1", "same")]
    assert settled_labels(alone) == [] and ids(standing_labels(alone)) == ["1"]
    assert ids(settled_labels([*alone, label("2", answer="same")])) == ["2"]


def test_an_agent_neither_disputes_nor_replaces_what_a_person_answered():
    rows = [label("1", answer="same"), agents("2", "different"), agents("3", "different", "Ada")]
    assert ids(settled_labels(rows)) == ["1"]
    assert conflicting_labels(standing_labels(rows[:2])) == []
    undone = replace(undo("1"), source="agent")
    assert ids(settled_labels([*rows, undone])) == ["1"]
