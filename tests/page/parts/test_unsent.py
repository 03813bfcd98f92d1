"""Uploads that the server cannot take: kept in the page, told in words, sent again on a click."""

import json
import re

import pytest
from playwright.sync_api import expect

from helpers.browsing import give, glyph, open_app_page, open_tab

UPLOADS = re.compile("/gradio_api/upload")
FULL = {"error": "The workspace's disk is full. Free some space there."}
TROUBLES = {
    "full disk": (lambda route: route.fulfill(status=507, body=json.dumps(FULL)), FULL["error"]),
    "no words": (
        lambda route: route.fulfill(status=500, body="<html>"),
        "The server cannot store files at the moment",
    ),
    "no network": (lambda route: route.abort(), "The server does not answer."),
}
pytestmark = pytest.mark.browser


@pytest.fixture
def app_page(page, quick_app):
    page.on("dialog", lambda dialog: dialog.accept())
    return open_app_page(page, quick_app)


def draw(page) -> None:
    page.locator("#left-pad [data-draw]").click()
    box = page.locator("#left-pad canvas").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 150)
    page.mouse.up()


def test_a_chosen_picture_waits_for_another_try(app_page):
    waiting = app_page.locator(".unsent")
    for answer, words in TROUBLES.values():
        app_page.route(UPLOADS, answer)
        give(app_page, "left", glyph(1))
        expect(waiting).to_contain_text("1 file is kept in this page, not uploaded yet: " + words)
        waiting.get_by_role("button", name="Try again").click()
        expect(waiting).to_contain_text(words)
        app_page.unroute(UPLOADS)
        waiting.get_by_role("button", name="Try again").click()
        expect(app_page.locator("#left img")).to_be_visible()
        expect(waiting).to_have_count(0)
        expect(app_page.locator("#opinions")).to_contain_text("One more picture")


def test_a_drawing_waits_for_another_try(app_page):
    app_page.route(UPLOADS, TROUBLES["full disk"][0])
    draw(app_page)
    waiting = app_page.locator(".unsent")
    expect(waiting).to_contain_text(FULL["error"])
    app_page.unroute(UPLOADS)
    waiting.get_by_role("button", name="Try again").click()
    expect(app_page.locator("#opinions")).to_contain_text("One more picture")


def test_files_for_a_support_set_wait_for_another_try(app_page):
    open_tab(app_page, "One-shot")
    app_page.route(UPLOADS, TROUBLES["full disk"][0])
    with app_page.expect_file_chooser() as chooser:
        app_page.locator("#support [data-files]").click()
    files = {"a.png": glyph(1), "b.png": glyph(2)}
    chooser.value.set_files(
        [{"name": name, "mimeType": "image/png", "buffer": content} for name, content in files.items()]
    )
    waiting = app_page.locator(".unsent")
    expect(waiting).to_contain_text("2 files are kept in this page")
    app_page.unroute(UPLOADS)
    waiting.get_by_role("button", name="Try again").click()
    expect(app_page.locator("#support .foot")).to_have_text("2 classes, 2 images")


def test_a_picture_that_is_given_up_is_forgotten(app_page):
    app_page.route(UPLOADS, TROUBLES["full disk"][0])
    draw(app_page)
    app_page.locator(".unsent").get_by_role("button", name="Discard").click()
    expect(app_page.locator(".unsent")).to_have_count(0)
    expect(app_page.locator("#opinions")).to_contain_text("Give two pictures")
