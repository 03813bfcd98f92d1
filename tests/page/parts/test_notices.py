"""Errors that a timer meets, in a real browser."""

import pytest
from playwright.sync_api import expect

from helpers.browsing import open_app_page, open_tab

pytestmark = pytest.mark.browser


def test_an_error_that_lasts_stands_in_its_place_once_and_goes_with_its_cause(page, quick_app):
    app_page = open_app_page(page, quick_app)
    log, aside = quick_app.workspace / "pairs.csv", quick_app.workspace / "aside.csv"
    if log.exists():
        log.rename(aside)
    log.mkdir()
    try:
        broken = app_page.locator("#status .slot.failed")
        expect(broken).to_contain_text("pairs.csv, which is a folder")
        app_page.reload()
        expect(broken).to_contain_text("answers are saved again as soon as it is gone")
        open_tab(app_page, "Label")
        app_page.wait_for_timeout(3000)  # several looks
        assert app_page.locator("[data-testid=toast-body]").count() <= 1
        assert broken.count() == 1
    finally:
        log.rmdir()
        if aside.exists():
            aside.rename(log)
    expect(broken).to_have_count(0)
    expect(app_page.locator("#status .slot.ready")).to_have_count(2)
