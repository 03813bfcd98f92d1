"""The queue of the labelling loop: which pairs each annotator is asked next."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from siamese_core.answers.corrections import Verdict
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.settled import standing_labels
from siamese_core.errors import UserError
from siamese_core.labelling.agreement import second_opinions
from siamese_core.labelling.asked import Asked, Pair, Question
from siamese_core.labelling.mining import DEFAULT_MIX, draw
from siamese_core.labelling.pool import Pool
from siamese_core.labelling.question_table import QuestionTable, build_table
from siamese_core.workspace.workbench import Shown, Workbench

MOST_AT_ONCE = 100
ALIKE = 0.8  # of random pairs called same: the threshold tells nothing, unless most images show one thing
GROWTH = 1.5  # of the embedded images, after which the pairs to draw from are looked for anew
ALL_ALIKE = (
    "Calls {percent:.0f} % of random pairs of these images same: its threshold was fitted on other images. "
    "Answers and a retraining fit it to these."
)


class Questions:
    """One queue for all annotators of a workspace. `overlap`: the share, 0..1, of an annotator's questions
    that somebody else has answered already, so that agreement can be measured."""

    def __init__(
        self,
        workbench: Workbench,
        pool: Pool,
        rng: np.random.Generator | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.workbench, self.pool, self.overlap = workbench, pool, 0.0
        self._rng = rng or np.random.default_rng()
        self._asked = Asked(clock)
        self._table: QuestionTable | None = None
        self._drawing, self._building = threading.Lock(), threading.Lock()
        pool.on_growth = self._follow

    def next_pairs(self, count: int, annotator: str) -> list[Question]:
        """At most `count` pairs that this annotator was never asked, and that nobody has answered or is asked
        but for the overlap. UserError for a count beyond 1..`MOST_AT_ONCE`, or while no images are embedded.

        Once no others are left, questions that stay open are asked again after a while.
        """
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_AT_ONCE:
            raise UserError(
                f"count is a whole number from 1 to {MOST_AT_ONCE}. Received: {count!r}. Correct it."
            )
        if not self._is_current():
            self.pool.start()
        table, rows = self._current(), self.workbench.log.rows()
        with self._drawing:
            found = self._second_opinions(table, rows, count, annotator)
            found += self._draw(table, rows, self._asked.pairs(), count - len(found))
            if len(found) < count:
                answered = [row.pair for row in standing_labels(rows)]
                found += self._asked.left_open(answered, count - len(found))
            self._asked.note(found, annotator)
        self._keep_at_hand(table, found)
        return found

    def mine(self, count: int, mix: Mapping[str, float] = DEFAULT_MIX) -> list[Question]:
        """At most `count` pairs that nobody has answered; nobody is asked them by this."""
        return self._draw(self._current(), self.workbench.log.rows(), [], count, mix)

    def shown(self, left_id: str, right_id: str, annotator: str) -> Shown | None:
        """How the pair came before this annotator, for `Workbench.answer`; None if it was not asked here."""
        with self._drawing:
            asked = self._asked.recall(left_id, right_id, annotator)
        return asked and Shown("queue", asked.reason, asked.probability, verdicts=asked.verdicts)

    def warnings(self) -> dict[str, str]:
        """By slot, why its answers mean little on these images, where they do."""
        told, table = self.pool.warnings(), self._table
        for slot, share in table.called_same.items() if table else ():
            if share >= ALIKE:
                told[slot] = f"{told.get(slot, '')} {ALL_ALIKE.format(percent=100 * share)}".strip()
        return told

    def _draw(
        self,
        table: QuestionTable,
        rows: Sequence[LabelRow],
        asked: Sequence[Pair],
        count: int,
        mix: Mapping[str, float] = DEFAULT_MIX,
    ) -> list[Question]:
        drawn = draw(table.candidates, table.knowledge(rows, asked), count, self._rng, mix)
        pairs = [(table.ids[each.left], table.ids[each.right]) for each in drawn]
        turned = self._rng.random(len(pairs)) < 0.5  # so that the side tells nothing
        pairs = [pair[::-1] if turn else pair for pair, turn in zip(pairs, turned, strict=True)]
        return [
            _question(pair, verdicts, each.reason, each.probability)
            for pair, verdicts, each in zip(pairs, table.verdicts(pairs), drawn, strict=True)
        ]

    def _second_opinions(
        self, table: QuestionTable, rows: Sequence[LabelRow], count: int, annotator: str
    ) -> list[Question]:
        """Others' questions, as they were drawn for them: each of `count` is one by the chance `overlap`."""
        wanted = int(self._rng.binomial(count, self.overlap))
        if not wanted:
            return []
        open_to = [
            row
            for row in second_opinions(standing_labels(rows), annotator)
            if row.task == "queue" and row.probability and (row.pair, annotator) not in self._asked
            if table.holds(row.pair)
        ]
        chosen = [open_to[place] for place in self._rng.permutation(len(open_to))[:wanted]]
        said = table.verdicts([row.pair for row in chosen])
        return [
            _question((row.left_id, row.right_id), verdicts, row.reason, float(row.probability))
            for row, verdicts in zip(chosen, said, strict=True)
        ]

    def _keep_at_hand(self, table: QuestionTable, questions: Sequence[Question]) -> None:
        """So that an answer, which asks the matcher what it says now, embeds nothing."""
        ids = list({image_id for each in questions for image_id in each.pair if table.holds((image_id,))})
        for each in table.embedded:
            self.workbench.matcher.cache.fill(each.checkpoint.embeddings_id, ids, each.store.take(ids))

    def _current(self) -> QuestionTable:
        """The table of the checkpoints that serve. After a promotion the former one is used until the new
        encoder has embedded enough. UserError if there is none and none can be built."""
        if not self._is_current():
            self._refresh()
        return self._table

    def _is_current(self) -> bool:
        return self._table is not None and self._table.checkpoints == self._serving()

    def _follow(self) -> None:
        """Called as the pool grows, by its own thread: questions that are drawn meanwhile do not wait."""
        if self.pool.progress().embedded > 1:
            self._refresh()

    def _refresh(self) -> None:
        with self._building:
            if self._is_due():
                self._table = build_table(self.pool, np.random.default_rng(0))

    def _is_due(self) -> bool:
        table, serving, now = self._table, self._serving(), self.pool.progress()
        if table is None:
            return True
        complete = now.done == now.files and now.embedded == now.images
        if table.checkpoints != serving:
            return now.embedded >= 2 and (complete or now.embedded > len(table.ids) / 2)
        grown = now.embedded >= GROWTH * len(table.ids)
        return grown or (complete and now.embedded > len(table.ids))

    def _serving(self) -> tuple[str, ...]:
        return tuple(each.checkpoint.id for each in self.pool.embedded())


def _question(pair: Pair, verdicts: tuple[Verdict, ...], reason: str, probability: float) -> Question:
    similarity = {each.encoder: each.similarity for each in verdicts}
    return Question(*pair, similarity, reason, probability, verdicts)
