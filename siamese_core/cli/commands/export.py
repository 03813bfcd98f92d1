"""`export`: write a checkpoint as a file that other programs run."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from siamese_core.checkpoints.domains import DOMAINS, HANDWRITING, PHOTOGRAPHS
from siamese_core.cli.arguments import add_encoder
from siamese_core.cli.command import CommandResult, open_workbench
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError
from siamese_core.exporting.formats import FORMATS

if TYPE_CHECKING:
    from siamese_core.checkpoints.checkpoint import Checkpoint

SUMMARY = "write an encoder for other programs: images in, similarity out, and embeddings alone"


def add_arguments(parser: ArgumentParser) -> None:
    add_encoder(parser)
    parser.add_argument("--format", choices=FORMATS, required=True, help=f"one of {', '.join(FORMATS)}")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="PATH", help="a new file; of saved_model, a new folder"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--domain",
        choices=DOMAINS,
        default=HANDWRITING,
        help="export what the slot compares these images with (%(default)s)",
    )
    which.add_argument("--checkpoint", type=Path, metavar="DIR", help="export the checkpoint in this folder")
    parser.set_defaults(run=export)


def export(options: Namespace, progress: Progress) -> CommandResult:
    """Write the checkpoint, and tell by how much its answers differ from the program's."""
    from siamese_core.exporting.exporting import export as write
    from siamese_core.exporting.exporting import require_new

    require_new(options.out)
    progress(0.0, "loading the checkpoint")
    made = write(_checkpoint(options), options.format, options.out, progress)
    told = made.description
    return CommandResult(
        made.json(),
        (
            f"{told['checkpoint']} ({told['network']}, {told['domain']}) is in {made.path}.",
            f"Largest difference of a similarity, {told['checked_on']} pairs: {made.largest_difference:.1e}.",
            told["caller"],
            told["not_included"],
        ),
    )


def _checkpoint(options: Namespace) -> "Checkpoint":
    from siamese_core.checkpoints.checkpoint_files import load_checkpoint

    if options.checkpoint:
        checkpoint = load_checkpoint(options.checkpoint)
        if checkpoint.encoder_name != options.encoder:
            raise UserError(
                f"--checkpoint must be one of ENCODER. Received: {options.encoder}, and a checkpoint of "
                f"{checkpoint.encoder_name}. Name {checkpoint.encoder_name}."
            )
        return checkpoint
    workbench = open_workbench(options)
    workbench.ready_for_domain(options.domain, [options.encoder])
    store = workbench.checkpoints
    if options.domain == PHOTOGRAPHS and not (
        store.photographs_id(options.encoder) or store.fixed_id(options.encoder)
    ):
        why = workbench.photos_problem or "no weights for one are at hand"
        raise UserError(
            f"Photographs need a checkpoint of their own. Received: {options.encoder}, without one ({why}). "
            "Name the checkpoint with --checkpoint, or leave out --domain."
        )
    return load_checkpoint(store.folder(store.current_id(options.encoder, options.domain)))
