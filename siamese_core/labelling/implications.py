"""Infer what answers imply: "same" is transitive, so answers connect images into groups.

So they imply answers to further pairs, and can contradict each other although no two people disagree on a
pair. Every function takes settled rows (`settled.settled_labels`). Nothing here is an answer by itself.
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
    """A shortest chain of "same" answers between two images that an answer calls different.

    images: the 3 or more ids of the chain; labels: as many label_ids, those of the chain in its order and
    last the "different" one.
    """

    images: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Implied:
    """An implied answer, "same" or "different", to a pair that nobody answered.

    It names the labels that imply it.
    """

    left_id: str
    right_id: str
    answer: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Groups:
    """The groups of n images that answers imply.

    group: int64 (n,), equal where "same" answers connect images; apart: int64 (k, 2), groups (smaller number
    first) that a "different" separates; dubious: int64 (m,), groups whose answers contradict each other
    """

    group: np.ndarray
    apart: np.ndarray
    dubious: np.ndarray

    def known(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return what is implied of pairs of image numbers, int8.

        1 same, -1 different, 0 where nothing is implied for sure.
        """
        first, second = self.group[left], self.group[right]
        base = 1 + max(self.group.max(initial=0), self.apart.max(initial=0))
        pairs = np.minimum(first, second) * base + np.maximum(first, second)
        apart = np.isin(pairs, self.apart[:, 0] * base + self.apart[:, 1])
        doubted = np.isin(first, self.dubious) | np.isin(second, self.dubious)
        return np.select([doubted, first == second, apart], [0, 1, -1], 0).astype(np.int8)


def groups(rows: Sequence[LabelRow], images: Sequence[str]) -> Groups:
    """Return the groups of `images`, which images outside may connect. An image by itself is a group."""
    graph = _AnswerGraph(rows)
    alone = range(len(graph.group), len(graph.group) + len(images))
    apart = graph.apart(rows)
    return Groups(
        group=np.array([graph.group.get(i, n) for i, n in zip(images, alone, strict=True)], np.int64),
        apart=np.array([sorted(pair) for pair in apart if len(pair) == 2], np.int64).reshape(-1, 2),
        dubious=np.array(sorted(graph.dubious(rows)), np.int64),
    )


def contradictions(rows: Sequence[LabelRow], label_id: str | None = None) -> list[Contradiction]:
    """Return a contradiction for each "different" inside a group, oldest first.

    With `label_id` only those that it is part of.
    """
    graph = _AnswerGraph(rows)
    found = []
    for row in graph.contradictory(rows):
        reached = dict(graph.reach(row.left_id))
        found.append(_contradiction(row, reached[row.right_id]))
    return [each for each in found if label_id is None or label_id in each.labels]


def contradictory(rows: Sequence[LabelRow]) -> list[LabelRow]:
    """Return the "different" answers inside groups, oldest first: one a contradiction, without its chain."""
    return _AnswerGraph(rows).contradictory(rows)


def _contradiction(row: LabelRow, steps: Steps) -> Contradiction:
    return Contradiction((row.left_id, *(image for image, _ in steps)), (*_labels(steps), row.label_id))


def implied(rows: Sequence[LabelRow], limit: int = 200) -> list[Implied]:
    """Return at most `limit` implied answers to pairs that nobody answered, to be offered to a person.

    Groups with contradictions imply nothing. An implied answer counts only once a person has given it.
    """
    graph = _AnswerGraph(rows)
    known = {row.pair for row in rows}
    found = []
    dubious = graph.dubious(rows)
    for each in chain(_implied_same(graph, dubious), _implied_different(graph, dubious, rows)):
        if len(found) >= limit:
            break
        pair = (each.left_id, each.right_id)
        if pair not in known:
            known.add(pair)
            found.append(each)
    return found


def _implied_same(graph: "_AnswerGraph", dubious: set[int]) -> Iterator[Implied]:
    for image, group in graph.group.items():
        for other, steps in graph.reach(image) if group not in dubious else ():
            if image < other:
                yield Implied(image, other, "same", _labels(steps))


def _implied_different(
    graph: "_AnswerGraph", dubious: set[int], rows: Sequence[LabelRow]
) -> Iterator[Implied]:
    for row in rows:
        if row.answer == "different" and not dubious & {graph.group[each] for each in row.pair}:
            far = list(graph.reach(row.right_id))
            for image, steps in graph.reach(row.left_id):
                for other, more in far:
                    left_id, right_id = sorted((image, other))
                    labels = (*_labels(steps), row.label_id, *_labels(more))
                    yield Implied(left_id, right_id, "different", labels)


class _AnswerGraph:
    """The graph of the answered images, connected by "same" answers. group: id -> number of its group."""

    def __init__(self, rows: Sequence[LabelRow]):
        self._linked: dict[str, dict[str, str]] = {each: {} for row in rows for each in row.pair}
        for row in rows:
            if row.answer == "same":
                self._linked[row.left_id][row.right_id] = row.label_id
                self._linked[row.right_id][row.left_id] = row.label_id
        same = [row for row in rows if row.answer == "same"]
        alone = list(self._linked)  # linked to itself, an image without a "same" answer is a group, too
        self.group = named_components(
            [*alone, *(row.left_id for row in same)], [*alone, *(row.right_id for row in same)]
        )

    def reach(self, image: str) -> Iterator[tuple[str, Steps]]:
        """Traverse the group of an image breadth first from it, each image with the steps that lead there."""
        found, todo = {image}, deque([(image, ())])
        while todo:
            here, steps = todo.popleft()
            yield here, steps
            for other, label_id in self._linked[here].items():
                if other not in found:
                    found.add(other)
                    todo.append((other, (*steps, (other, label_id))))

    def contradictory(self, rows: Sequence[LabelRow]) -> list[LabelRow]:
        different = (row for row in rows if row.answer == "different")
        return [row for row in different if self.group[row.left_id] == self.group[row.right_id]]

    def apart(self, rows: Sequence[LabelRow]) -> set[frozenset[int]]:
        """Return the groups between which there is a "different": two, or one with a contradiction."""
        answers = (row for row in rows if row.answer == "different")
        return {frozenset(self.group[each] for each in row.pair) for row in answers}

    def dubious(self, rows: Sequence[LabelRow]) -> set[int]:
        return {group for pair in self.apart(rows) if len(pair) == 1 for group in pair}


def _labels(steps: Steps) -> tuple[str, ...]:
    return tuple(label_id for _, label_id in steps)
