"""The translations: whole, without a text that nobody shows any more, and with the same values in each."""

import re

import pytest

from helpers.texts import page_texts, python_texts, written_texts
from siamese_core.page.languages.chosen import ENGLISH, LANGUAGES
from siamese_core.page.languages.words import catalogue

OTHERS = [language for language in LANGUAGES if language != ENGLISH]
NAMES = re.compile(r"\{\w+\}")


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_page_is_translated(language):
    """Lists what is missing, and what is translated though no module, template or script shows it."""
    texts, translated = page_texts(), catalogue(language)["page"]
    missing = {text: sorted(files) for text, files in texts.items() if text not in translated}
    assert not missing, f"assets/web/languages/{language}.json lacks these"
    assert not translated.keys() - texts.keys(), f"assets/web/languages/{language}.json has these in vain"


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_is_a_text_with_the_same_values(language):
    for part in catalogue(language).values():
        for text, translated in part.items():
            assert translated.strip(), text
            assert set(NAMES.findall(text)) == set(NAMES.findall(translated)), text


def test_texts_are_found_in_code_templates_and_scripts():
    """What finds them, on each form, so that no text is missed by seeing nothing."""
    code = 't("a" if x else "b")\ntranslatable("c")\ncounted(n, "class", "classes")\nother("d")\nt(name)'
    assert python_texts(code) == {"a", "b", "c", "{count} class", "{count} classes"}
    written = (
        """{{ t("a") }} {{ n | counted("pair") }} t('it\\'s') set("b") root.t("c") t(`d`) t("e {x}", { x })"""
    )
    assert written_texts(written) == {"a", "{count} pair", "{count} pairs", "it's", "e {x}"}
