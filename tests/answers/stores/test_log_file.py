"""The log's file under many writers, kills, power cuts, full disks and other hands."""

import contextlib
import csv
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helpers.paths import ROOT
from siamese_core.answers.label_row import COLUMNS, LabelRow
from siamese_core.answers.pair_log import PairLog
from siamese_core.errors import UserError

ROW = LabelRow(left_id="a", right_id="b", answer="same", annotator="Ada")

# 25 threads, 100 answers each: most one by one, ten of a hundred in one write; all begin together.
MANY_CLIENTS = """
import sys, threading
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import PairLog

path, process = sys.argv[1:]
log, begin = PairLog(path), threading.Event()

def row(client, number):
    note = f"{process}-{client}-{number}\\n;=x" if number % 7 == 0 else f"{process}-{client}-{number}"
    return LabelRow(left_id="a", right_id="b", answer="same", annotator=f"{process}-{client}", note=note)

def client(name):
    begin.wait()
    for number in range(30):
        log.append(row(name, number))
    log.append_many([row(name, number) for number in range(30, 40)])

threads = [threading.Thread(target=client, args=(name,)) for name in range(25)]
for thread in threads: thread.start()
print("ready", flush=True)
sys.stdin.readline()
begin.set()
for thread in threads: thread.join()
"""

# Tells each label_id once it is saved, until it is killed; some writes are so long that kills hit them.
APPEND_FOR_EVER = """
import sys
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import PairLog

log = PairLog(sys.argv[1])
row = LabelRow(left_id="a", right_id="b", answer="same", annotator="Ada", note='two\\nlines "quoted" 字')
long = LabelRow(left_id="a", right_id="b", answer="same", annotator="Ada", note="字" * 32_000)
while True:
    print(log.append(row), flush=True)
    print(*log.append_many([long] * 50), sep="\\n", flush=True)
"""


def start(script: str, *arguments: object) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def log(tmp_path):
    return PairLog(tmp_path / "pairs.csv")


def set_aside(log: PairLog) -> list[Path]:
    return sorted(log.path.parent.glob("pairs.csv.torn-*"))


def test_two_processes_and_fifty_clients_lose_no_answer_and_double_none(log):
    processes = [start(MANY_CLIENTS, log.path, name) for name in "AB"]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=120)
        assert process.returncode == 0
    with log.path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file, strict=True)
    assert header == list(COLUMNS) and len(rows) == 2_000
    read = log.rows()
    expected = {f"{p}-{client}-{number}" for p in "AB" for client in range(25) for number in range(40)}
    assert {row.note.split("\n")[0] for row in read} == expected
    assert len({row.label_id for row in read}) == len(read) == 2_000
    for client in {row.annotator for row in read}:
        numbers = [int(row.note.split("\n")[0].split("-")[2]) for row in read if row.annotator == client]
        assert numbers == list(range(40))
    assert log.check().rejected == [] and set_aside(log) == []


def test_threads_that_share_one_log_read_their_own_rows_at_once(log):
    wrong = []

    def client():
        for _ in range(20):
            label_id = log.append(ROW)
            if label_id not in {row.label_id for row in log.rows()}:
                wrong.append(label_id)

    threads = [threading.Thread(target=client) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [] and len(PairLog(log.path).rows()) == 160


def test_one_label_is_undone_once_however_many_try(log):
    label_id = log.append(ROW)
    others, outcomes = [PairLog(log.path) for _ in range(8)], []

    def client(own: PairLog):
        try:
            outcomes.append(own.undo(label_id, "Ada", "s"))
        except UserError:
            outcomes.append(None)

    threads = [threading.Thread(target=client, args=(own,)) for own in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(outcome is not None for outcome in outcomes) == 1 and len(log.rows()) == 2


def test_every_row_that_was_reported_saved_survives_kill_9_in_the_middle_of_an_append(log):
    rng = np.random.default_rng(9)
    saved = []
    for _ in range(2):
        process = start(APPEND_FOR_EVER, log.path)
        saved.append(process.stdout.readline().strip())
        size = log.path.stat().st_size + rng.integers(1, 3_000_000)
        while log.path.stat().st_size < size:  # a long write is under way
            assert process.poll() is None
        process.kill()
        told = process.communicate(timeout=60)[0]
        assert process.returncode == -9
        saved += told.split("\n")[: told.count("\n")]
        assert set(saved) <= {row.label_id for row in log.rows()}
        saved.append(log.append(ROW))
    rows = PairLog(log.path).rows()
    ids = [row.label_id for row in rows]
    assert set(saved) <= set(ids) and len(set(ids)) == len(ids)
    assert {row.note for row in rows} <= {'two\nlines "quoted" 字', "字" * 32_000, ""}
    assert [each.line for each in log.check().rejected] == [0] * len(set_aside(log))


def test_a_torn_end_is_reported_then_set_aside_and_costs_no_other_row(log):
    kept = log.append_many([ROW, replace(ROW, note="two\nlines")])
    whole = log.path.read_bytes()
    log.append(replace(ROW, annotator="Bo", note='last\r\n"row" 字'))
    last = log.path.read_bytes()[len(whole) :]
    for cut in range(1, len(last), 5):
        for copy in log.path.parent.glob("pairs.backup-*"):
            copy.unlink()  # else what is cut off here is told as lost
        log.path.write_bytes(whole)
        log = PairLog(log.path)
        assert [row.label_id for row in log.rows()] == kept
        log.path.write_bytes(whole + last[:cut])
        [rejected] = log.check().rejected
        assert rejected.line == 5 and "torn" in rejected.why and set_aside(log) == []
        own = log if cut % 2 else PairLog(log.path)
        added = own.append(ROW)
        assert [row.label_id for row in log.rows()] == [*kept, added]
        assert log.path.read_bytes().startswith(whole + b"1,")
        [torn] = set_aside(log)
        assert torn.name.startswith("pairs.csv.torn-") and torn.read_bytes() == last[:cut]
        [rejected] = log.check().rejected
        assert rejected.line == 0 and torn.name in rejected.why
        torn.unlink()
    assert log.check().rejected == []


def test_a_torn_first_line_is_set_aside_and_the_header_is_written_anew(log):
    log.append(ROW)
    whole = log.path.read_bytes()
    for cut in (1, 30, whole.index(b"\n")):
        log.path.write_bytes(whole[:cut])
        assert log.rows() == []
        log.append(ROW)
        assert log.path.read_bytes().split(b"\n")[0] == whole.split(b"\n")[0] and len(log.rows()) == 1
    assert {file.read_bytes() for file in set_aside(log)} == {
        whole[:1],
        whole[:30],
        whole[: whole.index(b"\n")],
    }


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """The system refuses to let a file of this process grow beyond `size` bytes, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_told_and_leaves_the_log_as_it_was(log):
    log.append(ROW)
    whole = log.path.read_bytes()
    with largest_file(len(whole) + 50), pytest.raises(UserError, match="File too large.*Make room"):
        log.append(ROW)
    assert log.path.read_bytes() == whole and len(log.rows()) == 1
    log.append(ROW)
    assert len(PairLog(log.path).rows()) == 2 and log.check().rejected == []


def test_what_others_append_is_seen_and_old_rows_are_not_read_again(log):
    other = PairLog(log.path)
    log.append_many([ROW] * 5_000)
    first = log.rows()
    other.append(replace(ROW, annotator="Bo"))
    rows = log.rows()
    assert len(rows) == 5_001 and rows[-1].annotator == "Bo"
    assert all(now is then for now, then in zip(rows, first, strict=False))


def test_a_row_is_flushed_to_disk_before_it_is_called_saved(log, monkeypatch):
    flushed, flush = [], os.fsync

    def noted_flush(file):
        flush(file)
        flushed.append(log.path.read_bytes())

    monkeypatch.setattr(os, "fsync", noted_flush)
    for _ in range(3):
        label_id = log.append(ROW)
        assert label_id.encode() in flushed[-1]


def test_a_log_that_was_edited_replaced_or_deleted_is_read_anew(log):
    log.append_many([replace(ROW, label_id="1", note="first"), replace(ROW, label_id="2", note="x" * 300)])
    whole = log.path.read_bytes()
    assert log.rows()[0].note == "first"
    log.path.write_bytes(whole.replace(b"first", b"other"))
    os.utime(log.path, ns=(0, time.time_ns() + 10_000_000))
    assert log.rows()[0].note == "other"
    log.path.write_bytes(whole.replace(b"first", b"longer than before") + whole.splitlines(True)[1])
    assert [row.note for row in log.rows()] == ["longer than before", "x" * 300]
    aside = log.path.with_name("other")
    aside.write_bytes(whole)
    aside.replace(log.path)
    assert [row.note for row in log.rows()] == ["first", "x" * 300]
    log.path.unlink()
    assert log.rows() == []
    log.append(ROW)
    assert len(PairLog(log.path).rows()) == 1
