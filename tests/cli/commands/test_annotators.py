"""`annotators` on logs of a few rows."""

from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import log_of


def answered(home, *names: str) -> None:
    log_of(home).append_many(
        [LabelRow(annotator=name, left_id="a", right_id="b", answer="same") for name in names]
    )


def test_everybody_is_listed_with_figures_or_in_words_why_there_are_none(run, workspace):
    answered(workspace, "Ada", "Bo")
    told = run("annotators", "--json").json()
    assert [each["annotator"] for each in told["annotators"]] == ["Ada", "Bo"]
    assert told["fleiss"] == {"pairs": 1, "kappa": None, "ci95": None}
    assert "too few pairs (1)" in run("annotators").text()


def test_a_log_without_answers_is_told(run, workspace):
    assert "Nobody has answered" in run("annotators").text()


def test_a_person_is_set_aside_once_and_brought_back(run, workspace):
    answered(workspace, "Ada", "Bo")
    told = run("annotators", "set-aside", "Bo", "--json").json()["annotators"]
    assert {each["annotator"]: each["set_aside"] for each in told} == {"Ada": False, "Bo": True}
    assert "already" in run("annotators", "set-aside", "Bo").error()
    assert "Ada, Bo" in run("annotators", "set-aside", "Cy").error()
    assert "count again" in run("annotators", "bring-back", "Bo").text()
    assert "whose answers count" in run("annotators", "bring-back", "Bo").error()


def test_gold_questions_are_added_listed_and_removed(run, workspace):
    answered(workspace, "Ada", "Bo")
    assert run("annotators", "gold", "add", "--settled", 5, "--json").json()["added"] == 1
    assert run("annotators", "gold", "list", "--json").json()["gold"] == [
        {"left": "a", "right": "b", "answer": "same"}
    ]
    assert "named by both" in run("annotators", "gold", "remove", "a").error()
    assert "1 removed" in run("annotators", "gold", "remove", "b", "a").text()
    assert "no gold questions" in run("annotators", "gold", "list").text()
