"""The log in other hands: saved by a spreadsheet, emptied, replaced, deleted, and what is kept of it."""

import contextlib
import os
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from siamese_core.answers.label_row import COLUMNS, LabelRow
from siamese_core.answers.pair_log import PairLog
from siamese_core.errors import UserError

ROW = LabelRow(
    left_id="a", right_id="b", answer="same", annotator="Zoë", koch_similarity="0.25", note="=1;\r\n'x"
)
FORMS = {
    "line ends of CR only": lambda text: text.replace("\r\n", "\r").encode(),
    "CR only and Mac Roman": lambda text: text.replace("\r\n", "\r").encode("mac_roman"),
    "semicolons": lambda text: text.replace(",", ";").encode(),
    "tabs": lambda text: text.replace(",", "\t").encode(),
    "sep=;": lambda text: b"sep=;\r\n" + text.replace(",", ";").encode(),
    "decimal commas": lambda text: text.replace(",", ";").replace("0.25", "0,25").encode(),
    "UTF-16": lambda text: text.replace(",", "\t").encode("utf-16"),
    "UTF-16 BE": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "UTF-16 without its mark": lambda text: text.encode("utf-16-le"),
    "Windows-1252": lambda text: text.encode("cp1252"),
    "blank rows above and below": lambda text: f",,\r\n{text},,,\r\n\r\n".encode(),
    "columns in capitals": lambda text: text.replace(",".join(COLUMNS), ",".join(COLUMNS).upper()).encode(),
    "a column of somebody's own": lambda text: text.replace("\r\n", ",mine\r\n").encode(),
}


@pytest.fixture
def log(tmp_path):
    return PairLog(tmp_path / "pairs.csv")


def beside(log: PairLog, kind: str) -> list[Path]:
    return sorted(log.path.parent.glob(f"pairs.{kind}-*.csv"))


@pytest.mark.parametrize("serving", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_a_log_that_another_program_saved_loses_no_answer(log, form, serving):
    row = replace(ROW, note="plain")
    log.append_many([row, replace(row, answer="unsure"), row])
    before = log.rows()
    foreign = FORMS[form](log.path.read_bytes().decode())
    log.path.write_bytes(foreign)
    log = log if serving else PairLog(log.path)
    assert log.rows() == before and log.path.read_bytes() == foreign
    assert "saved by another program" in log.problem()
    assert "saved by another program" in log.check().rejected[-1].why
    log.append(row)
    assert [each.label_id for each in PairLog(log.path).rows()[:3]] == [each.label_id for each in before]
    assert log.path.read_bytes().startswith(",".join(COLUMNS).encode() + b"\r\n1,")
    assert len(log.rows()) == 4 and log.problem() is None
    (aside,) = beside(log, "as-saved")
    assert aside.read_bytes() == foreign
    (told,) = log.check().rejected
    assert told.line == 0 and aside.name in told.why


@pytest.mark.parametrize("date", ["04.03.2026 05:06:07", "3/28/2026 5:06:07 AM"])
def test_times_that_a_spreadsheet_made_its_own_cost_no_answer(log, date):
    iso = "2026-03-04T05:06:07.000Z" if "." in date else "2026-03-28T05:06:07.000Z"
    log.append_many([replace(ROW, created_at=iso, note="plain")] * 3)
    before = log.rows()
    log.path.write_bytes(log.path.read_bytes().replace(iso.encode(), date.encode()))
    assert log.rows() == PairLog(log.path).rows() == before
    assert "saved by another program" in log.problem()


def test_lines_that_the_other_program_spoilt_are_counted_where_the_file_is_kept(log):
    log.append_many([ROW, ROW])
    log.path.write_bytes(log.path.read_bytes().decode().replace(",", ";").replace("same", "sane", 1).encode())
    log.append(ROW)
    assert len(log.rows()) == 2
    assert "1 of its lines could not be read" in log.check().rejected[-1].why


@pytest.mark.parametrize("form", FORMS)
def test_a_log_in_any_form_can_be_imported(log, tmp_path, form):
    log.append_many([replace(ROW, note="plain", source="page", correction="0")] * 2)
    file = tmp_path / "foreign.csv"
    file.write_bytes(FORMS[form](log.path.read_bytes().decode()))
    other = PairLog(tmp_path / "other.csv")
    assert (other.import_csv(file, {"a", "b"}).added, other.rows()) == (2, log.rows())


def test_random_damage_is_told_in_words_and_costs_no_answer_that_was_read(log):
    rng = np.random.default_rng(6)
    log.append_many([replace(ROW, label_id=str(number)) for number in range(6)])
    whole = np.frombuffer(log.path.read_bytes(), np.uint8)
    for _ in range(150):
        damaged = whole.copy()
        damaged[rng.integers(rng.choice([100, len(whole)]), size=2)] = rng.choice(
            [0, 10, 13, 34, 44, 59, 255], 2
        )
        log.path.write_bytes(damaged[: rng.integers(len(whole) + 1)].tobytes())
        other = PairLog(log.path)
        with contextlib.suppress(UserError):
            before = {row.label_id for row in other.rows()}
            new = other.append(ROW)
            assert {row.label_id for row in other.rows()} == before | {new}
        other.problem()


@pytest.mark.parametrize("damage", ["emptied", "deleted", "cut short", "another log"])
def test_answers_that_vanish_while_serving_are_told_and_kept(log, damage):
    ids = log.append_many([replace(ROW, label_id=str(number)) for number in range(13)])
    whole = log.path.read_bytes()
    if damage == "deleted":
        log.path.unlink()
    else:
        lines = whole.splitlines(keepends=True)
        content = {"emptied": b"", "cut short": b"".join(lines[:3]), "another log": lines[0]}
        log.path.write_bytes(content[damage])
    assert "answers that were in the log are no longer there" in log.problem()
    (copy,) = beside(log, "backup")
    assert copy.read_bytes() == whole
    new = log.append(replace(ROW, label_id="new"))
    assert log.rows()[-1].label_id == new and copy.name in log.problem()
    assert copy.name in log.check().rejected[-1].why
    assert copy.name in PairLog(log.path).problem()  # also of a program that starts later
    log.import_csv(copy, {"a", "b"})
    assert log.problem() is None and {row.label_id for row in log.rows()} == {*ids, new}
    assert beside(log, "backup") == [copy]


@pytest.mark.parametrize("damage", ["emptied", "deleted", "cut short", "zeros"])
def test_answers_that_vanish_while_nothing_serves_are_told_from_the_first_day_on(log, damage):
    other = PairLog(log.path)
    for number in range(13):  # by two processes in turn
        (other if number % 2 else log).append(replace(ROW, label_id=str(number)))
    whole = log.path.read_bytes()
    if damage == "deleted":
        log.path.unlink()
    else:
        kept = {"emptied": b"", "cut short": whole[: whole.index(b"\n") + 1], "zeros": bytes(len(whole) + 9)}
        log.path.write_bytes(kept[damage])
    (copy,) = beside(log, "backup")
    assert copy.read_bytes() == whole
    again = PairLog(log.path)
    assert again.problem().startswith("13 answers that were in the log are no longer there")
    assert copy.name in again.check().rejected[-1].why
    again.append(replace(ROW, label_id="new"))
    assert again.import_csv(copy, {"a", "b"}).added == 13 and again.problem() is None


def test_a_lock_that_is_a_folder_is_named(log):
    log.path.with_name("pairs.csv.lock").mkdir(parents=True)
    with pytest.raises(UserError, match="Received: pairs.csv.lock: "):
        log.append(ROW)


def test_the_loss_is_told_no_more_once_the_copy_is_deleted(log):
    log.append(ROW)
    log.path.unlink()
    assert "1 answer that was in the log is no longer there" in log.problem()
    beside(log, "backup")[0].unlink()
    assert log.problem() is None and log.check().rejected == []


@pytest.mark.parametrize("put", [lambda path: path.mkdir(), lambda path: os.mkfifo(path)])
def test_a_folder_in_place_of_the_log_is_named_and_all_goes_on_when_it_is_gone(log, put):
    log.append_many([ROW] * 3)
    moved = log.path.rename(log.path.with_name("moved"))
    put(log.path)
    for use in (log.rows, log.check, log.counts, lambda: log.append(ROW), PairLog(log.path).rows):
        with pytest.raises(UserError, match="must be a file.*Received: pairs.csv, which is"):
            use()
    assert "pairs.csv, which is" in log.problem()
    log.path.rmdir() if log.path.is_dir() else log.path.unlink()
    moved.rename(log.path)
    log.append(ROW)
    assert len(log.rows()) == 4 and log.problem() is None


def test_a_file_that_is_no_log_is_named_and_the_answers_before_it_are_kept(log):
    log.append_many([ROW] * 3)
    whole = log.path.read_bytes()
    log.path.write_bytes(b"left,right,same\r\n1,2,3\r\n")
    assert "names its columns" in log.problem()
    assert f"The answers that were in it are in {beside(log, 'backup')[0].name}" in log.problem()
    assert [copy.read_bytes() for copy in beside(log, "backup")] == [whole]


def test_messages_name_the_file_and_not_the_folders_of_the_server(log):
    log.path.mkdir()
    assert str(log.path.parent) not in log.problem()
    with pytest.raises(UserError) as told:
        log.append(ROW)
    assert str(log.path.parent) not in str(told.value)


def test_a_daily_copy_is_kept_and_only_the_last_ones(log):
    log.append(ROW)
    (first,) = beside(log, "backup")
    first.unlink()
    for day in range(8):
        log.path.with_name(f"pairs.backup-2026010{day + 1}T000000.000000Z.csv").write_bytes(
            log.path.read_bytes()
        )
    larger = log.path.with_name("pairs.backup-20250101T000000.000000Z.csv")
    larger.write_bytes(log.path.read_bytes() * 9)
    before = copies = beside(log, "backup")
    again = PairLog(log.path)
    again.append(ROW)
    again.append(ROW)
    PairLog(log.path).append(ROW)
    copies = beside(log, "backup")
    assert copies[0] == larger and len(copies) == 6 and len(set(copies) - set(before)) == 1
    assert copies[-1].read_bytes() == log.path.read_bytes()


def test_a_copy_that_cannot_be_written_keeps_no_answer_from_being_saved(log, monkeypatch):
    def full(file, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("siamese_core.answers.stores.log_copies.replace_file", full)
    log.append(ROW)
    again = PairLog(log.path)
    again.append(ROW)
    assert len(again.rows()) == 2
    log.path.write_bytes(b"")
    assert "no copy could be written" in again.problem()


def test_rows_of_separators_and_words_typed_by_hand_are_read_in_the_log_itself(log):
    log.append_many([replace(ROW, label_id="1"), replace(ROW, label_id="2")])
    lines = log.path.read_bytes().decode()
    log.path.write_bytes((lines.replace(",same,", ", Same,", 1) + "," * 23 + "\r\n,,\r\n").encode())
    assert [row.answer for row in log.rows()] == ["same", "same"]
    assert log.check().rejected == [] and log.problem() is None


def test_answers_given_while_the_log_is_checked_are_not_told_as_lost(log):
    """The daily copy is read after the log, and has by then what was answered meanwhile."""
    log.append(ROW)
    other, ended = PairLog(log.path), threading.Event()

    def answering() -> None:
        while not ended.is_set():
            other.append(ROW)

    thread = threading.Thread(target=answering)
    thread.start()
    try:
        told = [each.why for _ in range(40) for each in log.check().rejected]
    finally:
        ended.set()
        thread.join()
    assert told == []
