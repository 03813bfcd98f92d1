"""Benchmark `log`: append answers to a long log and read it again, against a file handled as a whole."""

import csv
import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from siamese_core.answers.label_row import COLUMNS, LabelRow, completed, row_cells
from siamese_core.answers.pair_log import PairLog
from siamese_core.bench.speed.benchmark import Benchmark, LoadModel, check_agreement, speedup, timed

READ, APPENDED, READINGS = 3000, 100, 10  # rows in the log before, rows appended, readings of the whole log


def measure(load_model: LoadModel) -> list[Benchmark]:
    """Measure appending and reading; no model is loaded. Both ways have a row on disk before it counts."""
    with tempfile.TemporaryDirectory() as folder:
        log, plain = PairLog(Path(folder) / "pairs.csv"), Path(folder) / "plain.csv"
        there = [_row(number) for number in range(READ)]
        log.append_many(there)
        _write(plain, there)
        new = [_row(READ + number) for number in range(APPENDED)]
        ours, _ = timed(lambda: [log.append(row) for row in new])
        baseline, _ = timed(lambda: [_write(plain, [*_read(plain), row]) for row in new])
        check_agreement(log.rows() == _read(plain), "appending")
        read, rows = timed(lambda: [log.rows() for _ in range(READINGS)][-1])
        again, plain_rows = timed(lambda: [_read(plain) for _ in range(READINGS)][-1])
        check_agreement(rows == plain_rows, "reading")
    return [
        speedup("log append", ours, baseline, APPENDED, "about 127"),
        speedup("log read", read, again, READINGS * len(rows), "about 373"),
    ]


def _row(number: int) -> LabelRow:
    left, right = (f"{2 * number + side:064x}" for side in (0, 1))
    answer = "same" if number % 3 else "different"
    row = LabelRow(annotator="bench", source="api", task="queue", left_id=left, right_id=right, answer=answer)
    return completed(replace(row, correction="0"))


def _write(file: Path, rows: Sequence[LabelRow]) -> None:
    with file.open("w", newline="") as stream:
        csv.writer(stream).writerows([COLUMNS, *map(row_cells, rows)])
        stream.flush()
        os.fsync(stream.fileno())


def _read(file: Path) -> list[LabelRow]:
    with file.open(newline="") as stream:
        return [LabelRow(*cells) for cells in list(csv.reader(stream))[1:]]
