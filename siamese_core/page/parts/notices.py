"""Attach the page's handlers to events, and tell people what went wrong in them.

A `UserError` is shown in its own words, and so is a disk that takes nothing. Every other exception is logged
in full on the server and shown as one sentence without details, which could be paths or data.
"""

import contextlib
import errno
import functools
import inspect
import logging
from collections.abc import Callable, Iterator

import gradio as gr
from markupsafe import escape

from siamese_core.errors import UserError
from siamese_core.page.languages.words import t, told_message, translatable
from siamese_core.page.parts.paragraphs import trouble
from siamese_core.page.parts.rights import require

log = logging.getLogger(__name__)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
CLOSED = (errno.EROFS, errno.EACCES, errno.EPERM)
AT_ONCE = 16  # calls that share the networks; the others wait in gradio's queue
# For handlers that ask the encoders: the latest call counts, and words.css draws that one is under way.
ASKING = {
    "trigger_mode": "always_last",
    "concurrency_id": "encoders",
    "concurrency_limit": AT_ONCE,
    "show_progress": "minimal",
}
OUTDATED = translatable("This cannot be brought up to date.")
UNEXPECTED = translatable(
    "Something went wrong on the server; what you answered so far is saved. "
    "Try again; if it happens again, the server's log says why."
)


def told_words(problem: Exception, name: str) -> str:
    """Return what people are told of a problem in the function `name`; log what they are not told."""
    if isinstance(problem, UserError):
        return told_message(str(problem))
    if isinstance(problem, OSError) and problem.errno in (*FULL, *CLOSED):
        log.warning("%s: %s", name, problem)
        return t(
            "The server must be able to write to its disk. Received: {problem}. Make room there, or make the "
            "workspace writable, and try again.",
            problem=problem.strerror,
        )
    log.error("%s failed", name, exc_info=problem)
    return t(UNEXPECTED)


def code_of(problem: Exception) -> str:
    """Return what programs are told of a problem, one of `errors.CODES`."""
    if isinstance(problem, UserError):
        return problem.code
    full = isinstance(problem, OSError) and problem.errno in (*FULL, *CLOSED)
    return "storage_failed" if full else "server_failed"


def told(handler: Callable, markup: bool = True) -> Callable:
    """Wrap a handler, or a generator of steps, so that every exception becomes a gr.Error.

    markup: a notice in the page is HTML; the message of an API answer is plain text, and its title the code,
    the one field besides the message that gradio's clients pass on.
    """

    @functools.wraps(handler)
    def careful(*args, **kwargs):
        with telling(handler.__qualname__, markup):
            return handler(*args, **kwargs)

    @functools.wraps(handler)
    def careful_steps(*args, **kwargs):
        with telling(handler.__qualname__, markup):
            yield from handler(*args, **kwargs)

    return careful_steps if inspect.isgeneratorfunction(handler) else careful


@contextlib.contextmanager
def telling(name: str, markup: bool) -> Iterator[None]:
    try:
        require(name)
        yield
    except gr.Error:
        raise
    except Exception as problem:
        words = told_words(problem, name)
        if markup:
            raise gr.Error(str(escape(words)), print_exception=False) from problem
        raise gr.Error(words, title=code_of(problem), print_exception=False) from problem


def told_in_words(handler: Callable[..., dict]) -> Callable[..., dict]:
    """Wrap a function that the page's scripts call: an exception is returned as {"refused": words}.

    So the script can tell it from a failure of gradio or of the network, after which it tries again.
    """

    @functools.wraps(handler)
    def careful(*args, **kwargs):
        try:
            require(handler.__qualname__)
            return handler(*args, **kwargs)
        except Exception as problem:
            return {"refused": told_words(problem, handler.__qualname__)}

    return careful


def listen(event, handler: Callable, inputs=None, outputs=None, **options):
    """Attach a handler to an event or to a list of events, as no part of the public API."""
    attach = functools.partial(gr.on, event) if isinstance(event, list) else event
    # the plain names are those of the public API
    name = f"page_{handler.__name__.strip('_<>')}"
    options = {"show_progress": "hidden", "api_visibility": "private", "api_name": name} | options
    return attach(told(handler), inputs, outputs, **options)


def listen_often(event, look: Callable[[], tuple], outputs: list, place: int, **options):
    """Attach a handler that runs again and again, as on a timer's tick. An error is drawn into the Panel
    `outputs[place]` for as long as it lasts, since as a notice it would be raised anew at each look."""
    latest = ()  # the error that lasts, and its words

    @functools.wraps(look)
    def careful():
        nonlocal latest
        try:
            shown, latest = look(), ()
            return shown
        except Exception as problem:
            if latest[:1] != (repr(problem),):
                latest = repr(problem), told_words(problem, look.__qualname__)
            words = latest[1]
            return tuple(trouble(OUTDATED, words) if i == place else gr.skip() for i in range(len(outputs)))

    return listen(event, careful, None, outputs, **options)


def detail(event: gr.EventData, key: str) -> object:
    """Return one entry of an event's data, or None. It is unchecked: anybody can send it."""
    data = event._data
    return data.get(key) if isinstance(data, dict) else None
