"""A duplicated tab, which starts with a copy of its original's memory."""

import pytest

from helpers.browsing import open_tab, press, wait_for_rows
from helpers.labelling import open_label, wait_for_pair

pytestmark = pytest.mark.browser


def duplicate(page):
    """What a browser's "duplicate tab" does: the same address, a copy of the tab's storage."""
    with page.expect_popup() as opened:
        page.evaluate("window.open(location.href)")
    copy = opened.value
    copy.wait_for_function("window.workbench && document.querySelector('.answer-bar')")
    return copy


def session(page) -> str:
    return page.evaluate("workbench.memory.who().session")


def answered(page, keys: str) -> set[frozenset]:
    pairs = set()
    for key in keys:
        pairs.add(frozenset(wait_for_pair(page)))
        press(page, key)
    return pairs


def test_a_duplicated_tab_is_asked_other_pairs_and_takes_back_its_own_answers_only(page, labelling):
    app_page = open_label(page, labelling)
    answered(app_page, "s")
    wait_for_rows(app_page, 1)
    copy = duplicate(app_page)
    open_tab(copy, "Label")
    wait_for_pair(copy)
    assert copy.locator("[data-back]").is_disabled(), "nothing is answered here yet"
    first, second = answered(app_page, "sdsds"), answered(copy, "ddddd")
    assert not first & second
    rows = wait_for_rows(app_page, 11)
    press(copy, "z")
    undo = wait_for_rows(app_page, 12)[-1]
    own = {row.label_id for row in rows if row.session_id == session(copy)}
    assert undo.event == "undo" and undo.target_id in own and len(own) == 5


def test_a_tab_stays_who_it_is_over_a_reload_and_beside_its_copy(page, labelling):
    app_page = open_label(page, labelling)
    before = session(app_page)
    copy = duplicate(app_page)
    copied = session(copy)
    for each in (app_page, copy, app_page):
        each.reload()
        each.wait_for_function("window.workbench && document.querySelector('.answer-bar')")
    assert session(app_page) == before and session(copy) == copied != before
