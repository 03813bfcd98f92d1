"""Translate a text that the page shows.

A text is named by its English words, in which `{name}` stands for a value. `translatable` marks one that is
translated later, where it is shown: tests/page/languages finds both, and lists what a catalogue lacks.
"""

import html
import json
import re
from functools import lru_cache

from markupsafe import Markup, escape

from siamese_core.data.assets import ASSETS
from siamese_core.page.languages.chosen import ENGLISH, speaking, spoken
from siamese_core.page.languages.forms import Form, forms_of
from siamese_core.page.languages.marks import MARKED, mark, unmark

CATALOGUES = ASSETS / "web" / "languages"
LONGEST_VALUE = 600  # characters of a value that is translated itself


@lru_cache
def catalogue(language: str) -> dict[str, dict[str, str]]:
    """Return the translations into a language by the English text.

    `page` has the texts of the page; `messages` those of the other packages, which come with their values
    filled in.
    """
    if language in (ENGLISH, MARKED):
        return {"page": {}, "messages": {}}
    return json.loads((CATALOGUES / f"{language}.json").read_text(encoding="utf-8"))


@lru_cache
def _forms(language: str) -> list[Form]:
    return forms_of(catalogue(language)["messages"])


@lru_cache(4096)
def translation(text: str, language: str) -> str | None:
    """Return a text in a language, a message also with its values in it; None where it has none."""
    if language in (ENGLISH, MARKED):
        return text
    for part in ("page", "messages"):
        if text in catalogue(language)[part]:
            return catalogue(language)[part][text]
    for form in _forms(language):
        if found := form.values(text):
            values = {name: _value(each, language) for name, each in found.items()}
            return _filled(catalogue(language)["messages"][form.text], values)
    return None


def _value(value: str, language: str) -> str:
    """Return a value of a message in a language; one that is too long to be words of the program stays."""
    return value if len(value) > LONGEST_VALUE else translation(value, language) or value


def translatable(text: str) -> str:
    """Return the text itself: it is translated where it is shown."""
    return text


class Spoken(str):
    """A text that is in the language of the reader."""

    __slots__ = ()


def t(text: str, **values: object) -> str:
    """Return a text in the language spoken, with values for its `{names}`; plain, to be escaped.

    It is `Spoken`, unless it has no translation and stays English.
    """
    if isinstance(text, Spoken):
        return text
    if spoken() == MARKED:
        return Spoken(mark(text, values))
    found = translation(text, spoken())
    return _filled(text, values) if found is None else Spoken(_filled(found, values))


def t_markup(text: str, **values: object) -> Markup:
    """Return a text as markup: its words escaped, and its values unless they are Markup."""
    if spoken() == MARKED:
        return Markup(mark(text, {name: escape(value) for name, value in values.items()}, markup=True))  # noqa: S704
    words = escape(translation(text, spoken()) or text)
    return _filled(words, {name: escape(value) for name, value in values.items()})


def _filled(text: str, values: dict[str, object]) -> str:
    """Put values into a text; braces that name none stay, since a message may hold any."""
    kind = type(text)
    parts = re.split(r"(\{\w+\})", text)  # every other one is a name in braces
    named = [kind(values.get(part[1:-1], part)) for part in parts[1::2]]
    return kind("").join(kind(part) for pair in zip(parts[::2], [*named, ""], strict=True) for part in pair)


def told_message(message: str) -> str:
    """Return a message in the language spoken; one without a translation says that it is English."""
    words = t(message)
    return words if isinstance(words, Spoken) else t("Only in English: {message}", message=words)


def in_language(content: object, language: str) -> object:
    """Return JSON content that was built for every reader in one language: its marks are replaced."""

    def plain(text: str, values: dict[str, str]) -> str:
        if text not in catalogue(language)["page"] and (bare := html.unescape(text)) != text:
            return str(t_markup(bare, **{name: Markup(value) for name, value in values.items()}))  # noqa: S704
        return t(text, **values)

    def markup(text: str, values: dict[str, str]) -> str:
        return str(t_markup(html.unescape(text), **{name: Markup(each) for name, each in values.items()}))  # noqa: S704

    with speaking(language):
        return unmark(content, plain, markup)
