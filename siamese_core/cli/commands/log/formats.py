"""`log import --format` and `log export --format`: the answers for, and of, other programs."""

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from typing import TYPE_CHECKING

from siamese_core.cli.command import CommandResult
from siamese_core.cli.commands.log.report import imported, rejected_lines, told
from siamese_core.cli.terminal import one_line
from siamese_core.errors import UserError

if TYPE_CHECKING:
    from siamese_core.workspace.workbench import Workbench

NAMES = ("label-studio", "coco", "fiftyone", "pairs", "dedupe")


def add_format(parser: ArgumentParser, verb: str) -> None:
    """Add --format NAME."""
    parser.add_argument(
        "--format",
        choices=NAMES,
        metavar="NAME",
        help=f"{verb} as another program has it: {', '.join(NAMES)}",
    )


def require_format(options: Namespace, *names: str) -> None:
    """Raise UserError where an option was given that needs --format and a file."""
    given = [name for name in names if getattr(options, name)]
    if given:
        raise UserError(
            f"--{given[0]} goes with --format and a FILE. Received: no "
            f"{'FILE' if options.format else '--format'}. Name it, or leave --{given[0]} out."
        )


def import_format(options: Namespace, workbench: "Workbench") -> CommandResult:
    """Append the answers of another program's file, or write its classes as folders."""
    from siamese_core.interchange.formats import FORMATS, images_folder
    from siamese_core.interchange.imports import import_answers, write_classes

    content = FORMATS[options.format].read(options.file)
    folder = options.images or images_folder(options.file)
    if options.classes is None:
        report = import_answers(content, workbench.log, workbench.images, folder)
        return imported(report, options.file, "no answer and no class")
    written, wrong = write_classes(content, workbench.images, folder, options.classes)
    json = {
        "images": written,
        "path": str(options.classes),
        "rejected": [{"line": each.line, "why": each.why} for each in wrong],
        "notes": list(content.notes),
    }
    words = f"{written} images written as class folders to {options.classes}."
    return CommandResult(json, (*map(one_line, (words, *content.notes)), *rejected_lines(wrong)))


def export_format(options: Namespace, workbench: "Workbench") -> CommandResult:
    """Write the answers as another program reads them, with their images, into a new folder."""
    from siamese_core.interchange.exports import export_answers
    from siamese_core.interchange.formats import FORMATS

    counts = export_answers(FORMATS[options.format].write, workbench.log, workbench.images, options.file)
    content = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items())
    result = told(workbench.log.check(), f"{content}: written to {options.file}.")
    further = {"format": options.format, "path": str(options.file), "written": counts}
    return replace(result, json=result.json | further)
