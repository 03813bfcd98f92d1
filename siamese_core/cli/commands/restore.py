"""`restore`: a new workspace out of the zip of a backup."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from siamese_core.cli.command import CommandResult
from siamese_core.data.progress import Progress

SUMMARY = "make a new workspace of a backup, every file verified"


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the zip that backup made")
    parser.add_argument("--into", type=Path, metavar="DIR", help="a new or empty folder (the workspace)")
    parser.set_defaults(run=restore)


def restore(options: Namespace, progress: Progress) -> CommandResult:
    """Restore the backup, whole or not at all."""
    from siamese_core.operating.restore import restore

    made = restore(options.file, options.into or options.workspace, progress)
    found = {"workspace": str(made.workspace), "files": made.files, "labels": made.labels}
    return CommandResult(
        found, (f"{made.files} files in {made.workspace}, {made.labels} answers, verified.",)
    )
