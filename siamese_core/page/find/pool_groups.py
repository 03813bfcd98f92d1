"""Group the images of a pool as they are now, and find its near-duplicates."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from siamese_core.answers.settled import settled_labels
from siamese_core.data.components import components
from siamese_core.errors import UserError
from siamese_core.evaluation.fusion import for_images_of, load_fusion
from siamese_core.labelling.implications import groups as implied_groups
from siamese_core.labelling.question_table import QuestionTable
from siamese_core.labelling.queue import Questions
from siamese_core.metric_learning.constrained_clustering import Evidence
from siamese_core.metrics import bounded_logit
from siamese_core.review.exports import write_groups
from siamese_core.searching.groups import Compared, Group, Grouping, described, grouped

RANDOM_PAIRS = 10_000  # that the similarity of different images is told from
# How many images an image may find alike by chance. Of 1, 2, 4, 8, 16, and pools of `faces_orl`, `photos_60`
# and `products_lab`, 4 is the most that leaves groups 88 to 100 % pure; bench README, "Groups".
FALSE_NEIGHBOURS = 4


@dataclass(frozen=True)
class Answered:
    """What answers say of a pool's images, by number: int (k, 2) each, as `grouped` reads it."""

    same: np.ndarray
    different: np.ndarray


@dataclass(frozen=True)
class PoolGrouping:
    """The groups of a pool, and what they were made from. ids: by the numbers of the images."""

    ids: tuple[str, ...]
    grouping: Grouping
    compared: Compared
    answered: Answered

    def names(self, group: Group) -> list[str]:
        return [self.ids[each] for each in group.images]


class PoolGroups:
    """The groups of a pool; kept until an answer, an image or a checkpoint comes. Thread safe."""

    def __init__(self, questions: Questions):
        self.questions, self.workbench = questions, questions.workbench
        self._kept: tuple[tuple, PoolGrouping | None] = ((), None)
        self._compared: tuple[QuestionTable | None, Compared | None] = (None, None)
        self._making = threading.Lock()

    def now(self) -> PoolGrouping:
        """Return the groups. UserError while fewer than two images are embedded."""
        table, set_aside = self.questions.table(), self.questions.pool.files.set_aside
        with self._making:
            aside = set_aside.ids
            state = (id(table), self.workbench.log.counts().rows, set_aside.changes)
            if self._kept[0] != state:
                if self._compared[0] is not table:
                    self._compared = table, compared_by(table, self.workbench.checkpoints.shipped_folder)
                compared, answered = self._compared[1], self.answered(table)
                usable = np.array([each not in aside for each in table.ids])
                made = grouped(compared, usable, answered.same, answered.different)
                self._kept = state, PoolGrouping(table.ids, made, compared, answered)
            return self._kept[1]

    def answered(self, table: QuestionTable) -> Answered:
        """Return what the settled answers say of the pool's images, also by way of images outside it."""
        settled = settled_labels(self.workbench.log.rows())
        implied = implied_groups(settled, table.ids)
        direct = [
            [table.number[each] for each in row.pair]
            for row in settled
            if row.answer == "same" and table.holds(row.pair)
        ]
        same = np.array(direct, np.int64).reshape(-1, 2)
        tied = components(*same.T, len(table.ids))
        first: dict[int, int] = {}
        for image, group in enumerate(implied.group.tolist()):
            start = first.setdefault(group, image)
            if tied[start] != tied[image]:
                direct.append([start, image])
        different = [[first[a], first[b]] for a, b in implied.apart.tolist() if a in first and b in first]
        return Answered(*(np.array(each, np.int64).reshape(-1, 2) for each in (direct, different)))

    def of(self, image_ids: Iterable[str]) -> tuple[PoolGrouping, Group]:
        """Return the images as one group, whatever the clusters are. UserError for fewer than two of the
        pool."""
        now = self.now()
        number = self.questions.table().number
        part = np.unique([number[each] for each in image_ids if each in number])
        if len(part) < 2:
            raise UserError("A group has two images of the pool. Received: fewer. Reload the page.")
        return now, described(now.compared, [part], now.answered.same)[0]

    def near_duplicates(self) -> list[list[str]]:
        """Return sets of images that show nearly the same picture, answered ones first in each."""
        table, rows = self.questions.table(), self.workbench.log.rows()
        candidates, aside = table.candidates, self.questions.pool.files.set_aside.ids
        settled = settled_labels(rows)
        apart = table.codes(row.pair for row in settled if row.answer == "different")
        listed = candidates.near_duplicate & ~np.isin(candidates.codes, apart)
        usable = np.array([each not in aside for each in table.ids])
        listed &= usable[candidates.left] & usable[candidates.right]
        sets: dict[int, list[str]] = {}
        tied = components(candidates.left[listed], candidates.right[listed], len(table.ids))
        for image_id, number in zip(table.ids, tied.tolist(), strict=True):
            sets.setdefault(number, []).append(image_id)
        seen = {each for row in settled for each in row.pair}
        return [sorted(each, key=lambda one: one not in seen) for each in sets.values() if len(each) > 1]

    def write(self, file: Path) -> None:
        """Write a zip of class folders, `groups/group-0001/ID.png`. UserError where there is no group."""
        now = self.now()
        write_groups("groups", [now.names(each) for each in now.grouping.groups], self.workbench.images, file)


def compared_by(table: QuestionTable, shipped_folder: Path) -> Compared:
    """Return how a table's images are compared: by the encoders that judge, as one."""
    weights, intercept, threshold = _fused(table, shipped_folder)
    judging = _judging(table)

    def log_odds(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        said = [table.views[place].compare(left, right) for place in judging]
        return np.stack(said, axis=1) @ weights + intercept

    candidates, count = table.candidates, len(table.ids)
    listed = candidates.log_odds @ weights + intercept
    random = listed if candidates.complete else log_odds(*_random_pairs(count))
    chance = min(1.0, FALSE_NEIGHBOURS / max(count - 1, 1))
    level = max(float(np.quantile(random, 1 - chance)), float(bounded_logit(threshold)))
    evidence = Evidence(
        count,
        candidates.left,
        candidates.right,
        listed - level,
        float(np.median(random)) - level,
        max(1, round(len(listed) / count)),
    )
    return Compared(evidence, log_odds)


def _judging(table: QuestionTable) -> list[int]:
    places = range(len(table.embedded))
    return [each for each in places if table.embedded[each].slot not in table.abstaining] or list(places)


def _fused(table: QuestionTable, shipped_folder: Path) -> tuple[np.ndarray, float, float]:
    """Return the weights of the encoders that judge, the intercept and the threshold, as Find has them."""
    judging = [table.embedded[place] for place in _judging(table)]
    if len(judging) == 1:
        return np.ones(1), 0.0, judging[0].checkpoint.threshold
    domain = judging[0].domain
    stored = load_fusion(shipped_folder, domain)
    fusion = for_images_of(domain, stored, [each.checkpoint for each in judging])
    weights = np.array([getattr(fusion, each.slot) for each in judging])
    return weights, fusion.intercept, fusion.threshold


def _random_pairs(count: int) -> Sequence[np.ndarray]:
    rng = np.random.default_rng(0)
    left = rng.integers(count, size=RANDOM_PAIRS)
    return left, (left + rng.integers(1, count, size=RANDOM_PAIRS)) % count
