"""End the server in order: take no new request, let what is under way end, close."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator

WAIT_SECONDS = 6.0  # for what is under way; with the closing of connections it stays below 10
LOOK_SECONDS = 0.05


class Stopping:
    """Whether the process was asked to end, and how many requests are under way."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._lock = threading.Lock()
        self._under_way = 0

    @property
    def is_asked(self) -> bool:
        return self._asked.is_set()

    def ask(self) -> None:
        self._asked.set()

    @contextlib.contextmanager
    def under_way(self) -> Iterator[None]:
        """Within the block a request counts as under way."""
        with self._lock:
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def listen(self) -> None:
        """Take SIGTERM as the request to end, as systemd, Docker and `kill` send it."""
        signal.signal(signal.SIGTERM, lambda number, frame: self.ask())

    def wait(self, is_busy: Callable[[], bool]) -> None:
        """Return once the process was asked to end, by `ask` or Ctrl-C, and nothing is under way any more.

        is_busy: whether work goes on that no request waits for. At most WAIT_SECONDS after the asking.
        """
        with contextlib.suppress(KeyboardInterrupt):
            while not self._asked.wait(1.0):  # in slices: on Windows a wait hears no Ctrl-C
                pass
        self.ask()
        last = time.monotonic() + WAIT_SECONDS
        with contextlib.suppress(KeyboardInterrupt):  # pressed again: at once
            while (self._under_way or is_busy()) and time.monotonic() < last:
                time.sleep(LOOK_SECONDS)
