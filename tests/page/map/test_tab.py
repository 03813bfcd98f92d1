"""The Map tab in a real browser: a point an image, by mouse or by keys."""

import pytest
from playwright.sync_api import expect

from helpers.browsing import PATIENT_MS, open_app_page, open_tab

pytestmark = pytest.mark.browser


def test_two_images_chosen_by_keys_go_to_compare(page, labelling):
    app_page = open_app_page(page, labelling)
    open_tab(app_page, "Map")
    plot = app_page.locator(".map .plot")
    expect(app_page.locator(".map [data-told]")).to_contain_text("60 images", timeout=PATIENT_MS)
    expect(app_page.locator(".map .names li:visible")).to_have_count(12)
    plot.focus()
    for key in ("ArrowRight", "Enter", "ArrowRight", "ArrowUp", "Enter"):
        plot.press(key)
    expect(app_page.locator(".map .hovered img")).to_be_visible()
    expect(app_page.locator(".map .thumbs img")).to_have_count(2)
    app_page.get_by_role("link", name="Compare the two").click()
    expect(app_page.locator(".card .number")).to_have_count(2, timeout=PATIENT_MS)
