"""`load`: mined pairs into the queue of the Label tab."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from siamese_core.accounts.audit import IMPORT, note_done
from siamese_core.cli.command import CommandResult, open_workbench
from siamese_core.data.progress import Progress

SUMMARY = "bring mined pairs into the queue of Label, with the probabilities with which they were drawn"


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "pairs", type=Path, metavar="PAIRS", help="CSV file of pairs, as mine --out writes it"
    )
    parser.set_defaults(run=load)


def load(options: Namespace, progress: Progress) -> CommandResult:
    """Import the images of the pairs, and let the queue ask these pairs first."""
    from siamese_core.data.left_out import told
    from siamese_core.scale.loading import load_pairs

    loaded = load_pairs(open_workbench(options), options.pairs, progress)
    note_done(options.workspace, IMPORT, file=options.pairs.name, pairs=loaded.pairs)
    words = f"{loaded.pairs} pairs wait in Label. A server that runs already shows them after its next start."
    return CommandResult(loaded.json(), (words, told(loaded.images, loaded.left_out)))
