"""Run what several threads ask of a network at one moment through it together."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

MOST_IMAGES = 32  # of a batch: koch needs 0.3 GB for its first feature maps
MOST_WAITING = 64  # requests; a thread that finds as many waits until one is taken
WINDOW = 0.003  # s that a batch waits for more where the one before was shared


@dataclass(eq=False)
class _Request:
    """Prepared images (n, height, width, channels) of one thread, and what became of them."""

    images: np.ndarray
    embeddings: np.ndarray | None = None
    problem: Exception | None = None
    done: bool = False


@dataclass
class Batcher:
    """Calls `forward` for all that wait at a moment. Thread safe.

    forward: images float32 (n, height, width, channels) to embeddings (n, d); network: a lock that all
    networks of a process share, since each uses every core. A thread that finds nobody at work works for all;
    a lone one waits for nobody. Where a shared batch fails, each request is tried alone.
    """

    forward: Callable[[np.ndarray], np.ndarray]
    network: threading.Lock
    _waiting: deque[_Request] = field(default_factory=deque)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _at_work: bool = False
    _shared: bool = False  # the last batch was of several requests

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Return embeddings float32 (n, d) of prepared images, whoever else's went with them."""
        request = _Request(np.asarray(images, np.float32))
        try:
            self._enter(request)
            while not request.done:
                if self._is_to_work(request):
                    self._work()
        except BaseException:  # such as Ctrl-C: nobody waits for it any longer
            self._withdraw(request)
            raise
        if request.problem is not None:
            raise request.problem
        return request.embeddings

    def _enter(self, request: _Request) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < MOST_WAITING)
            self._waiting.append(request)

    def _is_to_work(self, request: _Request) -> bool:
        """Wait until the request is done, False, or nobody is at work, True: then the caller is."""
        with self._changed:
            self._changed.wait_for(lambda: request.done or not self._at_work)
            if request.done:
                return False
            self._at_work = True
            return True

    def _work(self) -> None:
        taken: list[_Request] = []
        try:
            with self.network:
                if self._shared:
                    time.sleep(WINDOW)
                taken = self._take()
                self._answer(taken)
        finally:
            with self._changed:
                self._at_work, self._shared = False, len(taken) > 1
                self._changed.notify_all()

    def _take(self) -> list[_Request]:
        """Take the requests that wait longest, `MOST_IMAGES` in all unless the first has more."""
        with self._changed:
            taken, count = [], 0
            while self._waiting and (not taken or count + len(self._waiting[0].images) <= MOST_IMAGES):
                taken.append(self._waiting.popleft())
                count += len(taken[-1].images)
            self._changed.notify_all()
            return taken

    def _answer(self, taken: list[_Request]) -> None:
        try:
            embeddings = self.forward(np.concatenate([each.images for each in taken]))
            ends = np.cumsum([len(each.images) for each in taken])[:-1]
            for request, part in zip(taken, np.split(embeddings, ends), strict=True):
                request.embeddings, request.done = part, True
        except Exception as problem:
            if len(taken) > 1:
                for request in taken:
                    self._answer([request])
            else:
                taken[0].problem, taken[0].done = problem, True

    def _withdraw(self, request: _Request) -> None:
        with self._changed:
            if request in self._waiting:
                self._waiting.remove(request)
            self._changed.notify_all()
