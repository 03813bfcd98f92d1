"""What the command mine does: the pairs of a folder that are worth a person's answer."""

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from siamese_core.cli.commands import Answer, open_workbench
from siamese_core.cli.terminal import table
from siamese_core.data.progress import Progress
from siamese_core.labelling.mining import AUDIT, DEFAULT_MIX
from siamese_core.labelling.strategies import STRATEGIES

if TYPE_CHECKING:
    from siamese_core.labelling.asked import Question

RANDOM = "random"
CHOICES = (*STRATEGIES, RANDOM)


def mine(options: Namespace, progress: Progress) -> Answer:
    """The images are stored and embedded in the workspace, so that a second call comes at once."""
    import numpy as np

    from siamese_core.labelling.pool import Pool
    from siamese_core.labelling.queue import Questions

    bench = open_workbench(options)
    pool = Pool(bench, uploads=False)
    pool.files.add_folder(options.images)
    pool.work(progress)
    progress(1.0, "comparing the images")
    questions = Questions(bench, pool, np.random.default_rng(options.seed))
    found = questions.mine(options.top, _mix(options.strategy))
    names = {each.image_id: each.name for each in pool.images()}
    pairs = [
        {**each.json(), "left_file": names[each.left_id], "right_file": names[each.right_id]}
        for each in found
    ]
    rejected = pool.progress().rejected
    notes = [f"Files that are no image that can be read: {rejected}."] if rejected else []
    if len(found) < options.top:
        notes.append(f"There are no more such pairs that nobody has answered: {len(found)} of {options.top}.")
    return Answer({"pairs": pairs}, "\n".join([_text(found, names), *notes]))


def _mix(strategy: str | None) -> dict[str, float]:
    if strategy is None:
        return DEFAULT_MIX
    return {AUDIT if strategy == RANDOM else strategy: 1.0}


def _text(found: "Sequence[Question]", names: dict[str, str]) -> str:
    slots = list(found[0].similarity) if found else []
    rows = [
        (
            names[each.left_id],
            names[each.right_id],
            *(f"{each.similarity[slot]:.2f}" for slot in slots),
            each.reason,
            f"{each.probability:.2g}",
        )
        for each in found
    ]
    return table(("left", "right", *slots, "reason", "probability"), rows)
