"""A person's answers set aside as a whole, and brought back."""

import random

from siamese_core.annotators.setting_aside import bring_back, set_aside
from siamese_core.answers.label_row import AGENT, SET_ASIDE, LabelRow, completed, row_problem
from siamese_core.answers.pair_log import PairLog
from siamese_core.answers.settled import standing_labels

OWNER = LabelRow(annotator="Olga", source="page")


def label(pair: str, annotator: str, answer: str = "same", **cells: str) -> LabelRow:
    return LabelRow(left_id=pair[0], right_id=pair[1], annotator=annotator, answer=answer, **cells)


def test_what_is_set_aside_counts_nowhere_and_stays_in_the_log(tmp_path):
    log = PairLog(tmp_path / "pairs.csv")
    log.append_many([label("ab", "Ada", correction="1"), label("ab", "Bo", "different"), label("cd", "Bo")])
    before = log.counts()
    set_aside(log, "Bo", OWNER)
    log.append(label("ef", "Bo"))
    assert [row.annotator for row in log.labels()] == [row.annotator for row in log.settled()] == ["Ada"]
    assert [row.annotator for row in log.latest(5)] == ["Ada"]
    assert log.conflicts() == [] and len(log.rows()) == 5
    assert (log.counts().labels, log.counts().conflicts) == (1, 0)
    bring_back(log, "Bo", OWNER)
    assert (log.counts().labels, log.counts().conflicts) == (before.labels + 1, before.conflicts)
    again = PairLog(tmp_path / "pairs.csv")
    assert again.counts() == log.counts() and again.check().rejected == []


def test_an_export_is_imported_with_what_is_set_aside(tmp_path):
    log, other = PairLog(tmp_path / "pairs.csv"), PairLog(tmp_path / "other.csv")
    log.append_many([label("ab", "Ada"), label("cd", "Bo")])
    set_aside(log, "Bo", OWNER)
    other.copy_from(log)
    assert other.rows() == log.rows() and len(other.labels()) == 1


def test_running_counts_equal_those_of_the_whole_log_in_any_order_of_events(tmp_path):
    log, draw = PairLog(tmp_path / "pairs.csv"), random.Random(0)
    aside: set[str] = set()
    for _ in range(25):
        name = draw.choice(["Ada", "Bo", "Cy"])
        if draw.random() < 0.2 and name in {row.annotator for row in log.rows() if row.event == "label"}:
            (bring_back if name in aside else set_aside)(log, name, OWNER)
            aside ^= {name}
        else:
            log.append(label(draw.choice(["ab", "cd", "ef"]), name, draw.choice(["same", "different"])))
        assert log.counts().labels == len(standing_labels(log.rows()))
        assert log.counts().conflicts == len(log.conflicts())


def test_an_agent_sets_nobody_aside():
    assert "agent" in row_problem(completed(LabelRow(event=SET_ASIDE, target_id="Ada", source=AGENT)))
