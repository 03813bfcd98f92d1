"""Log what a person says of groups: that one is whole, that one is two, that two are one.

Each is a set of pairs with one group_id, so that one undo takes all of them back.
"""

from collections.abc import Sequence
from functools import partial
from itertools import product

import numpy as np

from siamese_core.answers.settled import standing_labels
from siamese_core.errors import UserError
from siamese_core.page.find.answering import PROBABILITY, REASON
from siamese_core.page.find.pool_groups import PoolGroups
from siamese_core.page.parts.outbox import Event, Handler, annotator, milliseconds, once, own_id, text
from siamese_core.workspace.recording import Shown

CONFIRM, SPLIT, MERGE = "confirm", "split", "merge"
ANSWERS = {CONFIRM: "same", SPLIT: "different", MERGE: "same"}
MOST_IMAGES = 2000  # of a group
MOST_BETWEEN = 40  # pairs that one split logs, the most similar first
NOTE = "group"

Pair = tuple[str, str]


def group_handlers(groups: PoolGroups) -> dict[str, Handler]:
    """Return what logs an answer about groups."""
    return {"group": once(groups.workbench.log, partial(save_group, groups))}


def save_group(groups: PoolGroups, event: Event) -> dict:
    """Log {act, images, ticked, milliseconds}: a row a pair, which are taken back together.

    The time is divided among them.
    """
    act, images, ticked = text(event, "act"), _ids(event, "images"), _ids(event, "ticked")
    if act not in ANSWERS or not 2 <= len(images) <= MOST_IMAGES:
        raise UserError(
            f"A group of 2 to {MOST_IMAGES} images is confirmed, split or merged. Received: another. Reload "
            "the page."
        )
    pairs = pairs_of(groups, act, images, ticked)
    if not pairs:
        raise UserError(
            "An answer about a group says something new. Received: one whose pairs are all answered. Undo "
            "these first."
        )
    taken, label_id = milliseconds(event), own_id(event, "id")
    each = None if taken is None else round(taken / len(pairs))
    table = groups.questions.table()
    answers = [
        (pair, ANSWERS[act], Shown("compare", REASON, PROBABILITY, each, NOTE, label_id, verdicts=verdicts))
        for pair, verdicts in zip(pairs, table.verdicts(pairs), strict=True)
    ]
    return {"pairs": len(groups.workbench.answer_many(answers, annotator(event), label_id))}


def pairs_of(groups: PoolGroups, act: str, images: Sequence[str], ticked: Sequence[str]) -> list[Pair]:
    """Return the pairs that an act is about.

    To confirm: the spanning tree's links that nobody has answered. To split: the weakest of them, or what is
    between the ticked images and the others, unless it is answered. To merge: the two images.
    """
    now, group = groups.of(images)
    if act == MERGE:
        return [(images[0], images[1])]
    if act == CONFIRM:
        return [(now.ids[link.left], now.ids[link.right]) for link in group.open]
    if not ticked:
        return [(now.ids[link.left], now.ids[link.right]) for link in group.open[:1]]
    chosen = [each for each in images if each in set(ticked)]
    others = [each for each in images if each not in set(ticked)]
    answered = {row.pair for row in standing_labels(groups.workbench.log.rows()) if row.answer == "different"}
    pairs = [pair for pair in product(chosen, others) if tuple(sorted(pair)) not in answered]
    return _most_similar(groups, pairs)[:MOST_BETWEEN]


def _most_similar(groups: PoolGroups, pairs: list[Pair]) -> list[Pair]:
    """Return the pairs, the most similar first."""
    number = groups.questions.table().number
    known = [pair for pair in pairs if all(each in number for each in pair)]
    if not known:
        return []
    left, right = np.array([[number[each] for each in pair] for pair in known]).T
    order = np.argsort(-groups.now().compared.log_odds(left, right), kind="stable")
    return [known[place] for place in order.tolist()]


def _ids(event: Event, key: str) -> list[str]:
    sent = event.get(key)
    return list(dict.fromkeys(map(str, sent[: MOST_IMAGES + 1]))) if isinstance(sent, list) else []
