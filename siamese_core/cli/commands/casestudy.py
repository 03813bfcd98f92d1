"""`casestudy`: rebuild a published attempt, as it was and mended."""

import logging
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from siamese_core.casestudies.catalogue import CASE_STUDIES, case_study
from siamese_core.cli.arguments import add_data, add_seed, whole
from siamese_core.cli.command import CommandResult, open_store
from siamese_core.cli.dataset import add_strict, load, with_left_out
from siamese_core.cli.findings import shown_findings
from siamese_core.cli.terminal import table
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError

if TYPE_CHECKING:
    from siamese_core.checkpoints.checkpoint import Checkpoint

SUMMARY = "rebuild a published attempt, as it was and mended"
ABSENT = "-"  # a metric that a variant does not have, or that is not a number


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "name",
        choices=tuple(CASE_STUDIES),
        metavar="NAME",
        help="; ".join(f"{study.name}: {study.words}" for study in CASE_STUDIES.values()),
    )
    add_data(parser)
    parser.add_argument(
        "--steps", type=whole(1), metavar="N", help="steps of each training (the study's own number)"
    )
    parser.add_argument(
        "--trials", type=whole(1), default=50, metavar="N", help="one-shot tasks (%(default)s)"
    )
    parser.add_argument(
        "--n-way", type=whole(2), default=20, metavar="N", help="classes in a task (%(default)s)"
    )
    parser.add_argument(
        "--language", metavar="NAME", help="draw the letters of every task from this one (any)"
    )
    parser.add_argument(
        "--resnet50-weights",
        type=Path,
        metavar="FILE",
        help="ImageNet weights (SIAMESE_RESNET50_WEIGHTS, else Keras' cache, else its download)",
    )
    add_seed(parser)
    add_strict(parser)
    parser.set_defaults(run=casestudy)


def casestudy(options: Namespace, progress: Progress) -> CommandResult:
    """Train and measure the variants of a study on the given data."""
    from siamese_core.casestudies.study import StudyOptions

    # A study builds network after network, which TensorFlow takes for a mistake and warns of.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    study = case_study(options.name)
    if not options.data:
        raise UserError(f"A case study is rebuilt on your data. Received: none. Give --data: {study.data}.")
    dataset = load(options, options.data)
    asked = StudyOptions(
        dataset=dataset,
        steps=options.steps,
        seed=options.seed,
        trials=options.trials,
        n_way=options.n_way,
        language=options.language,
        checkpoint=_one_shot_checkpoint(options),
        weights=options.resnet50_weights,
    )
    report = study.run(asked, progress)
    shown = (variant_table(report.table), "", *shown_findings(report.findings))
    return with_left_out(CommandResult(report.json(), shown), len(dataset), dataset.left_out)


def _one_shot_checkpoint(options: Namespace) -> "Checkpoint | None":
    """Return koch's current checkpoint for the study that needs a network, None where there is none.

    An untrained network shows the same.
    """
    from siamese_core.checkpoints.checkpoint_files import load_checkpoint

    if options.name != "one-shot-evaluation":
        return None
    try:
        folder = open_store(options).current_folder("koch")
    except UserError:
        return None
    return load_checkpoint(folder)


def variant_table(rows: Sequence[dict]) -> Table:
    """Return a table with a column for each metric that some variant has."""
    heading = list(dict.fromkeys(name for row in rows for name in row))
    return table(heading, [[_cell(row.get(name)) for name in heading] for row in rows])


def _cell(value: object) -> str:
    if value is None:
        return ABSENT
    return f"{value:.4g}" if isinstance(value, float) else str(value)
