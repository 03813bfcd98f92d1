"""Remember which questions were handed out to whom."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from siamese_core.answers.corrections import Verdict

LEASE_SECONDS = 600.0  # after which a question without an answer may be asked again
REMEMBERED = 50_000  # questions

Pair = tuple[str, str]  # image ids, the smaller first


@dataclass(frozen=True)
class Question:
    """A pair to show.

    similarity: 0..1 by slot, None of one that abstains; reason: the strategy that drew the pair; probability:
    of being drawn, 0..1; verdicts: those of each slot when it was drawn; told: the reason that people
    are told, where the true one would give a test away.
    """

    left_id: str
    right_id: str
    similarity: Mapping[str, float | None]
    reason: str
    probability: float
    verdicts: tuple[Verdict, ...] = ()
    told: str = ""

    @property
    def told_reason(self) -> str:
        return self.told or self.reason

    @property
    def pair(self) -> Pair:
        return pair_of(self.left_id, self.right_id)

    def json(self) -> dict:
        return {
            "left": self.left_id,
            "right": self.right_id,
            "similarity": dict(self.similarity),
            "reason": self.told_reason,
            "probability": self.probability,
        }


def pair_of(left_id: str, right_id: str) -> Pair:
    """Return the ids in sorted order, so that both orders of a pair are equal."""
    return min(left_id, right_id), max(left_id, right_id)


def question(pair: Pair, verdicts: tuple[Verdict, ...], reason: str, probability: float) -> Question:
    """Return the question on a pair, with what each encoder that does not abstain says."""
    similarity = {each.encoder: None if each.abstains else each.similarity for each in verdicts}
    return Question(*pair, similarity, reason, probability, verdicts)


class Asked:
    """The latest `REMEMBERED` questions by pair and annotator, in memory. Callers lock it between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._asked: dict[tuple[Pair, str], tuple[Question, float]] = {}

    def __contains__(self, pair_and_annotator: object) -> bool:
        return pair_and_annotator in self._asked

    def note(self, questions: Iterable[Question], annotator: str) -> None:
        """Remember that an annotator was asked these."""
        now = self._clock()
        for each in questions:
            self._asked.pop((each.pair, annotator), None)  # the latest come last
            self._asked[each.pair, annotator] = (each, now)
        while len(self._asked) > REMEMBERED:
            del self._asked[next(iter(self._asked))]

    def recall(self, left_id: str, right_id: str, annotator: str) -> Question | None:
        """Return the question on a pair as this annotator was asked it, or None."""
        return self._asked.get((pair_of(left_id, right_id), annotator), (None, 0.0))[0]

    def pairs(self) -> list[Pair]:
        return [pair for pair, _ in self._asked]

    def left_open(self, answered: Sequence[Pair], count: int) -> list[Question]:
        """Return at most `count` questions without an answer that nobody was asked for `LEASE_SECONDS`."""
        latest = self._clock() - LEASE_SECONDS
        closed = {*answered, *(pair for (pair, _), (_, asked) in self._asked.items() if asked > latest)}
        found = {pair: each for (pair, _), (each, _) in self._asked.items() if pair not in closed}
        return list(found.values())[: max(0, count)]
