"""`mine`: the pairs of a folder that are worth a person's answer."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from siamese_core.cli.arguments import add_seed, whole
from siamese_core.cli.command import CommandResult, open_workbench
from siamese_core.cli.dataset import add_strict, with_left_out
from siamese_core.cli.terminal import table
from siamese_core.data.progress import Progress
from siamese_core.labelling.mining import AUDIT, DEFAULT_MIX
from siamese_core.labelling.strategies import STRATEGIES

if TYPE_CHECKING:
    from siamese_core.labelling.asked import Question

SUMMARY = "find the pairs of a folder that are most worth an answer"
RANDOM = "random"
CHOICES = (*STRATEGIES, RANDOM)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--images",
        type=Path,
        required=True,
        metavar="DIR",
        help="images at any depth; class folders are optional",
    )
    parser.add_argument("--top", type=whole(1), required=True, metavar="K", help="how many pairs")
    parser.add_argument(
        "--strategy", choices=CHOICES, metavar="NAME", help=f"one of {', '.join(CHOICES)} (a mix of all)"
    )
    add_seed(parser)
    add_strict(parser)
    parser.set_defaults(run=mine)


def mine(options: Namespace, progress: Progress) -> CommandResult:
    """Draw pairs that nobody has answered. Images and embeddings stay in the workspace for the next call."""
    import numpy as np

    from siamese_core.labelling.pool import Pool
    from siamese_core.labelling.queue import Questions

    workbench = open_workbench(options)
    pool = Pool(workbench, uploads=False)
    pool.files.add_folder(options.images)
    pool.work(progress)
    progress(1.0, "comparing the images")
    questions = Questions(workbench, pool, np.random.default_rng(options.seed))
    found = questions.mine(options.top, _mix(options.strategy))
    names = {each.image_id: each.name for each in pool.images()}
    pairs = [
        {**each.json(), "left_file": names[each.left_id], "right_file": names[each.right_id]}
        for each in found
    ]
    left_out, notes = pool.progress().left_out, []
    if options.strict:
        left_out.require_none()
    if len(found) < options.top:
        notes.append(f"There are no more such pairs that nobody has answered: {len(found)} of {options.top}.")
    result = CommandResult({"pairs": pairs}, (pair_table(found, names), *notes))
    return with_left_out(result, len(names), left_out)


def _mix(strategy: str | None) -> dict[str, float]:
    """Return the share of each reason for which a pair is drawn."""
    if strategy is None:
        return DEFAULT_MIX
    return {AUDIT if strategy == RANDOM else strategy: 1.0}


def pair_table(found: "Sequence[Question]", names: dict[str, str]) -> Table:
    """Return a table of the pairs. names: of the files, by image_id."""
    slots = list(found[0].similarity) if found else []
    rows = [
        (
            names[each.left_id],
            names[each.right_id],
            *("" if each.similarity[slot] is None else f"{each.similarity[slot]:.2f}" for slot in slots),
            each.reason,
            f"{each.probability:.2g}",
        )
        for each in found
    ]
    return table(("left", "right", *slots, "reason", "probability"), rows)
