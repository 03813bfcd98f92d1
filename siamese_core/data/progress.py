"""The function that long work calls to tell how far it is, and where it can be stopped by Ctrl-C."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

# Called with the share of the work that is done, 0..1, and a few words for the person who waits.
Progress = Callable[[float, str], None]


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

    signal.signal(signal.SIGINT, press)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
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
