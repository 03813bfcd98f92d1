"""Translate what the page holds before anybody asks for it: labels, buttons, empty places.

Gradio builds the page once for all readers. So a text is marked while the page is built (`MARKED` is spoken),
and the marks are replaced in what each browser gets, by its language.
"""

import re
from collections.abc import Callable

MARKED = "marked"
# private characters of Unicode, which no text has: begin of plain text and of markup, name, value, end
PLAIN, MARKUP, NAME, VALUE, END = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
INNERMOST = re.compile(f"([{PLAIN}{MARKUP}])([^{PLAIN}{MARKUP}{END}]*){END}")

Translate = Callable[..., str]  # (text, **values) -> the text in a language


def mark(text: str, values: dict[str, object], markup: bool = False) -> str:
    """Return a text with its values as a mark that `unmark` replaces."""
    named = "".join(f"{NAME}{name}{VALUE}{value}" for name, value in values.items())
    return f"{MARKUP if markup else PLAIN}{text}{named}{END}"


def unmark(part: object, plain: Translate, markup: Translate) -> object:
    """Return JSON content with every mark in its texts replaced. markup: where the words are escaped."""
    if isinstance(part, dict):
        return {key: unmark(value, plain, markup) for key, value in part.items()}
    if isinstance(part, list):
        return [unmark(each, plain, markup) for each in part]
    if not isinstance(part, str) or END not in part:
        return part

    def replaced(found: re.Match) -> str:
        text, *values = found[2].split(NAME)
        pairs = dict(value.split(VALUE, 1) for value in values)
        return markup(text, pairs) if found[1] == MARKUP else plain(text, pairs)

    while INNERMOST.search(part):
        part = INNERMOST.sub(replaced, part)
    return part
