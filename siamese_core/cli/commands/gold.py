"""`annotators gold add`, `list`, `remove`: pairs whose answer is known, asked to test who answers."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

import numpy as np

from siamese_core.annotators.gold import KNOWN, GoldQuestions
from siamese_core.answers.log_import import read_answers
from siamese_core.answers.settled import one_a_pair, settled_labels
from siamese_core.cli.arguments import add_command, add_group
from siamese_core.cli.command import CommandResult, open_workbench
from siamese_core.cli.terminal import table
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError


def add_arguments(parser: ArgumentParser) -> None:
    parts = add_group(parser)
    add = add_command(parts, "add", "add pairs with known answers", gold_add)
    source = add.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "file",
        type=Path,
        nargs="?",
        metavar="CSV",
        help="with the columns left_path, right_path, answer (or left_id, right_id)",
    )
    source.add_argument(
        "--settled", type=int, metavar="N", help="N pairs, drawn at random from the settled answers"
    )
    add.add_argument("--seed", type=int, default=0, help="of that draw (%(default)s)")
    add_command(parts, "list", "list them", gold_list)
    remove = add_command(parts, "remove", "remove one, or all", gold_remove)
    remove.add_argument("pair", nargs="*", metavar="ID", help="both image ids of a pair, as list tells them")
    remove.add_argument("--all", action="store_true", help="remove all")


def gold_add(options: Namespace, progress: Progress) -> CommandResult:
    """Add pairs from a CSV, whose images are stored, or from the settled answers."""
    workbench = open_workbench(options)
    if options.file:
        read = read_answers(options.file, workbench.images)
        rows = [each.row for each in read.rows if each.row.answer in KNOWN]
        rejected = [{"line": each.line, "why": each.why} for each in read.rejected]
    else:
        settled, rejected = one_a_pair(settled_labels(workbench.log.rows())), []
        drawn = np.random.default_rng(options.seed).permutation(len(settled))
        rows = [settled[place] for place in drawn[: max(0, options.settled)]]
    if not rows:
        raise UserError(
            "Gold questions are pairs with the answer same or different. Received: none. Name a CSV with "
            "some, or answer some pairs first."
        )
    gold = GoldQuestions(options.workspace)
    added = gold.add({row.pair: row.answer for row in rows})
    result = listing(gold, f"{added} added; {len(rejected)} lines rejected.")
    return CommandResult(result.json | {"added": added, "rejected": rejected}, result.shown)


def gold_list(options: Namespace, progress: Progress) -> CommandResult:
    return listing(GoldQuestions(options.workspace))


def gold_remove(options: Namespace, progress: Progress) -> CommandResult:
    """Remove a pair or all pairs. UserError where the pair is none of them."""
    gold = GoldQuestions(options.workspace)
    pairs = list(gold.answers()) if options.all else [tuple(sorted(options.pair))]
    removed = gold.remove(pairs)
    if not removed and not options.all:
        raise UserError(
            f"A gold question is named by both its image ids. Received: {' '.join(options.pair) or 'none'}. "
            "Take the ids from: annotators gold list"
        )
    return listing(gold, f"{removed} removed.")


def listing(gold: GoldQuestions, *lines: str) -> CommandResult:
    found = [(*pair, answer) for pair, answer in gold.answers().items()]
    told = [dict(zip(("left", "right", "answer"), each, strict=True)) for each in found]
    shown = table(("left", "right", "answer"), found) if found else "There are no gold questions."
    return CommandResult({"gold": told}, (*lines, shown))
