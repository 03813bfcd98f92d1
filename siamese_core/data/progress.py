"""The function that long work calls to tell how far it is, where Ctrl-C stops it, and how long it takes."""

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator

# Called with the share of the work that is done, 0..1, and a few words for the person who waits.
Progress = Callable[[float, str], None]
FEWEST_STEPS = 64  # two chunks of images read and embedded: the pace of fewer varies twofold


@contextlib.contextmanager
def hearing_every_interrupt() -> Iterator[None]:
    """Within the block Ctrl-C is a KeyboardInterrupt, raised again at its end where something swallowed it.

    A callback from compiled code and a finalizer do: long work would go on as if nobody had pressed.
    """
    if not _is_ours():
        yield
        return
    pressed = False

    def press(number: int, frame: object) -> None:
        nonlocal pressed
        pressed = True
        raise KeyboardInterrupt

    def not_of_it(swallowed) -> None:
        if not issubclass(swallowed.exc_type, KeyboardInterrupt):
            tell(swallowed)

    tell, sys.unraisablehook = sys.unraisablehook, not_of_it
    signal.signal(signal.SIGINT, press)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.unraisablehook = tell
    if pressed:
        raise KeyboardInterrupt


def _is_ours() -> bool:
    """Tell whether Ctrl-C is heard here: by the main thread, where nothing else handles it."""
    mine = threading.current_thread() is threading.main_thread()
    return mine and signal.getsignal(signal.SIGINT) is signal.default_int_handler


@contextlib.contextmanager
def saving_when_interrupted(save: Callable[[], None], progress: Progress) -> Iterator[Progress]:
    """Within the block Ctrl-C is noted, and raised once `save` has kept the step that was under way.

    Yields the progress to report to after each step, where that happens: between two steps weights and
    optimizer belong together. A second Ctrl-C is raised at once.
    """
    if not _is_ours():
        yield progress
        return
    asked, share_so_far = False, 0.0

    def note(number: int, frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        with contextlib.suppress(RuntimeError):  # it came in the middle of a report
            progress(share_so_far, "stopping after this step; Ctrl-C again stops at once, without saving")

    def after_step(share: float, words: str) -> None:
        nonlocal share_so_far
        share_so_far = share
        progress(share, words)
        if asked:
            save()
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, note)
    try:
        yield after_step
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if asked:  # in the last step
        raise KeyboardInterrupt


class Pace:
    """The pace of the chunks of a work since `begin`, by which it is told how long the rest takes.

    `begin` is to be called once the first chunk is done: compiling makes that one several times slower than
    the others.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began: tuple[float, int] | None = None

    @property
    def has_begun(self) -> bool:
        return self._began is not None

    def begin(self, steps: int) -> None:
        """Measure from now on, when `steps` are done."""
        self._began = self._clock(), steps

    def forget(self) -> None:
        self._began = None

    def seconds_left(self, steps: int, total: int) -> float | None:
        """Return the time for the steps up to `total`; None while fewer than `FEWEST_STEPS` were measured."""
        if self._began is None:
            return None
        began, first = self._began
        if steps - first < FEWEST_STEPS:
            return None
        return round((self._clock() - began) * (total - steps) / (steps - first), 1)
