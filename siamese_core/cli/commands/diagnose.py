"""`diagnose`: what is wrong with a model, images or labels, by how much, and why."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from siamese_core.cli.arguments import ENCODER_NAMES, add_data, add_encoder_option, add_pair_labels, add_seed
from siamese_core.cli.command import DEFAULT_ENCODER, CommandResult, open_store, open_workbench
from siamese_core.cli.dataset import add_strict, load, with_left_out
from siamese_core.cli.findings import shown_findings
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError

if TYPE_CHECKING:
    from siamese_core.checkpoints.checkpoint import Checkpoint
    from siamese_core.data.datasets import Dataset

SUMMARY = "find what is wrong with a model, images or labels, and why"


def add_arguments(parser: ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    words = f"examine its checkpoint: {ENCODER_NAMES} ({DEFAULT_ENCODER}, where no data is given)"
    add_encoder_option(which, words)
    which.add_argument("--checkpoint", type=Path, metavar="DIR", help="examine the checkpoint in this folder")
    add_data(parser)
    parser.add_argument("--validation", type=Path, metavar="PATH", help="data kept from training on --data")
    parser.add_argument("--list", type=Path, metavar="FILE", help="CSV left,right,same with paths beside it")
    add_pair_labels(parser, "--list")
    add_seed(parser)
    add_strict(parser)
    parser.set_defaults(run=diagnose)


def diagnose(options: Namespace, progress: Progress) -> CommandResult:
    """Run the checks that the given images, pairs and checkpoint allow."""
    import numpy as np

    from siamese_core.data.left_out import LeftOut
    from siamese_core.data.pair_lists import load_pair_list
    from siamese_core.diagnosis import diagnose
    from siamese_core.retraining.replay import Replay

    if options.validation and not options.data:
        raise UserError("--validation is compared with --data. Received: it alone. Give both.")
    if options.labels and not options.list:
        raise UserError("--labels belong to the pairs of a --list. Received: them alone. Give both.")
    rng = np.random.default_rng(options.seed)
    dataset = load(options, options.data) if options.data else None
    checkpoint = _checkpoint(options, dataset, progress)
    findings, pairs = [], None
    if dataset is not None:
        progress(0.1, "checking the images")
        findings += diagnose.diagnose_images(dataset, rng)
    if options.validation:
        progress(0.3, "looking for images and classes that are on both sides")
        findings += diagnose.diagnose_split(dataset, load(options, [options.validation]), rng)
    if options.list:
        progress(0.5, "checking the pairs")
        pairs = load_pair_list(options.list, options.labels)
        findings += diagnose.diagnose_pairs(pairs, checkpoint)
    if checkpoint is not None and (dataset is not None or not options.list):
        progress(0.7, "checking the network")
        seen = Replay().dataset if dataset is None else dataset
        findings += diagnose.diagnose_network(checkpoint, seen, rng)
    result = CommandResult({"findings": [each.json() for each in findings]}, shown_findings(findings))
    read = [each for each in (dataset, pairs) if each is not None]
    return with_left_out(result, sum(map(len, read)), sum((each.left_out for each in read), LeftOut()))


def _checkpoint(options: Namespace, dataset: "Dataset | None", progress: Progress) -> "Checkpoint | None":
    """Return the checkpoint to examine: the named one, else the one that the encoder uses for such images.

    None where only data or pairs are given.
    """
    from siamese_core.checkpoints.checkpoint_files import load_checkpoint
    from siamese_core.workspace.picking import Images, pick

    named = options.checkpoint or options.encoder
    if not named and (options.data or options.list):
        return None
    progress(0.0, "loading the checkpoint")
    if options.checkpoint:
        return load_checkpoint(options.checkpoint)
    encoder = options.encoder or DEFAULT_ENCODER
    if dataset is None:
        return load_checkpoint(open_store(options).current_folder(encoder))
    return pick(open_workbench(options), encoder, Images(len(dataset), dataset.image)).checkpoint
