"""List pairs that are asked although their answer is known: second opinions, repeats, gold questions.

Whoever answers cannot tell repeats and gold questions from others: they are told the reason of another pair.
"""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from siamese_core.answers.answer_table import PAIR, answer_table
from siamese_core.answers.label_row import GOLD, REPEAT, LabelRow

BETWEEN = 50  # answers of the same person between a pair and its repeat, at least


@dataclass(frozen=True)
class AskedAgain:
    """A pair to ask. probability: that of its first draw; told: the reason that people are told."""

    left_id: str
    right_id: str
    reason: str
    probability: float
    told: str = ""


Kind = tuple[float, Callable[[], list[AskedAgain]]]  # the share of it, and what there is


@dataclass
class Shares:
    """Shares of an annotator's questions, 0..1, that are answered already.

    opinions: that another has answered, so that their agreement can be measured; repeats: that they have
    answered themselves; golds: whose answer is known, where there are any.
    """

    opinions: float = 0.0
    repeats: float = 0.02
    golds: float = 0.05

    def kinds(
        self,
        standing: Sequence[LabelRow],
        annotator: str,
        gold: Mapping[tuple[str, str], str],
        rng: np.random.Generator,
    ) -> tuple[Kind, ...]:
        """Return what may be asked again of an annotator, by kind with its share."""
        return (
            (self.opinions, lambda: opinions_to_ask(standing, annotator)),
            (self.golds, lambda: gold_to_ask(gold, standing, annotator, rng)),
            (self.repeats, lambda: repeats_to_ask(standing, annotator)),
        )


def choose(
    kinds: Sequence[Kind], count: int, rng: np.random.Generator, may_ask: Callable[[AskedAgain], bool]
) -> list[AskedAgain]:
    """Choose pairs for `count` questions, each of which is of a kind with the probability of its share."""
    chosen: list[AskedAgain] = []
    for share, listed in kinds:
        if share and (wanted := int(rng.binomial(count - len(chosen), share))):
            open_to = list(filter(may_ask, listed()))
            chosen += [open_to[place] for place in rng.permutation(len(open_to))[:wanted]]
    return chosen


def second_opinions(standing: Sequence[LabelRow], annotator: str) -> list[LabelRow]:
    """Return the answers to pairs that one other annotator alone has answered, and `annotator` has not."""
    table = answer_table(standing, ("annotator",))
    open_to = ~table.duplicated(PAIR, keep=False) & (table["annotator"] != annotator)
    return [standing[place] for place in table.index[open_to]]


def opinions_to_ask(standing: Sequence[LabelRow], annotator: str) -> list[AskedAgain]:
    """Return the pairs of `second_opinions` that the queue drew."""
    return [
        AskedAgain(row.left_id, row.right_id, row.reason, float(row.probability))
        for row in _drawn(second_opinions(standing, annotator))
    ]


def repeats_to_ask(standing: Sequence[LabelRow], annotator: str) -> list[AskedAgain]:
    """Return pairs that the annotator has answered, to be asked once more: none of the latest `BETWEEN`."""
    own = [row for row in standing if row.annotator == annotator][:-BETWEEN]
    return [
        AskedAgain(row.left_id, row.right_id, REPEAT, float(row.probability), row.reason)
        for row in _drawn(own)
    ]


def gold_to_ask(
    gold: Mapping[tuple[str, str], str],
    standing: Sequence[LabelRow],
    annotator: str,
    rng: np.random.Generator,
) -> list[AskedAgain]:
    """Return the pairs with a known answer that the annotator has not answered.

    Each looks like some earlier question; before the first one there is nothing to look like, and no pair.
    """
    examples = _drawn(standing)
    answered = {row.pair for row in standing if row.annotator == annotator}
    fresh = [pair for pair in gold if pair not in answered]
    if not examples:
        return []
    looks = [examples[place] for place in rng.integers(len(examples), size=len(fresh))]
    return [
        AskedAgain(*pair, GOLD, float(row.probability), row.reason)
        for pair, row in zip(fresh, looks, strict=True)
    ]


def _drawn(rows: Sequence[LabelRow]) -> list[LabelRow]:
    """Return the answers to pairs that the queue drew, but for those that tested the annotator."""
    return [
        row
        for row in rows
        if row.task == "queue" and row.probability and row.reason and row.reason not in (GOLD, REPEAT)
    ]


def add_shares(parser: ArgumentParser) -> None:
    """Add --repeats and --gold, shares of a person's questions."""
    default = Shares()
    parser.add_argument(
        "--repeats",
        type=share,
        default=default.repeats,
        metavar="SHARE",
        help="of a person's questions in Label that they have answered before, 0 to 0.5 (%(default)s)",
    )
    parser.add_argument(
        "--gold",
        type=share,
        default=default.golds,
        metavar="SHARE",
        help="of them that are gold questions, which `siamese gold add` makes, 0 to 0.5 (%(default)s)",
    )


def share(text: str) -> float:
    """Read a share of the questions, of which at least half stay new."""
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 0.5:
        raise ArgumentTypeError(f"A share is a number from 0 to 0.5. Received: {text[:80]}.")
    return found
