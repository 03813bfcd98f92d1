"""`compare`: how alike two images are."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from siamese_core.cli.arguments import add_encoders
from siamese_core.cli.command import CommandResult, open_workbench
from siamese_core.cli.notes import notes
from siamese_core.cli.terminal import table
from siamese_core.data.progress import Progress
from siamese_core.networks.encoders import SLOTS

SUMMARY = "tell how alike two images are"


def add_arguments(parser: ArgumentParser) -> None:
    for side in ("left", "right"):
        parser.add_argument(side, type=Path, metavar=side.upper(), help="image file")
    add_encoders(parser)
    parser.set_defaults(run=compare)


def compare(options: Namespace, progress: Progress) -> CommandResult:
    """Store both images and tell each encoder's similarity and verdict."""
    from siamese_core.images.decoding import decode_image

    left, right = decode_image(options.left), decode_image(options.right)
    workbench = open_workbench(options)
    progress(0.0, "loading the checkpoints")
    encoders = options.encoders or SLOTS
    workbench.ready_for([left, right], encoders)
    result = workbench.compare(left, right, encoders)
    rows = [
        (
            each.network,
            f"{each.similarity:.2f}",
            f"{each.threshold:.2f}",
            "same" if each.same else "different",
            each.checkpoint,
        )
        for each in result.comparisons
    ]
    shown = table(("network", "similarity", "threshold", "verdict", "checkpoint"), rows)
    return CommandResult(result.json(), (shown, *notes(workbench, result.comparisons)))
