"""The log by its verbs: append, undo, labels, conflicts, settled, check, export."""

import csv
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from siamese_core.answers.corrections import Verdict, correction_of, verdict_cells
from siamese_core.answers.counts import LogCounts
from siamese_core.answers.label_row import COLUMNS, LabelRow
from siamese_core.answers.pair_log import LogReport, PairLog
from siamese_core.answers.settled import SETTLES
from siamese_core.errors import UserError

ROW = LabelRow(left_id="a", right_id="b", answer="same", annotator="Ada", session_id="s", source="page")
NASTY = list('=+-@\'""\t\r\n\n ;,|x1') + ["\uff1d", "\ufeff", "é", "字"]


@pytest.fixture
def log(tmp_path):
    return PairLog(tmp_path / "new" / "workspace" / "pairs.csv")


def test_a_log_that_was_never_written_is_empty_and_reading_makes_no_file(log):
    assert (log.rows(), log.labels(), log.conflicts(), log.settled()) == ([], [], [], [])
    assert log.check() == LogReport(0, 0, 0, 0, [])
    assert not log.path.parent.exists()


def test_a_row_that_is_sent_again_is_added_once(log):
    row = replace(ROW, label_id="1" * 32, milliseconds="700")
    assert log.append_once(row) == log.append_once(replace(row, milliseconds="950")) == "1" * 32
    assert len(log.rows()) == 1 and log.rows()[0].milliseconds == "700"
    undo = LabelRow(label_id="2" * 32, event="undo", target_id="1" * 32, session_id="s")
    log.append_once(undo)
    log.append_once(undo)
    assert [each.event for each in PairLog(log.path).rows()] == ["label", "undo"]


@pytest.mark.parametrize("other", [{"answer": "different"}, {"right_id": "c"}, {"session_id": "t"}])
def test_an_id_is_not_taken_twice_for_different_answers(log, other):
    log.append_once(replace(ROW, label_id="1" * 32))
    with pytest.raises(UserError, match="already in the log"):
        log.append_once(replace(ROW, label_id="1" * 32, **other))
    assert len(log.rows()) == 1


def test_many_that_send_the_same_rows_at_once_add_each_once(log):
    rows = [replace(ROW, label_id=f"{number:032x}") for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(log.append_once, rows * 5))
    assert sorted(row.label_id for row in log.rows()) == [row.label_id for row in rows]


def test_the_file_is_the_contract_s_csv_with_its_header_once(log):
    verdicts = [
        Verdict("koch", "koch-1", 0.25, 0.5, False),
        Verdict("resnet50", "resnet50-1", 0.75, 0.5, True),
    ]
    row = replace(ROW, correction=correction_of("same", verdicts), **verdict_cells(verdicts))
    label_id = log.append(row)
    log.append(ROW)
    data = log.path.read_bytes()
    assert data.count(b"\r\n") == data.count(b"\n") == 3 and data.endswith(b"\r\n")
    with log.path.open(newline="", encoding="utf-8") as file:
        header, first, _ = csv.reader(file)
    assert header == list(COLUMNS)
    cells = dict(zip(header, first, strict=True))
    assert (cells["schema"], cells["event"], cells["label_id"]) == ("1", "label", label_id)
    assert (cells["correction"], cells["koch_similarity"], cells["resnet50_checkpoint"]) == (
        "1",
        "0.25",
        "resnet50-1",
    )
    assert cells["target_id"] == cells["note"] == ""


def test_every_text_reads_back_exactly_by_another_reader(log):
    rng = np.random.default_rng(5)
    rows = [
        replace(ROW, annotator="".join(rng.choice(NASTY, 6)), note="".join(rng.choice(NASTY, 12)))
        for _ in range(2_000)
    ]
    log.append_many(rows)
    read = PairLog(log.path).rows()
    assert [(row.annotator, row.note) for row in read] == [(row.annotator, row.note) for row in rows]
    assert read == log.rows()


def test_an_undone_label_counts_no_more_and_is_undone_once(log):
    label_id = log.append(ROW)
    undo_id = log.undo(label_id, "Ada", "s2", "api")
    assert log.labels() == []
    event = log.rows()[1]
    assert (event.label_id, event.event, event.target_id) == (undo_id, "undo", label_id)
    assert (event.annotator, event.session_id, event.source, event.answer) == ("Ada", "s2", "api", "")
    with pytest.raises(UserError, match="already undone"):
        log.undo(label_id, "Ada", "s2")
    with pytest.raises(UserError, match="no label 'unknown'"):
        log.undo("unknown", "Ada", "s2")
    with pytest.raises(UserError, match="no label"):
        log.undo(undo_id, "Ada", "s2")
    assert len(PairLog(log.path).rows()) == 2


def test_labels_conflicts_and_settled_follow_the_log(log):
    log.append(replace(ROW, answer="different"))
    log.append(ROW)
    log.append(replace(ROW, left_id="b", right_id="a", answer="different", annotator="Bo", correction="1"))
    log.append(replace(ROW, left_id="c", correction="1"))
    assert [row.answer for row in log.labels()] == ["same", "different", "same"]
    assert [[row.annotator for row in group] for group in log.conflicts()] == [["Ada", "Bo"]]
    assert [row.left_id for row in log.settled()] == ["c"]
    assert log.check() == LogReport(rows=4, labels=3, corrections=2, conflicts=1, rejected=[])


def test_the_counts_are_those_of_going_through_every_row_however_the_log_grew(log):
    rng = np.random.default_rng(3)
    other, open_ids = PairLog(log.path), []
    for number in range(150):
        writer = (log, other)[rng.integers(2)]
        if open_ids and rng.random() < 0.2:
            writer.undo(open_ids.pop(rng.integers(len(open_ids))), "Ada", "s")
        else:
            left, right = rng.choice(list("abcd"), 2, replace=False)
            answer = str(rng.choice(["same", "different", "unsure"]))
            row = replace(ROW, left_id=left, right_id=right, answer=answer, correction=str(rng.integers(2)))
            note = SETTLES if rng.random() < 0.1 else ""
            open_ids.append(writer.append(replace(row, annotator=str(rng.choice(["Ada", "Bo"])), note=note)))
        if number % 6:
            continue
        labels = log.labels()
        assert log.counts() == LogCounts(
            rows=len(log.rows()),
            labels=len(labels),
            corrections=sum(row.correction == "1" for row in labels),
            conflicts=len(log.conflicts()),
        )
    assert log.counts() == other.counts() == PairLog(log.path).counts()


def test_the_counts_of_a_log_that_was_never_written_are_nothing(log):
    assert log.counts() == LogCounts(0, 0, 0, 0)
    assert not log.path.parent.exists()


def test_rows_are_appended_together_or_not_at_all(log):
    log.append(ROW)
    before = log.path.read_bytes()
    for bad in (replace(ROW, answer="maybe"), replace(ROW, note="\0"), replace(ROW, note="x" * 32_001)):
        with pytest.raises(UserError):
            log.append_many([ROW, bad])
        assert log.path.read_bytes() == before and len(log.rows()) == 1
    assert len(set(log.append_many([ROW, ROW]))) == 2
    assert len(log.rows()) == 3


def test_an_unfit_first_row_makes_no_log(log):
    with pytest.raises(UserError, match="answer must be one of same, different, unsure"):
        log.append(replace(ROW, answer=""))
    log.append(ROW)
    assert log.path.read_bytes().startswith(b"schema,label_id,event") and len(log.rows()) == 1


def test_a_label_id_comes_once(log):
    log.append(replace(ROW, label_id="7"))
    with pytest.raises(UserError, match="'7' is already in the log"):
        log.append(replace(ROW, label_id="7", answer="different"))
    assert [row.answer for row in log.rows()] == ["same"]


def test_lines_that_are_no_rows_are_reported_and_cost_no_other_row(log):
    log.append_many([replace(ROW, label_id=str(number)) for number in range(4)])
    lines = log.path.read_bytes().splitlines(keepends=True)
    lines[1:1] = [b"not a row\r\n", b'1,"never closed\r\n', lines[2].replace(b"same", b"sane")]
    lines += [lines[-1], lines[-2].replace(b",2,label", b",9,label"), lines[0]]
    log.path.write_bytes(b"".join(lines))
    report = log.check()
    assert [row.label_id for row in log.rows()] == ["0", "1", "2", "3", "9"]
    assert [each.line for each in report.rejected] == [2, 3, 4, 9]
    for rejected, why in zip(report.rejected, ["24 cells", "never closed", "answer", "already"], strict=True):
        assert why in rejected.why
    log.append(ROW)
    assert (len(log.rows()), len(log.check().rejected)) == (6, 4)


def test_the_report_as_json_has_the_contract_s_keys(log):
    log.append(ROW)
    with log.path.open("ab") as file:
        file.write(b"scribble\r\n")
    report = log.check().json()
    assert list(report) == ["rows", "labels", "corrections", "conflicts", "rejected"]
    assert (report["rows"], [list(each) for each in report["rejected"]]) == (1, [["line", "why"]])


def test_a_file_that_is_no_log_is_refused_and_left_as_it_is(log):
    log.path.parent.mkdir(parents=True)
    for content in (b"left,right,same\r\na,b,1\r\n", b"\x89PNG\r\n\x1a\n\0", b"\n"):
        log.path.write_bytes(content)
        for use in (log.rows, log.check, lambda: log.append(ROW)):
            with pytest.raises(UserError, match="names its columns"):
                use()
        assert log.path.read_bytes() == content


def test_a_log_that_cannot_be_opened_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="Received: pairs.csv"):
        PairLog(tmp_path / "file" / "pairs.csv").append(ROW)
    for use in (PairLog(tmp_path).rows, lambda: PairLog(tmp_path).append(ROW)):
        with pytest.raises(UserError, match="a folder"):
            use()


def test_an_export_holds_the_good_rows_in_the_log_s_own_format(log, tmp_path):
    log.append(replace(ROW, note="=1\r\n'x"))
    whole = log.path.read_bytes()
    with log.path.open("ab") as file:
        file.write(b"scribble\r\n1,torn")
    target = tmp_path / "export.csv"
    target.write_text("old")
    report = log.export(target)
    assert target.read_bytes() == whole
    assert (report.rows, [each.line for each in report.rejected]) == (1, [4, 5])


def test_an_export_never_replaces_the_log_and_says_where_it_cannot_go(log, tmp_path):
    log.append(ROW)
    before, files = log.path.read_bytes(), sorted(log.path.parent.iterdir())
    with pytest.raises(UserError, match="a file of its own"):
        log.export(log.path.parent / ".." / "workspace" / "pairs.csv")
    with pytest.raises(UserError, match="existing folder"):
        log.export(tmp_path / "nowhere" / "export.csv")
    with pytest.raises(UserError, match="existing folder"):
        log.export(log.path.parent)
    assert log.path.read_bytes() == before and sorted(log.path.parent.iterdir()) == files


def test_the_last_answers_and_those_of_a_session_are_those_of_the_whole_log(log):
    """With changes of mind, and some taken back; asked of the rows as they come and of the file."""
    rng = np.random.default_rng(3)
    for number in range(30):
        pair = [str(each) for each in rng.choice(4, 2, replace=False)]
        who = {"annotator": str(rng.integers(2)), "session_id": str(rng.integers(3))}
        log.append(LabelRow(label_id=str(number), left_id=pair[0], right_id=pair[1], answer="same", **who))
        if number % 3 == 0:
            own = log.of_session(who["session_id"])
            log.undo(own[rng.integers(len(own))].label_id, "", "")
        undone = {row.target_id for row in log.rows() if row.event == "undo"}
        for asked in (log, PairLog(log.path)):
            labels = log.labels()[::-1]
            assert asked.latest(5) == labels[:5] and asked.latest(99) == labels
            for session in "012":
                rows = [row for row in log.rows() if row.event == "label" and row.session_id == session]
                assert asked.of_session(session) == [row for row in rows if row.label_id not in undone]
