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
    open_desk,
    press,
    set_threshold,
    wait_for_rows,
)

JOINING = re.compile("/queue/join")
SERVER_CALLS = re.compile("/component_server")
pytestmark = pytest.mark.browser


@pytest.fixture
def desk(page, quick_app):
    return open_desk(page, quick_app)


def test_buttons_and_keys_answer_the_pair_on_screen(desk):
    give_pair(desk, 4)
    ids = [desk.locator(".opinions").get_attribute(f"data-{side}") for side in ("left", "right")]
    desk.locator("[data-answer=same]").click()
    wait_for_rows(desk, 1)
    press(desk, "du")
    rows = wait_for_rows(desk, 3)
    assert [row.answer for row in rows] == ["same", "different", "unsure"]
    assert {(row.left_id, row.right_id) for row in rows} == {tuple(ids)}
    assert {(row.source, row.task, row.reason, row.event) for row in rows} == {
        ("page", "compare", "uploaded", "label")
    }
    assert all(float(row.koch_similarity) >= 0 and row.resnet50_checkpoint for row in rows)
    assert len({row.session_id for row in rows}) == 1 and all(float(row.milliseconds) > 0 for row in rows)
    expect(desk.locator(".answer-bar .saved")).to_have_text("Saved: unsure")


def test_a_key_is_never_an_answer_to_the_pair_before(desk):
    give_pair(desk, 15)
    desk.route(JOINING, lambda route: None)  # the new opinions never come
    give(desk, "left", glyph(500))
    expect(desk.locator("#left img")).to_be_visible()
    expect(desk.locator(".opinions.stale")).to_be_visible()
    press(desk, "s")
    expect(desk.locator(".answer-bar .saved")).to_have_text("The pictures have just changed")
    assert desk.rows() == []


def test_quick_presses_are_all_saved_in_their_order(desk):
    give_pair(desk, 5)
    keys = "sdsdusdsds"
    press(desk, keys)
    words = {"s": "same", "d": "different", "u": "unsure"}
    assert [row.answer for row in wait_for_rows(desk, len(keys))] == [words[key] for key in keys]


def test_a_double_click_is_one_answer(desk):
    give_pair(desk, 19)
    desk.locator("[data-answer=same]").dblclick()
    press(desk, "sss")
    press(desk, "d")
    rows = wait_for_rows(desk, 2)
    assert [row.answer for row in rows] == ["same", "different"]
    press(desk, "z")
    wait_for_rows(desk, 3)
    press(desk, "d")  # taken back, it can be given again
    assert wait_for_rows(desk, 4)[-1].answer == "different"


def test_an_answer_can_be_given_again_before_the_server_has_taken_it_back(desk):
    give_pair(desk, 20)
    press(desk, "d")
    wait_for_rows(desk, 1)
    desk.route(SERVER_CALLS, lambda route: route.abort())
    press(desk, "zd")
    expect(desk.locator(".answer-bar .saved")).to_have_text("2 not saved yet; trying again")
    desk.unroute(SERVER_CALLS)
    assert [row.event for row in wait_for_rows(desk, 3)] == ["label", "undo", "label"]
    expect(desk.locator(".answer-bar .saved")).to_have_text("Saved: different")
    expect(desk.locator("[data-answer=different]")).to_have_class(re.compile("chosen"))


def test_undo_goes_back_to_the_start_of_the_session_and_no_further(desk):
    give_pair(desk, 6)
    press(desk, "sd")
    first = wait_for_rows(desk, 2)
    press(desk, "zz")
    rows = wait_for_rows(desk, 4)
    assert [row.target_id for row in rows[2:]] == [first[1].label_id, first[0].label_id]
    press(desk, "z")
    expect(desk.locator(".answer-bar .saved")).to_contain_text("nothing left to undo")
    assert len(desk.rows()) == 4


def test_typing_a_name_answers_nothing_and_the_name_is_logged(desk):
    give_pair(desk, 7)
    desk.locator("#masthead input").fill("")
    desk.locator("#masthead input").press_sequentially("suzd")
    press(desk, "s")
    assert [row.annotator for row in wait_for_rows(desk, 1)] == ["suzd"]


def test_a_moved_threshold_is_the_one_that_is_corrected_and_logged(desk):
    give_pair(desk, 8)
    set_threshold(desk, "koch", 0)
    set_threshold(desk, "resnet50", 0)
    press(desk, "d")
    row = wait_for_rows(desk, 1)[0]
    assert (float(row.koch_threshold), float(row.resnet50_threshold), row.correction) == (0, 0, "1")


def test_an_answer_that_the_network_loses_is_sent_again(desk):
    give_pair(desk, 9)
    desk.route(SERVER_CALLS, lambda route: route.abort())
    press(desk, "sd")
    expect(desk.locator(".answer-bar .saved")).to_have_text("2 not saved yet; trying again")
    assert desk.rows() == []
    desk.unroute(SERVER_CALLS)
    assert [row.answer for row in wait_for_rows(desk, 2)] == ["same", "different"]


def test_the_last_answers_are_listed_with_what_the_encoders_said(desk):
    give_pair(desk, 10)
    press(desk, "d")
    wait_for_rows(desk, 1)
    newest = desk.locator("#last-answers tbody tr").first
    expect(newest.locator("td").nth(1)).to_contain_text("≠ different")
    expect(newest.locator(".opinion")).to_have_count(2)
    expect(newest.locator("img")).to_have_count(2)
    newest.scroll_into_view_if_needed()
    desk.wait_for_function("() => document.querySelector('#last-answers tbody img').naturalWidth > 0")


def test_the_log_is_downloaded_as_it_is_on_disk(desk, quick_app):
    give_pair(desk, 11)
    press(desk, "s")
    wait_for_rows(desk, 1)
    with desk.expect_download() as download:
        desk.get_by_role("link", name="Download all as CSV").click()
    assert download.value.suggested_filename == "pairs.csv"
    assert Path(download.value.path()).read_bytes() == (quick_app.workspace / "pairs.csv").read_bytes()


def test_a_page_that_may_keep_nothing_takes_answers_all_the_same(page, quick_app):
    close_storage(page)
    desk = open_desk(page, quick_app)
    desk.get_by_label("Your name").fill("Ada")
    give_pair(desk, 31)
    press(desk, "sd")
    assert [(row.answer, row.annotator) for row in wait_for_rows(desk, 2)] == [
        ("same", "Ada"),
        ("different", "Ada"),
    ]
    assert len({row.session_id for row in desk.rows()}) == 1
    press(desk, "z")
    assert wait_for_rows(desk, 3)[-1].event == "undo"


def test_a_reload_loses_nothing(desk):
    desk.locator("#masthead input").fill("Ada")
    give_pair(desk, 12)
    set_threshold(desk, "koch", 0.25)
    press(desk, "s")
    wait_for_rows(desk, 1)
    ids = desk.locator(".opinions").get_attribute("data-left")
    desk.reload()
    expect(desk.locator(".opinions")).to_have_attribute("data-left", ids)
    expect(card(desk, "koch").locator("output")).to_have_text("0.25")
    expect(desk.locator("#masthead input")).to_have_value("Ada")
    expect(desk.locator("#last-answers tbody tr").first).to_contain_text("Ada")
    press(desk, "z")
    assert wait_for_rows(desk, 2)[1].event == "undo"
