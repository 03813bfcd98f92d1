"""What the commands of the log tell of it, and of what they took in."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from siamese_core.answers.pair_log import LogReport
from siamese_core.cli.command import CommandResult
from siamese_core.cli.terminal import one_line, outline
from siamese_core.errors import UserError

if TYPE_CHECKING:
    from siamese_core.data.tables import WrongRow

COUNTS = ("rows", "labels", "corrections", "conflicts")
SHOWN_LINES = 20  # in the report
NAMED_LINES = 3  # in an error


def imported(report: LogReport, file: Path, empty: str = "no row below its first line") -> CommandResult:
    """Tell what was taken of a file. UserError where that is nothing; `empty` says what an empty file has."""
    if not report.added and not report.known:
        raise UserError(
            f"A file of answers holds a row that fits. Received: {file} with "
            f"{_nothing_fit(report.rejected) or empty}. Correct it, and import it again."
        )
    known = f" {report.known} were in the log already." if report.known else ""
    result = told(report, f"{report.added} rows added from {file}.{known}", *report.notes)
    return replace(result, json=result.json | {"added": report.added, "notes": list(report.notes)})


def _nothing_fit(rejected: "Sequence[WrongRow]") -> str:
    """Return in words which rows did not fit, the first of them with the reason; "" for none."""
    first = "; ".join(map(_line, rejected[:NAMED_LINES]))
    return f"{len(rejected)} rows that do not, such as {first}" if rejected else ""


def told(report: LogReport, *lines: str) -> CommandResult:
    """Tell the counts of the log, and the lines that could not be used."""
    found = report.json()
    counts = {name: found[name] for name in COUNTS} | {"rejected": len(report.rejected)}
    rejected = rejected_lines(report.rejected)
    return CommandResult(found, (*map(one_line, lines), outline(counts), *rejected))


def rejected_lines(rejected: "Sequence[WrongRow]") -> list[str]:
    """Return a line for each part that could not be used; of many only the first."""
    lines = [f"  {_line(each)}" for each in rejected[:SHOWN_LINES]]
    more = len(rejected) - SHOWN_LINES
    return [*lines, f"  and {more} more: --json lists them all"] if more > 0 else lines


def _line(wrong: "WrongRow") -> str:
    return f"line {wrong.line}: {one_line(wrong.why)}" if wrong.line else one_line(wrong.why)
