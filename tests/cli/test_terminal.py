"""What people read on a terminal and in a file: tables, outlines, one-line errors, progress."""

import contextlib
import errno
import io
import subprocess
import sys

import pytest

from helpers.paths import ROOT
from siamese_core.cli.terminal import (
    REPORT_SECONDS,
    ProgressLine,
    one_line,
    outline,
    print_error,
    print_parts,
    table,
)


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


class FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def printed(capsys):
    """`printed(*parts)`: the lines that they are in a file or a pipe."""

    def printed(*parts) -> list[str]:
        print_parts(parts)
        return capsys.readouterr().out.splitlines()

    return printed


@pytest.fixture
def screen(monkeypatch) -> Screen:
    """A terminal of 40 columns."""
    for name, value in (("COLUMNS", "40"), ("TERM", "xterm-256color")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Screen()


def test_a_line_has_no_breaks_and_steers_no_terminal():
    assert one_line("a\nb\r\tc\x1b[2J\x07") == "a b c?[2J?"


def test_columns_stand_under_each_other(printed):
    shown = printed(table(("a", "b"), [("long cell", "1"), ("x", "22")]))
    assert shown == ["a          b", "long cell  1", "x          22"]


def test_columns_stand_under_each_other_in_cells_of_the_terminal(printed):
    """A Chinese character takes two cells, a combining accent none."""
    shown = printed(table(("a", "b"), [("文字", "1"), ("e\u0301", "2")]))
    assert shown == ["a     b", "文字  1", "e\u0301     2"]


def test_a_table_cell_cannot_break_out_of_its_row(printed):
    assert len(printed(table(("class",), [("two\nlines",)]))) == 2


def test_words_in_brackets_are_no_markup(printed):
    assert printed("[red]a[/red] :smile:", table(("[b]",), [("[/b]",)])) == [
        "[red]a[/red] :smile:",
        "[b]",
        "[/b]",
    ]


def test_a_file_gets_a_row_on_one_line_and_no_colour_whatever_the_environment_says(printed, monkeypatch):
    for name, value in (("COLUMNS", "40"), ("FORCE_COLOR", "1"), ("TERM", "xterm-256color")):
        monkeypatch.setenv(name, value)
    cells = ["word " * 30, "x" * 200]
    assert printed(table(("a", "b"), [cells]))[1] == f"{cells[0].strip()}  {cells[1]}"


def test_a_terminal_gets_lines_that_fit_and_long_cells_whole(screen):
    with contextlib.redirect_stdout(screen):
        print_parts([table(("name", "number"), [("x" * 60, "1")])])
    lines = screen.getvalue().splitlines()
    assert "\x1b[1m" in lines[0]
    assert all(len(line) <= 40 for line in lines[1:])
    assert sum(line.count("x") for line in lines) == 60


def test_an_outline_indents_what_is_inside(printed):
    entries = {"steps": 3, "validation": {"accuracy": 0.123456, "ci95": [0.1, 0.25]}}
    assert printed(outline(entries)) == [
        "steps       3",
        "validation",
        "  accuracy  0.1235",
        "  ci95      0.1, 0.25",
    ]


def test_an_error_is_one_line_that_the_terminal_wraps(screen):
    with contextlib.redirect_stderr(screen):
        print_error(f"no\nsuch \x1b[2J[red] {'x' * 60}.png")
    assert screen.getvalue().count("\n") == 1
    assert f"no such ?[2J[red] {'x' * 60}.png\n" in screen.getvalue()


def test_on_a_terminal_a_bar_tells_the_share_the_time_left_and_the_words(screen, clock):
    progress = ProgressLine(screen, clock)
    for second in range(4):
        clock.now = 10.0 * second
        progress(0.25 * second, f"step {second} [red]")
    progress.close()
    shown = screen.getvalue()
    assert " 75 %" in shown and "00:10" in shown and "step 3 [" in shown


def test_a_closed_bar_leaves_the_line_and_the_cursor_to_what_follows(screen, clock):
    progress = ProgressLine(screen, clock)
    progress(0.5, "half")
    progress.close()
    shown = screen.getvalue()
    assert shown.rindex("\x1b[2K") > shown.rindex("half")
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")
    progress.close()
    assert screen.getvalue() == shown


def reported(clock, *calls: tuple[float, float]) -> str:
    """The last line in a file, of calls (seconds, share)."""
    file = io.StringIO()
    progress = ProgressLine(file, clock)
    for clock.now, share in calls:
        progress(share, "step")
    progress.close()
    return file.getvalue().splitlines()[-1]


def test_where_standard_error_is_a_file_a_line_is_written_now_and_then(clock):
    file = io.StringIO()
    progress = ProgressLine(file, clock)
    progress(0.0, "soon over")
    clock.now = REPORT_SECONDS
    progress(0.5, "step\n1")
    progress(0.6, "step 2")
    progress.close()
    assert file.getvalue() == " 50 %  --:-- left  step 1\n"


def test_the_time_left_is_estimated_by_what_is_gained(clock):
    assert reported(clock, (0, 0.8), (10, 0.85), (20, 0.9)) == " 90 %  00:20 left  step"


def test_a_phase_that_begins_anew_is_estimated_anew(clock):
    calls = (0, 0.1), (1000, 0.9), (1001, 0.0), (1011, 0.25), (1021, 0.5)
    assert reported(clock, *calls) == " 50 %  00:20 left  step"


def test_native_libraries_are_not_heard_on_standard_error_and_python_is():
    code = (
        "import os, sys\n"
        "from siamese_core.cli.terminal import mute_native_libraries\n"
        "mute_native_libraries()\n"
        "os.write(2, b'from a native library')\n"
        "print('from \\u00fcs', file=sys.stderr)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert ended.stderr.decode() == "from üs\n"


def test_progress_and_errors_on_a_full_disk_end_no_work(clock, monkeypatch):
    monkeypatch.setattr(sys, "stderr", FullDisk())
    progress = ProgressLine(clock=clock)
    progress(0.1, "step 1")
    clock.now = REPORT_SECONDS
    progress(0.2, "step 2")
    progress.close()
    print_error("words")
    print("and the stream, which Python flushes as it ends, leads nowhere", file=sys.stderr, flush=True)
