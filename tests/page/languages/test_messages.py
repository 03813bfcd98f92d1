"""The messages of errors: each has a translation that leaves no English in it, and none is kept in vain."""

import re
from functools import cache

import pytest

from helpers.messages import error_messages, figure_texts, messages_of
from siamese_core.page.languages.chosen import ENGLISH, LANGUAGES
from siamese_core.page.languages.forms import Form, forms_of
from siamese_core.page.languages.words import catalogue, translation

OTHERS = [language for language in LANGUAGES if language != ENGLISH]
NAMES = re.compile(r"\{\w+\}")
ENGLISH_WORDS = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")


@cache
def forms(language: str) -> list[Form]:
    return forms_of(catalogue(language)["messages"])


@cache
def matched(message: str, language: str) -> tuple[str, tuple[str, ...]] | None:
    """The form of a catalogue by which a message is translated, and its values."""
    if message in catalogue(language)["messages"]:
        return message, ()
    found = ((form.text, form.values(message)) for form in forms(language))
    return next(((text, tuple(values.values())) for text, values in found if values), None)


def english_values(message: str, language: str) -> list[str]:
    """The values of a message with words of the program's own that have no translation."""
    values = (matched(message, language) or ("", ()))[1]
    worded = [each for each in values if ENGLISH_WORDS.search(NAMES.sub("", each))]
    return [each for each in worded if not translation(each, language)]


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_of_an_error_is_translated(language):
    """Lists what is missing with the modules that raise it, and in which a value stays English."""
    messages = error_messages()
    missing = {text: sorted(files) for text, files in messages.items() if not matched(text, language)}
    assert not missing, f"assets/web/languages/{language}.json lacks these"
    half = {text: found for text in messages if (found := english_values(text, language))}
    assert not half, f"assets/web/languages/{language}.json lacks the values of these"


@pytest.mark.parametrize("language", OTHERS)
def test_no_message_is_translated_that_no_error_has(language):
    found = [matched(text, language) for text in error_messages()]
    used = {each[0] for each in found if each}
    vain = [text for text in catalogue(language)["messages"] if "Received: " in text and text not in used]
    assert not vain, f"assets/web/languages/{language}.json has these in vain"


def test_messages_are_found_however_they_are_written():
    code = """
WHERE = "here"
HOW = {1: "one", 2: "two"}
def why(bad): return f"because of {bad.name}" if bad else "for no reason"
def refuse(count, file):
    left = f"{count} left" if count else "none"
    raise UserError(f"A {WHERE}" + f" {'b' if count else 'c'}. " + why(file), code="not_found")
    raise TryAgain(left if file else "later")
    raise UserError(f"{file.path.name} and {len(count)}: {count:,}")
    raise UserError(str(file))
    raise UserError(HOW[count])
    raise ValueError(f"{file} must be whole. Received: half.")
    return Status(False, f"{file} must be whole. Received: {why(None)}.")
"""
    assert sorted(messages_of(code)) == [
        "A here b. because of {name}",
        "A here b. for no reason",
        "A here c. because of {name}",
        "A here c. for no reason",
        "later",
        "none",
        "one",
        "two",
        "{count} left",
        "{file} must be whole. Received: because of {name}.",
        "{file} must be whole. Received: for no reason.",
        "{name} and {len}: {count}",
    ]


@pytest.mark.parametrize("language", OTHERS)
def test_what_a_plot_says_in_its_figure_is_translated(language):
    worded = {text for text in figure_texts() if re.search("[a-z]{3}", NAMES.sub("", text))}
    assert worded and not {text for text in worded if translation(text, language) is None}
