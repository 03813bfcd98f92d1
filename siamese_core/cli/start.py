"""Provide what a process may lack as it starts: standard streams, a home folder, an end by Ctrl-C.

For the first lines of a process: nothing is imported here that takes time.
"""

import contextlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from siamese_core.cli.interrupts import end_at_once, raise_again

# What libraries keep in the home folder, by the variable that names another place.
CACHES = {
    "KERAS_HOME": "keras",
    "HF_HOME": "huggingface",
    "MPLCONFIGDIR": "matplotlib",
    "XDG_CACHE_HOME": "cache",
}


def open_standard_streams() -> None:
    """Lead standard streams that are closed (`>&-`, some cron daemons) nowhere.

    Else the next file that is opened takes their number, and what is printed goes into it.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115 (open as long as the process)
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115


def provide_home() -> None:
    """Where the home folder is missing or cannot be written to, name a temporary one for libraries' caches.

    A container may run as a number without a passwd entry, and without HOME.
    """
    home = Path(os.path.expanduser("~"))
    if home.is_dir() and os.access(home, os.W_OK):
        return
    with contextlib.suppress(OSError):  # no temporary folder either: whoever needs one says so
        folder = _temporary_home()
        for variable, name in CACHES.items():
            os.environ.setdefault(variable, str(folder / name))
        if not home.is_dir():
            os.environ["HOME"] = str(folder)


def _temporary_home() -> Path:
    """Return a folder of this user's that later processes find again, else a new one."""
    user = os.geteuid() if hasattr(os, "geteuid") else ""
    folder = Path(tempfile.gettempdir()) / f"siamese-{user}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()  # anybody can make a folder or a link of that name in /tmp
    own = stat.S_ISDIR(found.st_mode) and user in ("", found.st_uid)
    return folder if own else Path(tempfile.mkdtemp(prefix="siamese-"))


@contextlib.contextmanager
def stopped_at_once() -> Iterator[None]:
    """Within the block, Ctrl-C ends the process; behind it, Ctrl-C is a KeyboardInterrupt."""
    end_at_once()
    try:
        yield
    finally:
        raise_again()
