"""Import gradio in half the time, by keeping it from writing stubs, and build a page without applications.

For each component class, gradio parses the source file and writes a stub (.pyi) for editors beside it, at
every start: 2 of the 4 seconds that its import takes. It skips a class whose source file `inspect` cannot
find, so inside `no_stubs` it cannot find any.
"""

import contextlib
import inspect
from collections.abc import Iterator

WITH_STUBS = ("gradio.", "siamese_core.page.")


@contextlib.contextmanager
def no_stubs() -> Iterator[None]:
    """Within the block, gradio writes no stubs for the component classes that are defined."""
    find_file = inspect.getfile

    def find_file_of_others(defined) -> str:
        if isinstance(defined, type) and defined.__module__.startswith(WITH_STUBS):
            raise OSError("no stubs are wanted")
        return find_file(defined)

    inspect.getfile = find_file_of_others
    try:
        yield
    finally:
        inspect.getfile = find_file


@contextlib.contextmanager
def no_application() -> Iterator[None]:
    """Within the block, a page that is built and queued gets no application with all of gradio's routes.

    Gradio makes one at each of these steps, and at `launch` the one that serves.
    """
    from gradio.routes import App

    make = App.__dict__["create_app"]
    App.create_app = staticmethod(lambda *args, **options: None)
    try:
        yield
    finally:
        App.create_app = make
