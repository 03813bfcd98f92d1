"""`backup`: the workspace as one zip, while it is used."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from siamese_core.cli.command import CommandResult
from siamese_core.data.progress import Progress

SUMMARY = (
    "write the answers, their images, the checkpoints and evaluations into a zip, also while a server runs"
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the zip; an earlier backup is replaced")
    parser.set_defaults(run=backup)


def backup(options: Namespace, progress: Progress) -> CommandResult:
    """Back the workspace up, and verify the zip."""
    from siamese_core.operating.backup import back_up

    made = back_up(options.workspace, options.file, progress, options.log_url, options.images_url)
    lines = [
        f"{made.files} files of {options.workspace} in {made.path}, {made.bytes / 1e6:,.1f} MB, verified."
    ]
    if made.missing:
        lines.append(
            f"{len(made.missing)} images that the log names are gone, and are not in it: see doctor."
        )
    return CommandResult({"path": str(made.path), "files": made.files, "bytes": made.bytes}, tuple(lines))
