"""The argument parser, and the arguments that several commands share."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from siamese_core.cli.terminal import printed
from siamese_core.cli.urls import add_places
from siamese_core.errors import UserError
from siamese_core.networks.encoders import ENCODERS, SLOTS

DATA_HELP = "folder of class folders, a zip of one, or an Omniglot archive; may be repeated"
ENCODER_NAMES = ", ".join(ENCODERS)


class Parser(argparse.ArgumentParser):
    """Raises UserError where argparse would print its usage and exit."""

    def __init__(self, *args, **options):
        # An abbreviation that is unique today may not be tomorrow.
        super().__init__(*args, allow_abbrev=False, **options)
        self.register("type", Path, named_path)

    def error(self, message: str) -> None:
        raise UserError(f"{message.rstrip('.')}. See {self.prog} --help")

    def print_help(self, file: TextIO | None = None) -> None:
        with printed():  # argparse itself says nothing of a full disk
            print(self.format_help(), end="", file=file)


def add_command(commands, name: str, summary: str, run: Callable | None = None) -> Parser:
    """Add a command to the result of `add_subparsers` and return its parser.

    run: called as run(options, progress) -> CommandResult; None for a group of commands.
    """
    parser = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    add_shared(parser)
    if run is not None:
        parser.set_defaults(run=run)
    return parser


def add_group(parser: argparse.ArgumentParser):
    """Make the parser that of a group; commands can be added to what is returned."""
    return parser.add_subparsers(metavar="COMMAND", required=True)


def add_shared(parser: argparse.ArgumentParser) -> None:
    """Add what may stand before or after the command: set only where given."""
    parser.add_argument(
        "--workspace",
        type=Path,
        metavar="DIR",
        default=argparse.SUPPRESS,
        help="folder of images, answers and checkpoints (SIAMESE_WORKSPACE, else ./workspace)",
    )
    add_places(parser, argparse.SUPPRESS, argparse.SUPPRESS)
    parser.add_argument(
        "--json",
        action="store_true",
        default=argparse.SUPPRESS,
        help="print one JSON object instead of text and tables",
    )


def add_encoder(parser: argparse.ArgumentParser) -> None:
    """Add the positional argument ENCODER."""
    parser.add_argument("encoder", choices=tuple(ENCODERS), metavar="ENCODER", help=f"one of {ENCODER_NAMES}")


def add_encoder_option(parser, words: str, default: str | None = None) -> None:
    """Add --encoder NAME, which names one encoder. words: its help."""
    parser.add_argument("--encoder", choices=tuple(ENCODERS), default=default, metavar="NAME", help=words)


def add_encoders(parser: argparse.ArgumentParser) -> None:
    """Add --encoder NAME, which may be repeated."""
    parser.add_argument(
        "--encoder",
        dest="encoders",
        action="append",
        choices=tuple(ENCODERS),
        metavar="NAME",
        help=f"encoder to ask: {ENCODER_NAMES}; may be repeated ({' and '.join(SLOTS)})",
    )


def add_ask_anyway(parser: argparse.ArgumentParser) -> None:
    """Add --ask-anyway."""
    parser.add_argument(
        "--ask-anyway",
        action="store_true",
        help="give the numbers of an encoder, too, that abstains since it does not know such images",
    )


def add_data(parser, required: bool = False, words: str = DATA_HELP, kind: Callable = Path) -> None:
    """Add --data PATH..., which may be repeated. kind: reads one of them."""
    parser.add_argument(
        "--data", type=kind, nargs="+", action="extend", required=required, metavar="PATH", help=words
    )


def add_pair_labels(parser: argparse.ArgumentParser, option: str) -> None:
    """Add --labels FILE. option: the one that may name a text file of .npy pairs."""
    parser.add_argument(
        "--labels",
        type=Path,
        metavar="FILE",
        help=f"labels, one a line, where {option} names a text file of .npy pairs",
    )


def add_ray(parser: argparse.ArgumentParser) -> None:
    """Add --ray ADDRESS."""
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="work on the Ray cluster there, as host:port or auto; needs pip install .[scale] (this process)",
    )


def add_seed(parser: argparse.ArgumentParser) -> None:
    """Add --seed S."""
    parser.add_argument("--seed", type=whole(0), default=0, metavar="S", help="random seed (%(default)s)")


def named_path(text: str) -> Path:
    """Read a path; an empty one, as of a variable that is not set, would mean the current folder."""
    if not text:
        raise argparse.ArgumentTypeError("must name a file or a folder. Received: nothing")
    return Path(text)


def named_place(text: str) -> Path | str:
    """Read a path, or the URI of a place in an object store, which stays text."""
    return text if "://" in text else named_path(text)


def whole(least: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from `least` to 2^31 - 1."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not least <= int(text) < 2**31:
            raise argparse.ArgumentTypeError(f"must be a whole number of at least {least}. Received: {text}")
        return int(text)

    return read


def positive(text: str) -> float:
    """Read a finite number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number above 0. Received: {text}")
    return number
