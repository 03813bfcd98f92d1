"""`export`: write a checkpoint for other programs or for the Hugging Face hub, or a dataset of answers."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from siamese_core.checkpoints.card import read_card
from siamese_core.checkpoints.domains import DOMAINS, HANDWRITING, PHOTOGRAPHS
from siamese_core.cli.arguments import ENCODER_NAMES
from siamese_core.cli.command import DEFAULT_ENCODER, CommandResult, open_workbench
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError
from siamese_core.exporting.formats import FORMATS
from siamese_core.networks.encoders import ENCODERS

if TYPE_CHECKING:
    from siamese_core.checkpoints.checkpoint import Checkpoint

SUMMARY = "write an encoder for other programs, or for the hub (hf DIR), or the answers (dataset DIR)"
HF, DATASET = "hf", "dataset"


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "encoder",
        choices=(*ENCODERS, HF, DATASET),
        metavar="ENCODER",
        help=f"one of {ENCODER_NAMES}: a file that other programs run; {HF}: a checkpoint as a model "
        f"repository; {DATASET}: the answered pairs as a folder for datasets.load_dataset",
    )
    parser.add_argument(
        "folder", type=Path, nargs="?", metavar="DIR", help=f"of {HF} and {DATASET}: the new folder"
    )
    parser.add_argument("--format", choices=FORMATS, help=f"of an ENCODER: one of {', '.join(FORMATS)}")
    parser.add_argument(
        "--out", type=Path, metavar="PATH", help="of an ENCODER: a new file; of saved_model, a new folder"
    )
    parser.add_argument(
        "--encoder",
        dest="of",
        choices=tuple(ENCODERS),
        default=DEFAULT_ENCODER,
        metavar="NAME",
        help=f"of {HF}: the encoder whose checkpoint is exported (%(default)s)",
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
    """Write what is asked for; nothing is overwritten."""
    if options.encoder in (HF, DATASET):
        if options.folder is None or options.format or options.out:
            received = "no folder" if options.folder is None else "one of them"
            raise UserError(
                f"export {options.encoder} takes the name of a new folder, and neither --format nor --out. "
                f"Received: {received}. Use: export {options.encoder} DIR"
            )
        return (_export_model if options.encoder == HF else _export_dataset)(options, progress)
    missing = [f"--{name}" for name in ("format", "out") if getattr(options, name) is None]
    if missing or options.folder is not None:
        raise UserError(
            "export ENCODER needs --format and --out. Received: "
            f"{f'no {chr(32).join(missing)}' if missing else options.folder}. See export --help"
        )
    return _export_file(options, progress)


def _export_model(options: Namespace, progress: Progress) -> CommandResult:
    from siamese_core.exporting.exporting import require_new
    from siamese_core.exporting.hub.model_repository import export_model

    require_new(options.folder)
    progress(0.0, "looking for the checkpoint")
    card = export_model(_checkpoint_folder(options, options.of), options.folder)
    return CommandResult(
        {"path": str(options.folder), "checkpoint": card.id},
        (
            f"{card.id} is in {options.folder}, with a card and example.py.",
            f"Upload it: hf upload OWNER/NAME {options.folder}",
        ),
    )


def _export_dataset(options: Namespace, progress: Progress) -> CommandResult:
    from siamese_core.exporting.exporting import require_new
    from siamese_core.exporting.hub.dataset_folder import export_dataset

    require_new(options.folder)
    workbench = open_workbench(options)
    counts = export_dataset(workbench.log.rows(), workbench.images, options.folder, progress)
    lines = [f"{counts['pairs']:,} pairs of {counts['images']:,} images are in {options.folder}."]
    if counts["without_images"]:
        lines.append(f"Left out: {counts['without_images']:,} pairs whose images are gone; see doctor.")
    return CommandResult({"path": str(options.folder), **counts}, tuple(lines))


def _export_file(options: Namespace, progress: Progress) -> CommandResult:
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

    return load_checkpoint(_checkpoint_folder(options, options.encoder))


def _checkpoint_folder(options: Namespace, encoder: str) -> Path:
    """Return the folder of the checkpoint that is asked for. UserError where it is of another encoder."""
    if options.checkpoint:
        found = read_card(options.checkpoint).encoder
        if found != encoder:
            raise UserError(
                f"--checkpoint must be one of ENCODER. Received: {encoder}, and a checkpoint of {found}. "
                f"Name {found}."
            )
        return options.checkpoint
    workbench = open_workbench(options)
    workbench.ready_for_domain(options.domain, [encoder])
    store = workbench.checkpoints
    if options.domain == PHOTOGRAPHS and not (store.photographs_id(encoder) or store.fixed_id(encoder)):
        why = workbench.photos_problem or "no weights for one are at hand"
        raise UserError(
            f"Photographs need a checkpoint of their own. Received: {encoder}, without one ({why}). "
            "Name the checkpoint with --checkpoint, or leave out --domain."
        )
    return store.folder(store.current_id(encoder, options.domain))
