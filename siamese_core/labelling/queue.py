"""The queue of the labelling loop: hands each annotator the pairs to answer next."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from siamese_core.annotators.gold import GoldQuestions
from siamese_core.answers.label_row import GOLD, REPEAT, LabelRow
from siamese_core.answers.settled import by_people, standing_labels
from siamese_core.errors import UserError
from siamese_core.labelling.asked import Asked, Pair, Question, pair_of, question
from siamese_core.labelling.asked_again import AskedAgain, Shares, choose
from siamese_core.labelling.mined_pairs import MinedPairs
from siamese_core.labelling.mining import DEFAULT_MIX, draw
from siamese_core.labelling.pool import Pool
from siamese_core.labelling.question_table import QuestionTable, build_table
from siamese_core.workspace.recording import Shown
from siamese_core.workspace.workbench import Workbench

MOST_AT_ONCE = 100  # questions
# Share of random pairs called same above which the threshold is meaningless, unless most images show one
# class.
ALL_SAME = 0.8
WISHED = "search"  # the reason of pairs that a person has put first
GROWTH = 1.5  # factor on the number of embedded images, after which candidates are found anew
THRESHOLD_WARNING = (
    "Calls {percent:.0f} % of random pairs of these images same: its threshold was fitted on other images. "
    "Answers and a retraining fit it to these."
)


class Questions:
    """The queue of all annotators of a workspace.

    shares: how many of an annotator's questions have an answer already; gold: the questions with known ones.
    """

    def __init__(
        self,
        workbench: Workbench,
        pool: Pool,
        rng: np.random.Generator | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.workbench, self.pool, self.shares = workbench, pool, Shares()
        self.gold = GoldQuestions(workbench.workspace)
        self._rng = rng or np.random.default_rng()
        self._asked = Asked(clock)
        self._table: QuestionTable | None = None
        self._drawing, self._building = threading.Lock(), threading.Lock()
        self._wished: list[Pair] = []  # by people, to be asked before all others
        self._mined = MinedPairs(workbench.workspace / "pool")  # by `load`, to be asked next
        pool.on_growth = self._follow

    def next_pairs(self, count: int, annotator: str) -> list[Question]:
        """Hand out at most `count` pairs that this annotator was never asked.

        But for the overlap, no person has answered them and nobody is being asked them. Once none is left,
        questions without an answer are handed out again after a while. UserError for a count outside
        1..`MOST_AT_ONCE`, or while no images are embedded.
        """
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_AT_ONCE:
            raise UserError(
                f"count is a whole number from 1 to {MOST_AT_ONCE}. Received: {count!r}. Correct it."
            )
        if not self._is_current():
            self.pool.start()
        table, rows = self.table(), by_people(self.workbench.log.rows())
        with self._drawing:
            found = self._next_wished(table, count)
            found += self._next_mined(table, rows, [each.pair for each in found], count - len(found))
            again = self._asked_again(table, rows, count - len(found), annotator)
            asked = [*self._asked.pairs(), *(each.pair for each in (*found, *again))]
            drawn = self._draw(table, rows, asked, count - len(found) - len(again))
            found += self._mixed(again, drawn)
            if len(found) < count:
                answered = [row.pair for row in standing_labels(rows)]
                open_to = self._asked.left_open(answered, count - len(found))
                found += [each for each in open_to if self._may_ask(table, each.pair)]
            self._asked.note(found, annotator)
        self._keep_at_hand(table, found)
        return found

    def ask_first(self, pairs: Sequence[Pair]) -> None:
        """Ask these pairs before all others, as a person wishes. UserError unless both images of each are
        embedded images to label."""
        table = self.table()
        if not all(table.holds(pair) for pair in pairs):
            raise UserError(
                "Only images to label can be asked. Received: a pair of others. Add them in Label, or answer "
                "it in Compare."
            )
        with self._drawing:
            self._wished += [pair for pair in pairs if pair not in self._wished]

    def mine(self, count: int, mix: Mapping[str, float] = DEFAULT_MIX) -> list[Question]:
        """Draw at most `count` pairs that nobody has answered, without handing them out."""
        return self._draw(self.table(), self.workbench.log.rows(), [], count, mix)

    def shown(self, left_id: str, right_id: str, annotator: str) -> Shown | None:
        """Return how the pair was shown to this annotator, for `Workbench.answer`; None if it was not."""
        with self._drawing:
            asked = self._asked.recall(left_id, right_id, annotator)
        chance = asked and asked.reason != GOLD and asked.probability or None
        return asked and Shown("queue", asked.reason, chance, verdicts=asked.verdicts)

    def warnings(self) -> dict[str, str]:
        """Say by slot, where it is so, that it abstains from these images or why its verdicts mean little."""
        table = self._table
        warnings = table.abstaining if table else self.pool.warnings()
        return warnings | {
            slot: THRESHOLD_WARNING.format(percent=100 * share)
            for slot, share in (table.called_same.items() if table else ())
            if share >= ALL_SAME and slot not in warnings
        }

    def nobody_knows(self) -> bool:
        """Tell whether every slot that serves abstains from these images."""
        return self._table is not None and len(self._table.abstaining) == len(self._table.embedded)

    def _draw(
        self,
        table: QuestionTable,
        rows: Sequence[LabelRow],
        asked: Sequence[Pair],
        count: int,
        mix: Mapping[str, float] = DEFAULT_MIX,
    ) -> list[Question]:
        knowledge = table.knowledge(rows, asked, self.pool.files.set_aside.ids)
        drawn = draw(table.candidates, knowledge, count, self._rng, mix)
        pairs = [(table.ids[each.left], table.ids[each.right]) for each in drawn]
        turned = self._rng.random(len(pairs)) < 0.5  # so that the side gives no hint
        pairs = [pair[::-1] if turn else pair for pair, turn in zip(pairs, turned, strict=True)]
        return [
            question(pair, verdicts, each.reason, each.probability)
            for pair, verdicts, each in zip(pairs, table.verdicts(pairs), drawn, strict=True)
        ]

    def _next_wished(self, table: QuestionTable, count: int) -> list[Question]:
        """Take at most `count` of the pairs that people wish to be asked, each once."""
        held = [pair for pair in self._wished if self._may_ask(table, pair)]
        taken, self._wished = held[:count], held[count:]
        found = zip(taken, table.verdicts(taken), strict=True) if taken else ()
        return [question(pair, verdicts, WISHED, 1.0) for pair, verdicts in found]

    def _next_mined(
        self, table: QuestionTable, rows: Sequence[LabelRow], taken: Sequence[Pair], count: int
    ) -> list[Question]:
        """Return at most `count` of the pairs that were mined elsewhere, which nobody has been asked yet."""
        mined = self._mined.pairs()
        if not mined or not count:
            return []
        closed = {*taken, *self._asked.pairs(), *(row.pair for row in standing_labels(rows))}
        waiting = [each for each in mined if each.pair not in closed and table.holds(each.pair)][:count]
        found = table.verdicts([(each.left_id, each.right_id) for each in waiting]) if waiting else ()
        return [
            question((each.left_id, each.right_id), verdicts, each.reason, each.probability)
            for each, verdicts in zip(waiting, found, strict=True)
        ]

    def _asked_again(
        self, table: QuestionTable, rows: Sequence[LabelRow], count: int, annotator: str
    ) -> list[Question]:
        """Return questions with a known answer, each of `count` one with the probability of its kind."""
        kinds = self.shares.kinds(standing_labels(rows), annotator, self.gold.answers(), self._rng)
        chosen = choose(kinds, count, self._rng, lambda each: self._may_test(table, each, annotator))
        pairs = [(each.left_id, each.right_id) for each in chosen]
        verdicts = table.verdicts(pairs) if pairs else ()
        return [
            replace(question(pair, said, each.reason, each.probability), told=each.told)
            for pair, said, each in zip(pairs, verdicts, chosen, strict=True)
        ]

    def _mixed(self, again: list[Question], drawn: list[Question]) -> list[Question]:
        """Return both in an order that gives no hint which is which."""
        both = again + drawn
        return [both[place] for place in self._rng.permutation(len(both))] if again else drawn

    def _may_test(self, table: QuestionTable, each: AskedAgain, annotator: str) -> bool:
        """Return whether a pair may be asked again: a repeat once, others if the annotator was not asked."""
        asked = self._asked.recall(each.left_id, each.right_id, annotator)
        fresh = asked is None or (each.reason == REPEAT and asked.reason != REPEAT)
        return fresh and self._may_ask(table, pair_of(each.left_id, each.right_id))

    def _may_ask(self, table: QuestionTable, pair: Pair) -> bool:
        """Return whether both images are embedded and none is set aside."""
        return table.holds(pair) and not self.pool.files.set_aside.ids.intersection(pair)

    def _keep_at_hand(self, table: QuestionTable, questions: Sequence[Question]) -> None:
        """Cache the embeddings of these questions.

        An answer compares again; so it embeds nothing.
        """
        ids = list({image_id for each in questions for image_id in each.pair if table.holds((image_id,))})
        for each in table.embedded:
            self.workbench.matcher.cache.fill(each.checkpoint.embeddings_id, ids, each.store.take(ids))

    def table(self) -> QuestionTable:
        """Return the table by the serving checkpoints.

        The former table until a newly promoted encoder has embedded enough images. UserError if there is none
        and none can be built.
        """
        if not self._is_current():
            self._refresh()
        return self._table

    def _is_current(self) -> bool:
        return self._table is not None and self._table.checkpoints == self._serving()

    def _follow(self) -> None:
        """Refresh the table in the thread of the growing pool, so that no annotator waits for it."""
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
