"""What people read on a terminal: tables, outlines, one-line errors, and how far a long command is."""

import io
import subprocess
import sys

import pytest

from helpers.paths import ROOT
from siamese_core.cli.terminal import REPORT_SECONDS, ProgressLine, duration, one_line, outline, table


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True

    def shown(self) -> str:
        """What stands on the last line after all the carriage returns."""
        return self.getvalue().split("\r")[-1].removesuffix("\x1b[K")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_line_has_no_breaks_and_steers_no_terminal():
    assert one_line("a\nb\r\tc\x1b[2J\x07") == "a b c?[2J?"


def test_columns_stand_under_each_other():
    assert table(("a", "b"), [("long cell", "1"), ("x", "22")]) == "a          b\nlong cell  1\nx          22"


def test_a_table_cell_cannot_break_out_of_its_row():
    assert len(table(("class",), [("two\nlines",)]).splitlines()) == 2


def test_an_outline_indents_what_is_inside():
    entries = {"steps": 3, "validation": {"accuracy": 0.123456, "ci95": [0.1, 0.25]}}
    assert outline(entries).splitlines() == [
        "steps       3",
        "validation",
        "  accuracy  0.1235",
        "  ci95      0.1, 0.25",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (89, "89 s"), (90, "2 min"), (3600, "60 min"), (11_100, "3 h 05 min")],
)
def test_a_duration_is_told_in_units_that_matter(seconds, words):
    assert duration(seconds) == words


def test_on_a_terminal_one_line_changes_and_tells_the_time_left(clock):
    screen = Screen()
    progress = ProgressLine(screen, clock)
    progress(0.0, "step 0")
    clock.now = 30.0
    progress(0.25, "step 1")
    assert screen.shown() == " 25 % [######..................]  2 min left  step 1"
    assert "\n" not in screen.getvalue()


def test_a_phase_that_begins_anew_is_estimated_anew(clock):
    screen = Screen()
    progress = ProgressLine(screen, clock)
    progress(0.9, "preparing")
    clock.now = 1000.0
    progress(0.0, "step 0")
    clock.now = 1010.0
    progress(0.5, "step 5")
    assert "10 s left" in screen.shown()


def test_a_run_that_goes_on_is_estimated_by_what_it_gains(clock):
    screen = Screen()
    progress = ProgressLine(screen, clock)
    progress(0.8, "step 80")
    clock.now = 10.0
    progress(0.9, "step 90")
    assert "10 s left" in screen.shown()


def test_a_terminal_is_drawn_on_ten_times_a_second_at_most(clock):
    screen = Screen()
    progress = ProgressLine(screen, clock)
    for step in range(1000):
        clock.now = step / 1000
        progress(step / 1000, f"step {step}")
    assert screen.getvalue().count("\r") <= 11


def test_closing_leaves_an_empty_line_for_what_follows(clock):
    screen = Screen()
    progress = ProgressLine(screen, clock)
    progress(0.5, "half")
    progress.close()
    assert screen.shown() == ""
    progress.close()
    assert screen.getvalue().count("\x1b[K") == 2


def test_where_standard_error_is_a_file_a_line_is_written_now_and_then(clock):
    file = io.StringIO()
    progress = ProgressLine(file, clock)
    progress(0.0, "soon over")
    clock.now = REPORT_SECONDS
    progress(0.5, "step 1")
    progress(0.6, "step 2")
    progress.close()
    assert file.getvalue() == " 50 %  15 s left  step 1\n"


def test_native_libraries_are_not_heard_on_standard_error_and_python_is():
    code = (
        "import os, sys\n"
        "from siamese_core.cli.terminal import keep_standard_error_to_ourselves\n"
        "keep_standard_error_to_ourselves()\n"
        "os.write(2, b'from a native library')\n"
        "print('from \\u00fcs', file=sys.stderr)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert ended.stderr.decode() == "from üs\n"
