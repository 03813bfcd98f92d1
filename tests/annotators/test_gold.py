"""Gold questions, kept in a file that is only appended to."""

import pytest

from siamese_core.annotators.gold import GoldQuestions
from siamese_core.annotators.people import people
from siamese_core.annotators.share import Share
from siamese_core.answers.label_row import GOLD, LabelRow, completed
from siamese_core.answers.settled import conflicting_labels, settled_labels, standing_labels
from siamese_core.errors import UserError

PAIR = ("a", "b")


def test_what_is_added_and_removed_is_known_to_others_too(tmp_path):
    gold, other = GoldQuestions(tmp_path), GoldQuestions(tmp_path)
    assert other.answers() == {}
    assert gold.add({PAIR: "same", ("c", "d"): "different"}) == 2
    assert gold.add({PAIR: "same"}) == 0
    assert other.answers() == {PAIR: "same", ("c", "d"): "different"}
    assert other.remove([PAIR, ("x", "y")]) == 1
    assert gold.answers() == {("c", "d"): "different"}


def test_a_torn_line_is_left_out_and_unsure_is_no_known_answer(tmp_path):
    gold = GoldQuestions(tmp_path)
    with pytest.raises(UserError, match="same or different"):
        gold.add({PAIR: "unsure"})
    (tmp_path / "gold.jsonl").write_text('{"left_id": "a", "ri')
    assert gold.add({PAIR: "same"}) == 1
    assert GoldQuestions(tmp_path).answers() == {PAIR: "same"}


def test_an_answer_to_a_gold_question_tells_of_the_person_and_trains_nothing():
    def label(annotator: str, answer: str, reason: str) -> LabelRow:
        cells = {"left_id": "a", "right_id": "b", "annotator": annotator}
        return completed(LabelRow(answer=answer, reason=reason, **cells))

    rows = [label("Ada", "same", "uncertain"), label("Bo", "different", GOLD), label("Ada", "same", GOLD)]
    assert [row.reason for row in settled_labels(rows)] == ["uncertain"]
    assert conflicting_labels(standing_labels(rows)) == []
    found = {each.name: each.gold for each in people(rows, {PAIR: "same"})}
    assert found == {"Ada": Share(1, 1), "Bo": Share(0, 1)}
