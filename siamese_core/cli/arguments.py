"""The parser of the command line, and the arguments that several commands share."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path

from siamese_core.errors import UserError
from siamese_core.networks.encoders import ENCODERS, SLOTS

DATA_HELP = "folder of class folders, zip of one, or Omniglot archive; may be repeated"


class Parser(argparse.ArgumentParser):
    """Raises UserError where argparse would print its usage and an error."""

    def __init__(self, *args, **options):
        # An abbreviation that is unique today may not be tomorrow.
        super().__init__(*args, allow_abbrev=False, **options)

    def error(self, message: str) -> None:
        raise UserError(f"{message.rstrip('.')}. See {self.prog} --help")


def add_shared(parser: argparse.ArgumentParser) -> None:
    """Options that may stand before or after the command: set only where they are given."""
    parser.add_argument(
        "--workspace",
        type=Path,
        metavar="DIR",
        default=argparse.SUPPRESS,
        help="folder of images, answers and checkpoints (SIAMESE_WORKSPACE, else ./workspace)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        default=argparse.SUPPRESS,
        help="print one JSON object instead of a table",
    )


def add_encoder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "encoder", choices=tuple(ENCODERS), metavar="ENCODER", help=f"one of {', '.join(ENCODERS)}"
    )


def add_encoders(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--encoder",
        dest="encoders",
        action="append",
        choices=tuple(ENCODERS),
        metavar="NAME",
        help=f"whom to ask: {', '.join(ENCODERS)}; may be repeated (both slots: {', '.join(SLOTS)})",
    )


def add_data(parser, required: bool = False, words: str = DATA_HELP) -> None:
    parser.add_argument(
        "--data", type=Path, nargs="+", action="extend", required=required, metavar="PATH", help=words
    )


def add_seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=whole(0), default=0, metavar="S", help="of the draw (%(default)s)")


def whole(least: int) -> Callable[[str], int]:
    """Reads a whole number of at least `least`."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not least <= int(text) < 2**31:
            raise argparse.ArgumentTypeError(f"must be a whole number of at least {least}. Received: {text}")
        return int(text)

    return read


def positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number above 0. Received: {text}")
    return number
