"""Imports gradio in half the time.

For each of its component classes gradio parses the source file and writes a stub (.pyi) for editors, at every
start and beside our own files, too: 2 of the 4 seconds that its import takes. It leaves out a class whose
source file cannot be told, which is what this module makes of all of them while gradio is imported.
"""

import contextlib
import inspect
from collections.abc import Iterator

WITH_STUBS = ("gradio.", "siamese_core.page.")


@contextlib.contextmanager
def no_stubs() -> Iterator[None]:
    """Inside the block, gradio writes no stubs for the component classes that are defined."""
    find_file = inspect.getfile

    def find_file_of_others(thing) -> str:
        if isinstance(thing, type) and thing.__module__.startswith(WITH_STUBS):
            raise OSError("no stubs are wanted")
        return find_file(thing)

    inspect.getfile = find_file_of_others
    try:
        yield
    finally:
        inspect.getfile = find_file
