"""What the commands on many images share: --strict, and what was left out told in one line."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from siamese_core.cli.command import CommandResult

if TYPE_CHECKING:
    from siamese_core.data.datasets import Dataset
    from siamese_core.data.left_out import LeftOut


def add_strict(parser: ArgumentParser) -> None:
    """Add --strict."""
    parser.add_argument(
        "--strict", action="store_true", help="refuse data with any file that is no readable image"
    )


def load(options: Namespace, paths: Sequence[Path]) -> "Dataset":
    """Load class folders. UserError with --strict if anything was left out."""
    from siamese_core.data.datasets import load_dataset

    dataset = load_dataset(paths)
    if options.strict:
        dataset.left_out.require_none()
    return dataset


def with_left_out(result: CommandResult, images: int, left_out: "LeftOut") -> CommandResult:
    """Add what was left out to the JSON, and a line for people; nothing where nothing was."""
    from siamese_core.data.left_out import told

    if not left_out:
        return result
    return replace(
        result,
        json=result.json | {"left_out": left_out.json()},
        shown=(*result.shown, told(images, left_out)),
    )
