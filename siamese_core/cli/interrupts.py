"""End a process by Ctrl-C in order from its first line on.

Imported before all else, so it imports only what the interpreter holds already: `signal` takes milliseconds.
"""

import _signal
import os

STOPPED = "stopped by Ctrl-C"


def end_at_once() -> None:
    """Make Ctrl-C end the process with 130 and one line; for imports, which write nothing.

    An exception raised in the middle of an import can be swallowed or come out as another one.
    """
    if (
        _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler
    ):  # else nohup, or a shell's background
        _signal.signal(_signal.SIGINT, _end)


def raise_again() -> None:
    """Make Ctrl-C a KeyboardInterrupt, as before `end_at_once`."""
    if _signal.getsignal(_signal.SIGINT) is _end:
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)


def _end(number: int, frame: object) -> None:
    try:
        os.write(2, f"error: {STOPPED}\n".encode())
    finally:  # standard error may be closed, or its disk full
        os._exit(130)
