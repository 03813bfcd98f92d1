"""What answers imply: "same" is transitive, so answers tie images into groups, say more than was asked, and
can contradict each other although no two people disagree on a pair.

Every function takes settled rows (`settled.settled_labels`). Nothing here is an answer by itself.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from siamese_core.answers.label_row import LabelRow
from siamese_core.data.components import named_components

Steps = tuple[tuple[str, str], ...]  # (the image reached, the label_id of the "same" answer that led to it)


@dataclass(frozen=True)
class Contradiction:
    """A shortest chain of "same" answers from the first image to the last, and these two called different.

    images: 3 or more ids; labels: as many, those of the chain in its order, last the one of "different".
    """

    images: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Implied:
    """The answer ("same" or "different") to a pair that nobody answered; `labels` are those that imply it."""

    left_id: str
    right_id: str
    answer: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Groups:
    """What answers imply of n images by their numbers.

    group: int64 (n,), equal where "same" answers tie images; apart: int64 (k, 2), groups (smaller number
    first) that a "different" separates; dubious: int64 (m,), groups that contradict themselves.
    """

    group: np.ndarray
    apart: np.ndarray
    dubious: np.ndarray

    def known(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """int8 for pairs of image numbers: 1 same, -1 different, 0 where nothing sure is implied."""
        first, second = self.group[left], self.group[right]
        base = 1 + max(self.group.max(initial=0), self.apart.max(initial=0))
        pairs = np.minimum(first, second) * base + np.maximum(first, second)
        apart = np.isin(pairs, self.apart[:, 0] * base + self.apart[:, 1])
        doubted = np.isin(first, self.dubious) | np.isin(second, self.dubious)
        return np.select([doubted, first == second, apart], [0, 1, -1], 0).astype(np.int8)


def groups(rows: Sequence[LabelRow], images: Sequence[str]) -> Groups:
    """The groups of `images`, also where images outside tie them. An image without ties is a group."""
    ties = _Ties(rows)
    alone = range(len(ties.group), len(ties.group) + len(images))
    apart = ties.apart(rows)
    return Groups(
        group=np.array([ties.group.get(i, n) for i, n in zip(images, alone, strict=True)], np.int64),
        apart=np.array([sorted(pair) for pair in apart if len(pair) == 2], np.int64).reshape(-1, 2),
        dubious=np.array(sorted(ties.dubious(rows)), np.int64),
    )


def contradictions(rows: Sequence[LabelRow], label_id: str | None = None) -> list[Contradiction]:
    """One for each "different" inside a group, oldest first; with `label_id` those that it is a part of."""
    ties = _Ties(rows)
    found = []
    for row in ties.contradictory(rows):
        reached = dict(ties.reach(row.left_id))
        found.append(_contradiction(row, reached[row.right_id]))
    return [each for each in found if label_id is None or label_id in each.labels]


def contradictory(rows: Sequence[LabelRow]) -> list[LabelRow]:
    """The "different" answers inside groups, oldest first: one for each contradiction, without its chain."""
    return _Ties(rows).contradictory(rows)


def _contradiction(row: LabelRow, steps: Steps) -> Contradiction:
    return Contradiction((row.left_id, *(image for image, _ in steps)), (*_labels(steps), row.label_id))


def implied(rows: Sequence[LabelRow], limit: int = 200) -> list[Implied]:
    """At most `limit` pairs that nobody answered but answers imply, to be offered to a person.

    Groups that contradict themselves imply nothing. What is implied becomes an answer only if it is given.
    """
    ties = _Ties(rows)
    known = {row.pair for row in rows}
    found = []
    dubious = ties.dubious(rows)
    for each in chain(_implied_same(ties, dubious), _implied_different(ties, dubious, rows)):
        if len(found) >= limit:
            break
        pair = (each.left_id, each.right_id)
        if pair not in known:
            known.add(pair)
            found.append(each)
    return found


def _implied_same(ties: "_Ties", dubious: set[int]) -> Iterator[Implied]:
    for image, group in ties.group.items():
        for other, steps in ties.reach(image) if group not in dubious else ():
            if image < other:
                yield Implied(image, other, "same", _labels(steps))


def _implied_different(ties: "_Ties", dubious: set[int], rows: Sequence[LabelRow]) -> Iterator[Implied]:
    for row in rows:
        if row.answer == "different" and not dubious & {ties.group[each] for each in row.pair}:
            far = list(ties.reach(row.right_id))
            for image, steps in ties.reach(row.left_id):
                for other, more in far:
                    left_id, right_id = sorted((image, other))
                    labels = (*_labels(steps), row.label_id, *_labels(more))
                    yield Implied(left_id, right_id, "different", labels)


class _Ties:
    """The answered images, each tied to others by "same" answers. `group`: id -> number of its group."""

    def __init__(self, rows: Sequence[LabelRow]):
        self._tied: dict[str, dict[str, str]] = {each: {} for row in rows for each in row.pair}
        for row in rows:
            if row.answer == "same":
                self._tied[row.left_id][row.right_id] = row.label_id
                self._tied[row.right_id][row.left_id] = row.label_id
        same = [row for row in rows if row.answer == "same"]
        alone = list(self._tied)  # tied to itself, an image without ties is a group, too
        self.group = named_components(
            [*alone, *(row.left_id for row in same)], [*alone, *(row.right_id for row in same)]
        )

    def reach(self, image: str) -> Iterator[tuple[str, Steps]]:
        """Every image of the group, nearest first and `image` itself before all, with the steps to it."""
        found, todo = {image}, deque([(image, ())])
        while todo:
            here, steps = todo.popleft()
            yield here, steps
            for other, label_id in self._tied[here].items():
                if other not in found:
                    found.add(other)
                    todo.append((other, (*steps, (other, label_id))))

    def contradictory(self, rows: Sequence[LabelRow]) -> list[LabelRow]:
        different = (row for row in rows if row.answer == "different")
        return [row for row in different if self.group[row.left_id] == self.group[row.right_id]]

    def apart(self, rows: Sequence[LabelRow]) -> set[frozenset[int]]:
        """The groups between which there is a "different": two, or one that contradicts itself."""
        answers = (row for row in rows if row.answer == "different")
        return {frozenset(self.group[each] for each in row.pair) for row in answers}

    def dubious(self, rows: Sequence[LabelRow]) -> set[int]:
        return {group for pair in self.apart(rows) if len(pair) == 1 for group in pair}


def _labels(steps: Steps) -> tuple[str, ...]:
    return tuple(label_id for _, label_id in steps)
