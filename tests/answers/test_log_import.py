"""Answers from somebody's CSV: what fits is taken, every other line is told why."""

import csv

import pytest

from siamese_core.answers.label_row import COLUMNS, LabelRow
from siamese_core.answers.pair_log import PairLog
from siamese_core.errors import UserError

IMAGES = {"a", "b", "c", "d"}


@pytest.fixture
def log(tmp_path):
    return PairLog(tmp_path / "workspace" / "pairs.csv")


@pytest.fixture
def file_of(tmp_path):
    def write(content: str | bytes):
        file = tmp_path / "answers.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return write


def test_three_columns_are_enough_in_any_order(log, file_of):
    report = log.import_csv(file_of("answer,left_id,right_id\nsame,a,b\ndifferent,c,d"), IMAGES)
    assert (report.rows, report.labels, report.added, report.rejected) == (2, 2, 2, [])
    first = log.rows()[0]
    assert (first.left_id, first.right_id, first.answer, first.source) == ("a", "b", "same", "import")
    assert (first.event, first.schema, first.correction) == ("label", "1", "0")
    assert first.label_id and first.created_at


def test_a_bad_line_is_rejected_with_its_number_and_the_others_are_taken(log, file_of):
    lines = [
        "left_id,right_id,answer,probability",
        "a,b,same,0.5",
        "a,b,maybe,",
        "a,gone,same,",
        "gone,b,same,",
        ",b,same,",
        "a,a,same,",
        "a,b,same,0.5,Ada",
        "a,b,same,2",
        'a,"b,same,',
        "c,d,unsure,",
    ]
    report = log.import_csv(file_of("\r\n".join(lines) + "\r\n"), IMAGES)
    assert report.rows == 2
    expected = [
        (3, "answer must be"),
        (4, "right_id: there is no image 'gone'"),
        (5, "left_id: there is no image 'gone'"),
        (6, "left_id is empty"),
        (7, "the same image"),
        (8, "a row has 4 cells, this one has 5"),
        (9, "probability must be"),
        (10, "never closed"),
    ]
    assert [each.line for each in report.rejected] == [line for line, _ in expected]
    for rejected, (_, why) in zip(report.rejected, expected, strict=True):
        assert why in rejected.why


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("left_id,answer\na,same\n", ["missing: right_id", "columns left_id, answer"]),
        ("left_id:right_id:answer\na:b:same\n", ["left_id:right_id:answer", "commas, semicolons or tabs"]),
        ("left_id,right_id,answer,anotator\na,b,same,Ada\n", ["unknown or twice: anotator"]),
        ("left_id,left_id,right_id,answer\na,a,b,same\n", ["unknown or twice: left_id, left_id"]),
        ("", ["columns none"]),
        (b"\x89PNG\r\n\x1a\n\0\0", ["missing: left_id, right_id, answer"]),
    ],
)
def test_wrong_columns_are_named_found_missing_and_unknown(log, file_of, content, words):
    with pytest.raises(UserError) as caught:
        log.import_csv(file_of(content), IMAGES)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert not log.path.exists()


def test_a_file_that_is_not_there_is_named(log, tmp_path):
    with pytest.raises(UserError, match="nowhere.csv"):
        log.import_csv(tmp_path / "nowhere.csv", IMAGES)


def test_the_same_file_adds_nothing_the_second_time(log, file_of):
    file = file_of("left_id,right_id,answer\na,b,same\na,b,different\na,b,same\nc,d,same\n")
    assert log.import_csv(file, IMAGES).added == 4
    again = log.import_csv(file, IMAGES)
    assert (again.added, again.rows, again.rejected) == (0, 4, [])
    assert [row.answer for row in log.labels()] == ["same", "same"]


def test_a_known_label_id_with_another_answer_is_rejected_not_swallowed(log, file_of):
    log.import_csv(file_of("label_id,left_id,right_id,answer\n7,a,b,same\n"), IMAGES)
    report = log.import_csv(
        file_of("label_id,left_id,right_id,answer\n7,a,b,different\n8,c,d,same\n"), IMAGES
    )
    assert (report.added, [each.line for each in report.rejected]) == (1, [2])
    assert "'7' is already in the log" in report.rejected[0].why


def test_a_whole_log_moves_to_another_workspace_undos_included(log, tmp_path):
    first = log.append(
        LabelRow(left_id="a", right_id="b", answer="same", annotator="=Ada", note='\'x\r\n"y";=1')
    )
    log.append(LabelRow(left_id="c", right_id="d", answer="different", annotator="Bo", source="page"))
    log.undo(first, "=Ada", "s")
    exported = tmp_path / "export.csv"
    log.export(exported)
    other = PairLog(tmp_path / "other.csv")
    report = other.import_csv(exported, IMAGES)
    assert (report.rows, report.labels, report.rejected) == (3, 1, [])
    kept = [(row.label_id, row.annotator, row.note, row.created_at) for row in log.rows()]
    assert [(row.label_id, row.annotator, row.note, row.created_at) for row in other.rows()] == kept
    assert other.import_csv(exported, IMAGES).added == 0


def test_an_undo_of_nothing_or_of_a_rejected_line_is_rejected(log, file_of):
    content = (
        "label_id,event,target_id,left_id,right_id,answer\n"
        "1,label,,a,b,same\n2,label,,a,gone,same\n3,undo,2,,,\n4,undo,1,,,\n5,undo,1,,,\n"
    )
    report = log.import_csv(file_of(content), IMAGES)
    assert [(each.line, each.why) for each in report.rejected] == [
        (3, "right_id: there is no image 'gone' in the workspace"),
        (4, "there is no label '2' to undo"),
        (6, "label '1' is already undone"),
    ]
    assert (report.rows, report.labels) == (2, 0)


def test_the_correction_is_worked_out_where_the_file_tells_what_the_encoders_said(log, file_of):
    content = (
        "left_id,right_id,answer,koch_checkpoint,koch_similarity,koch_threshold\n"
        "a,b,same,k,0.2,0.5\nc,d,same,k,0.5,0.5\n"
    )
    report = log.import_csv(file_of(content), IMAGES)
    assert [row.correction for row in log.rows()] == ["1", "0"] and report.corrections == 1


def test_formulas_in_a_foreign_file_are_kept_as_text_and_written_harmless(log, file_of):
    log.import_csv(file_of('left_id,right_id,answer,note\na,b,same,"=HYPERLINK(""http://x"")"\n'), IMAGES)
    assert log.rows()[0].note == '=HYPERLINK("http://x")'
    with log.path.open(newline="") as file:
        raw = list(csv.reader(file))
    assert raw[0] == list(COLUMNS) and raw[1][-1] == '\'=HYPERLINK("http://x")'


def test_a_text_too_long_for_the_log_costs_its_own_line_only(log, file_of):
    content = "left_id,right_id,answer,note\na,b,same," + "x" * 32_001 + "\nc,d,same," + "x" * 32_000 + "\n"
    report = log.import_csv(file_of(content), IMAGES)
    assert report.added == 1
    assert [(each.line, each.why) for each in report.rejected] == [
        (2, "a text has at most 32,000 characters, received 32,001")
    ]


def test_excel_s_dates_are_read_and_unclear_ones_become_the_time_of_the_import_with_a_note(log, file_of):
    content = "left_id;right_id;answer;created_at;annotator\r\na;b;same;{};Müller\r\nc;d;1;{};Zoë\r\n"
    report = log.import_csv(file_of(content.format("28.11.2026 14:05", "").encode("cp1252")), IMAGES)
    assert (report.added, report.notes) == (2, ())
    assert [row.annotator for row in log.rows()] == ["Müller", "Zoë"]
    assert log.rows()[0].created_at == "2026-11-28T14:05:00.000Z"
    unclear = file_of(content.format("03/04/2026", "sometime"))
    report = log.import_csv(unclear, IMAGES)
    assert report.added == 2 and "2 times of answers" in report.notes[0] and "line 2" in report.notes[0]
    assert {row.created_at[:4] for row in log.rows()[2:]} == {log.rows()[1].created_at[:4]}
    again = log.import_csv(unclear, IMAGES)
    assert (again.added, again.known, again.rejected) == (0, 2, [])


def test_numbers_with_commas_and_words_in_any_case_are_taken(log, file_of):
    content = "Left;Right;Same;koch checkpoint;koch similarity;koch threshold\na;b;Same;k;0,2;0,5\nc;d;?;;;\n"
    report = log.import_csv(file_of(content), IMAGES)
    assert (report.added, report.rejected) == (2, [])
    assert [(row.answer, row.correction, row.koch_similarity) for row in log.rows()] == [
        ("same", "1", "0.2"),
        ("unsure", "0", ""),
    ]


def test_a_row_may_lack_empty_cells_at_its_end_unless_a_program_wrote_it(log, file_of):
    short = "left_id,right_id,answer,note\na,b,same\n"
    assert log.import_csv(file_of(short), IMAGES).added == 1
    report = log.import_csv(file_of("label_id,left_id,right_id,answer,note\n7,a,b,same\n"), IMAGES)
    assert (report.added, report.rejected[0].why) == (0, "a row has 5 cells, this one has 4")
