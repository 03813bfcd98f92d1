"""The keys that answer, on other keyboards and with input methods."""

import pytest
from playwright.sync_api import expect

from helpers.browsing import give_pair, open_app_page, wait_for_rows

PRESS = """([key, code, isComposing]) => document.body.dispatchEvent(
  new KeyboardEvent('keydown', {key, code, isComposing, bubbles: true, cancelable: true}))"""
pytestmark = pytest.mark.browser


def test_a_key_means_its_latin_letter_or_else_what_stands_in_its_place(page, quick_app):
    app_page = open_app_page(page, quick_app)
    key = app_page.locator("#answer-bar [data-answer=same] kbd")
    expect(key).to_have_text("S")
    expect(key).to_have_attribute(
        "title", "Key S. On a keyboard without Latin letters: the key in the place of S"
    )
    give_pair(app_page, 60)
    keys = [("ы", "KeyS"), ("δ", "KeyD"), ("ו", "KeyU"), ("Process", "KeyD"), ("ي", "KeyD"), ("Ы", "KeyS")]
    for count, (key, code) in enumerate(keys, start=1):
        app_page.evaluate(PRESS, [key, code, False])
        wait_for_rows(app_page, count)
        app_page.evaluate("workbench.compare.unmark()")
    answers = [row.answer for row in app_page.rows()]
    assert answers == ["same", "different", "unsure", "different", "different", "same"]
    app_page.evaluate(PRESS, ["я", "KeyZ", False])
    assert wait_for_rows(app_page, len(keys) + 1)[-1].event == "undo"
    app_page.evaluate(PRESS, ["o", "KeyS", False])  # Dvorak
    app_page.evaluate(PRESS, ["s", "KeyS", True])  # of a word that is being composed
    app_page.evaluate(PRESS, ["Process", "KeyS", True])
    app_page.evaluate(PRESS, ["d", "KeyH", False])  # Dvorak
    assert wait_for_rows(app_page, len(keys) + 2)[-1].answer == "different"
