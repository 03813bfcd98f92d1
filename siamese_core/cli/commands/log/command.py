"""`log import`, `log export`, `log check`: the answers of people."""

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path

from siamese_core.accounts.audit import IMPORT, note_done
from siamese_core.answers.pair_log import PairLog
from siamese_core.cli.arguments import add_command, add_group
from siamese_core.cli.command import CommandResult, open_workbench
from siamese_core.cli.commands.log.formats import add_format, export_format, import_format, require_format
from siamese_core.cli.commands.log.report import imported, told
from siamese_core.cli.urls import add_log_url
from siamese_core.data.progress import Progress

SUMMARY = "check, import or export the answers"


def add_arguments(parser: ArgumentParser) -> None:
    parts = add_group(parser)
    load = add_command(
        parts, "import", "append the answers of a CSV, another program or another log", log_import
    )
    source = load.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "file",
        type=Path,
        nargs="?",
        metavar="FILE",
        help="a CSV with the columns left_path, right_path, answer (or left_id, right_id), or of --format",
    )
    add_log_url(source, "--from-url", "take the rows of the log in this database as they are")
    add_format(load, "import")
    load.add_argument(
        "--images", type=Path, metavar="DIR", help="where the images of --format lie (beside FILE)"
    )
    load.add_argument(
        "--classes",
        type=Path,
        metavar="DIR",
        help="write the images as class folders into DIR, in place of answers (--format coco or fiftyone)",
    )
    save = add_command(parts, "export", "write the rows as a CSV, for another program or log", log_export)
    target = save.add_mutually_exclusive_group(required=True)
    target.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help="the new CSV; of --format a new folder"
    )
    add_format(save, "export")
    add_log_url(target, "--to-url", "append the rows to the log in this database as they are")
    add_command(parts, "check", "count the answers and list the lines that are not valid", log_check)


def log_import(options: Namespace, progress: Progress) -> CommandResult:
    """Append the rows of a CSV, or of another log. UserError where none of a CSV was taken."""
    result = _taken_in(options)
    named = options.file.name if options.file else "another log"
    note_done(options.workspace, IMPORT, file=named, rows=result.json.get("added"))
    return result


def _taken_in(options: Namespace) -> CommandResult:
    workbench = open_workbench(options)
    if options.format and options.file:
        return import_format(options, workbench)
    require_format(options, "images", "classes", "format")
    if options.from_url:
        return _copied(PairLog(options.from_url), workbench.log)
    file = options.file
    if not file.exists() and (workbench.workspace / file.name).is_file():
        file = workbench.workspace / file.name  # a copy of the log, as `log check` names it
    report = workbench.log.import_csv(file, workbench.images)
    return imported(report, file)


def log_export(options: Namespace, progress: Progress) -> CommandResult:
    """Write the rows of the log to a new CSV, or append them to another log."""
    workbench = open_workbench(options)
    log = workbench.log
    if options.format and options.file:
        return export_format(options, workbench)
    require_format(options, "format")
    if options.to_url:
        return _copied(log, PairLog(options.to_url))
    report = log.export(options.file)
    return told(report, f"{report.rows} rows written to {options.file}.")


def _copied(source: PairLog, target: PairLog) -> CommandResult:
    report = target.copy_from(source)
    words = f"{report.added} rows of {source.name} added to {target.name}; {report.known} were there already."
    result = told(report, words)
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
    return told(workbench.log.check(), *lines)
