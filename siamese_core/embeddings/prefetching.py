"""Prepare what comes next in a thread of its own while the caller is busy with what came before."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item, Made = TypeVar("Item"), TypeVar("Made")
DEPTH = 2  # items that are made ahead, which bounds the memory they take


def ahead(make: Callable[[Item], Made], items: Iterable[Item], depth: int = DEPTH) -> Iterator[Made]:
    """Yield `make` of each item in order, at most `depth` of them ahead of the caller.

    What `make` raises is raised where its result would have come.
    """
    waiting: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(1, "prepare") as thread:
        try:
            for item in items:
                waiting.append(thread.submit(make, item))
                if len(waiting) > depth:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:  # the caller may have had enough
            for each in waiting:
                each.cancel()
