"""`compare`: how alike two images are."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from siamese_core.cli.arguments import add_ask_anyway, add_encoders
from siamese_core.cli.command import CommandResult, open_workbench
from siamese_core.cli.notes import notes
from siamese_core.cli.terminal import table
from siamese_core.data.progress import Progress
from siamese_core.networks.encoders import SLOTS

if TYPE_CHECKING:
    from siamese_core.workspace.comparing import Comparison

SUMMARY = "tell how alike two images are"


def add_arguments(parser: ArgumentParser) -> None:
    for side in ("left", "right"):
        parser.add_argument(side, type=Path, metavar=side.upper(), help="image file")
    add_encoders(parser)
    add_ask_anyway(parser)
    parser.set_defaults(run=compare)


def compare(options: Namespace, progress: Progress) -> CommandResult:
    """Store both images and tell each encoder's similarity and verdict."""
    workbench = open_workbench(options)
    left, right = workbench.file_image(options.left), workbench.file_image(options.right)
    progress(0.0, "loading the checkpoints")
    encoders = options.encoders or SLOTS
    workbench.ready_for([left, right], encoders)
    result = workbench.compare(left, right, encoders, options.ask_anyway)
    rows = [(each.network, *_said(each), each.checkpoint) for each in result.comparisons]
    shown = table(("network", "similarity", "threshold", "verdict", "checkpoint"), rows)
    return CommandResult(result.json(), (shown, *notes(workbench, result.comparisons)))


def _said(comparison: "Comparison") -> tuple[str, str, str]:
    """Return similarity, threshold and verdict as the table shows them."""
    if comparison.similarity is None:
        return "", "", "abstains"
    verdict = "same" if comparison.same else "different"
    verdict += ", asked anyway" if comparison.abstains else ""
    return f"{comparison.similarity:.2f}", f"{comparison.threshold:.2f}", verdict
