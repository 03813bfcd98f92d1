"""Answers in a real browser: buttons, keys, undo, and what the log holds afterwards."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from helpers.browsing import (
    card,
    close_storage,
    give,
    give_pair,
    glyph,
    open_app_page,
    press,
    set_threshold,
    wait_for_rows,
)

JOINING = re.compile("/queue/join")
SERVER_CALLS = re.compile("/component_server")
pytestmark = pytest.mark.browser


@pytest.fixture
def app_page(page, quick_app):
    return open_app_page(page, quick_app)


def test_buttons_and_keys_answer_the_pair_on_screen_and_the_answers_can_be_seen(app_page, quick_app):
    give_pair(app_page, 4)
    ids = [app_page.locator(".opinions").get_attribute(f"data-{side}") for side in ("left", "right")]
    app_page.locator("[data-answer=same]").click()
    wait_for_rows(app_page, 1)
    press(app_page, "du")
    rows = wait_for_rows(app_page, 3)
    assert [row.answer for row in rows] == ["same", "different", "unsure"]
    assert {(row.left_id, row.right_id) for row in rows} == {tuple(ids)}
    assert {(row.source, row.task, row.reason, row.event) for row in rows} == {
        ("page", "compare", "uploaded", "label")
    }
    assert all(float(row.koch_similarity) >= 0 and row.resnet50_checkpoint for row in rows)
    assert len({row.session_id for row in rows}) == 1 and all(float(row.milliseconds) > 0 for row in rows)
    expect(app_page.locator(".answer-bar .saved")).to_have_text("Saved: unsure")
    newest = app_page.locator("#last-answers tbody tr").first
    expect(newest.locator("td").nth(1)).to_contain_text("? unsure")
    expect(newest.locator(".opinion")).to_have_count(2)
    expect(newest.locator("img")).to_have_count(2)
    newest.scroll_into_view_if_needed()
    app_page.wait_for_function("() => document.querySelector('#last-answers tbody img').naturalWidth > 0")
    with app_page.expect_download() as download:
        app_page.get_by_role("link", name="Download all as CSV").click()
    assert download.value.suggested_filename == "pairs.csv"
    assert Path(download.value.path()).read_bytes() == (quick_app.workspace / "pairs.csv").read_bytes()


def test_quick_presses_are_saved_in_their_order_and_never_answer_the_pair_before(app_page):
    give_pair(app_page, 5)
    keys = "sdsdusdsds"
    press(app_page, keys)
    words = {"s": "same", "d": "different", "u": "unsure"}
    assert [row.answer for row in wait_for_rows(app_page, len(keys))] == [words[key] for key in keys]
    app_page.route(JOINING, lambda route: None)  # the new opinions never come
    give(app_page, "left", glyph(500))
    expect(app_page.locator("#left img")).to_be_visible()
    expect(app_page.locator(".opinions.stale")).to_be_visible()
    press(app_page, "s")
    expect(app_page.locator(".answer-bar .saved")).to_have_text("The pictures have just changed")
    assert len(app_page.rows()) == len(keys)


def test_a_double_click_is_one_answer(app_page):
    give_pair(app_page, 19)
    app_page.locator("[data-answer=same]").dblclick()
    press(app_page, "sss")
    press(app_page, "d")
    rows = wait_for_rows(app_page, 2)
    assert [row.answer for row in rows] == ["same", "different"]
    press(app_page, "z")
    wait_for_rows(app_page, 3)
    press(app_page, "d")  # taken back, it can be given again
    assert wait_for_rows(app_page, 4)[-1].answer == "different"


@pytest.mark.soak
def test_an_answer_can_be_given_again_before_the_server_has_taken_it_back(app_page):
    give_pair(app_page, 20)
    press(app_page, "d")
    wait_for_rows(app_page, 1)
    app_page.route(SERVER_CALLS, lambda route: route.abort())
    press(app_page, "zd")
    expect(app_page.locator(".answer-bar .saved")).to_have_text("2 not saved yet; trying again")
    app_page.unroute(SERVER_CALLS)
    assert [row.event for row in wait_for_rows(app_page, 3)] == ["label", "undo", "label"]
    expect(app_page.locator(".answer-bar .saved")).to_have_text("Saved: different")
    expect(app_page.locator("[data-answer=different]")).to_have_class(re.compile("chosen"))


def test_undo_goes_back_to_the_start_of_the_session_and_no_further(app_page):
    give_pair(app_page, 6)
    press(app_page, "sd")
    first = wait_for_rows(app_page, 2)
    press(app_page, "zz")
    rows = wait_for_rows(app_page, 4)
    assert [row.target_id for row in rows[2:]] == [first[1].label_id, first[0].label_id]
    press(app_page, "z")
    expect(app_page.locator(".answer-bar .saved")).to_contain_text("nothing left to undo")
    assert len(app_page.rows()) == 4


def test_a_page_that_may_keep_nothing_takes_answers_all_the_same(page, quick_app):
    close_storage(page)
    app_page = open_app_page(page, quick_app)
    app_page.get_by_label("Your name").fill("Ada")
    give_pair(app_page, 31)
    press(app_page, "sd")
    assert [(row.answer, row.annotator) for row in wait_for_rows(app_page, 2)] == [
        ("same", "Ada"),
        ("different", "Ada"),
    ]
    assert len({row.session_id for row in app_page.rows()}) == 1
    press(app_page, "z")
    assert wait_for_rows(app_page, 3)[-1].event == "undo"


def test_a_name_answers_nothing_and_neither_it_nor_a_moved_threshold_is_lost_by_a_reload(app_page):
    give_pair(app_page, 12)
    app_page.locator("#masthead input").fill("")
    app_page.locator("#masthead input").press_sequentially("suzd")
    set_threshold(app_page, "koch", 0.25)
    set_threshold(app_page, "resnet50", 0)
    press(app_page, "d")
    (row,) = wait_for_rows(app_page, 1)
    assert (float(row.koch_threshold), float(row.resnet50_threshold), row.correction) == (0.25, 0, "1")
    assert row.annotator == "suzd"
    ids = app_page.locator(".opinions").get_attribute("data-left")
    app_page.reload()
    expect(app_page.locator(".opinions")).to_have_attribute("data-left", ids)
    expect(card(app_page, "koch").locator("output")).to_have_text("0.25")
    expect(app_page.locator("#masthead input")).to_have_value("suzd")
    expect(app_page.locator("#last-answers tbody tr").first).to_contain_text("suzd")
    press(app_page, "z")
    assert wait_for_rows(app_page, 2)[1].event == "undo"
