"""`log import`, `log export`, `log check`: the answers of people."""

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from siamese_core.answers.pair_log import LogReport, PairLog
from siamese_core.cli.arguments import add_command, add_group
from siamese_core.cli.command import CommandResult, open_workbench
from siamese_core.cli.terminal import one_line, outline
from siamese_core.cli.urls import add_log_url
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError

if TYPE_CHECKING:
    from siamese_core.data.tables import WrongRow

SUMMARY = "check, import or export the answers"
COUNTS = ("rows", "labels", "corrections", "conflicts")
SHOWN_LINES = 20  # in the report
NAMED_LINES = 3  # in an error


def add_arguments(parser: ArgumentParser) -> None:
    parts = add_group(parser)
    load = add_command(parts, "import", "append the answers of a CSV or of another log", log_import)
    source = load.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "file",
        type=Path,
        nargs="?",
        metavar="CSV",
        help="with the columns left_path, right_path, answer (or left_id, right_id)",
    )
    add_log_url(source, "--from-url", "take the rows of the log in this database as they are")
    save = add_command(parts, "export", "write the valid rows as a CSV, or into another log", log_export)
    target = save.add_mutually_exclusive_group(required=True)
    target.add_argument("file", type=Path, nargs="?", metavar="FILE", help="the new CSV")
    add_log_url(target, "--to-url", "append the rows to the log in this database as they are")
    add_command(parts, "check", "count the answers and list the lines that are not valid", log_check)


def log_import(options: Namespace, progress: Progress) -> CommandResult:
    """Append the rows of a CSV, or of another log. UserError where none of a CSV was taken."""
    workbench = open_workbench(options)
    if options.from_url:
        return _copied(PairLog(options.from_url), workbench.log)
    file = options.file
    if not file.exists() and (workbench.workspace / file.name).is_file():
        file = workbench.workspace / file.name  # a copy of the log, as `log check` names it
    report = workbench.log.import_csv(file, workbench.images)
    if not report.added and not report.known:
        raise UserError(
            "A CSV of answers holds a row that fits. "
            f"Received: {file} with {_nothing_fit(report.rejected)}. Correct it, and import it again."
        )
    known = f" {report.known} were in the log already." if report.known else ""
    result = _result(report, f"{report.added} rows added from {file}.{known}", *report.notes)
    return replace(result, json=result.json | {"added": report.added, "notes": list(report.notes)})


def _nothing_fit(rejected: "list[WrongRow]") -> str:
    first = "; ".join(f"line {each.line}: {one_line(each.why)}" for each in rejected[:NAMED_LINES])
    return f"{len(rejected)} rows that do not, such as {first}" if rejected else "no row below its first line"


def log_export(options: Namespace, progress: Progress) -> CommandResult:
    """Write the rows of the log to a new CSV, or append them to another log."""
    log = open_workbench(options).log
    if options.to_url:
        return _copied(log, PairLog(options.to_url))
    report = log.export(options.file)
    return _result(report, f"{report.rows} rows written to {options.file}.")


def _copied(source: PairLog, target: PairLog) -> CommandResult:
    report = target.copy_from(source)
    words = f"{report.added} rows of {source.name} added to {target.name}; {report.known} were there already."
    result = _result(report, words)
    return replace(result, json=result.json | {"added": report.added, "known": report.known})


def log_check(options: Namespace, progress: Progress) -> CommandResult:
    """Read the whole log, and look for the images that it names."""
    workbench = open_workbench(options)
    labels = workbench.log.labels()
    gone = {each for row in labels for each in row.pair if each not in workbench.images}
    lines = [workbench.log.name]
    if gone:
        lines.append(
            f"{len(gone)} images of these labels are gone from {workbench.images.name}: put them back."
        )
    return _result(workbench.log.check(), *lines)


def _result(report: LogReport, *lines: str) -> CommandResult:
    found = report.json()
    counts = {name: found[name] for name in COUNTS} | {"rejected": len(report.rejected)}
    rejected = [
        f"  line {each.line}: {one_line(each.why)}" if each.line else f"  {one_line(each.why)}"
        for each in report.rejected[:SHOWN_LINES]
    ]
    if len(report.rejected) > SHOWN_LINES:
        rejected.append(f"  and {len(report.rejected) - SHOWN_LINES} more: --json lists them all")
    return CommandResult(found, (*map(one_line, lines), outline(counts), *rejected))
