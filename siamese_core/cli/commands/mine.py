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
    among = parser.add_mutually_exclusive_group(required=True)
    among.add_argument(
        "--images",
        type=Path,
        metavar="DIR",
        help="images at any depth; class folders are optional",
    )
    among.add_argument(
        "--embeddings",
        metavar="DIR",
        help="folder of Parquet shards, or the URI of one, as embed writes them: a million images",
    )
    parser.add_argument("--top", type=whole(1), required=True, metavar="K", help="how many pairs")
    parser.add_argument(
        "--strategy", choices=CHOICES, metavar="NAME", help=f"one of {', '.join(CHOICES)} (a mix of all)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="write the pairs as CSV, too, which load brings into the queue",
    )
    add_seed(parser)
    add_strict(parser)
    parser.set_defaults(run=mine)


def mine(options: Namespace, progress: Progress) -> CommandResult:
    """Draw pairs that nobody has answered."""
    mined = _in_folder if options.embeddings is None else _in_shards
    return mined(options, progress)


def _in_folder(options: Namespace, progress: Progress) -> CommandResult:
    """Mine in a folder. Images and embeddings stay in the workspace for the next call."""
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
    left_out = pool.progress().left_out
    if options.strict:
        left_out.require_none()
    files = [(names[each.left_id], names[each.right_id]) for each in found]
    if options.out is not None:
        folder = options.images.absolute()
        _write(options.out, found, [tuple((folder / name).as_posix() for name in pair) for pair in files])
    return with_left_out(_result(options, found, files), len(names), left_out)


def _in_shards(options: Namespace, progress: Progress) -> CommandResult:
    """Mine in embeddings that were made before, by the current checkpoint of the first slot that has some."""
    from siamese_core.embeddings.shards import ShardFolder
    from siamese_core.networks.encoders import SLOTS
    from siamese_core.scale.mining import MiningRequest, mine_shards, mix_of

    strategy = AUDIT if options.strategy == RANDOM else options.strategy
    request = MiningRequest(options.top, SLOTS, mix_of(strategy), options.seed)
    mined = mine_shards(open_workbench(options), ShardFolder(options.embeddings), request, progress)
    if options.out is not None:
        _write(options.out, mined.questions, mined.files)
    recall = mined.recall
    told = (
        f"{mined.images:,} images by {mined.checkpoint}; {recall.share:.1%} of the {recall.neighbours} most "
        f"similar of {recall.images} images were found."
    )
    json = {"images": mined.images, "checkpoint": mined.checkpoint, "recall": recall.json()}
    return _result(options, mined.questions, mined.files, json, (told, mined.note))


def _write(file: Path, found: "Sequence[Question]", files: Sequence[tuple[str, str]]) -> None:
    from siamese_core.labelling.mined_pairs import MinedPair, write_pairs

    write_pairs(
        file,
        (
            MinedPair(each.left_id, each.right_id, *names, each.reason, each.probability)
            for each, names in zip(found, files, strict=True)
        ),
    )


def _result(
    options: Namespace,
    found: "Sequence[Question]",
    files: Sequence[tuple[str, str]],
    further: dict | None = None,
    notes: tuple[str, ...] = (),
) -> CommandResult:
    pairs = [
        {**each.json(), "left_file": left, "right_file": right}
        for each, (left, right) in zip(found, files, strict=True)
    ]
    notes = tuple(filter(None, notes))
    if len(found) < options.top:
        few = f"There are no more such pairs that nobody has answered: {len(found)} of {options.top}."
        notes = (*notes, few)
    return CommandResult({"pairs": pairs} | (further or {}), (pair_table(found, files), *notes))


def _mix(strategy: str | None) -> dict[str, float]:
    """Return the share of each reason for which a pair is drawn."""
    if strategy is None:
        return DEFAULT_MIX
    return {AUDIT if strategy == RANDOM else strategy: 1.0}


def pair_table(found: "Sequence[Question]", files: Sequence[tuple[str, str]]) -> Table:
    """Return a table of the pairs. files: names of both images of each."""
    slots = list(found[0].similarity) if found else []
    rows = [
        (
            *names,
            *("" if each.similarity[slot] is None else f"{each.similarity[slot]:.2f}" for slot in slots),
            each.reason,
            f"{each.probability:.2g}",
        )
        for each, names in zip(found, files, strict=True)
    ]
    return table(("left", "right", *slots, "reason", "probability"), rows)
