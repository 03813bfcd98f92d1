"""The small button on a picture that opens Find with it, and what an empty Find and Map say, in a browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from helpers.browsing import give_pair, open_app_page, open_tab
from helpers.labelling import wait_for_pair

pytestmark = pytest.mark.browser


def followed(page: Page, place: str) -> str:
    """The query of Find after a click on the button in `place`."""
    link = page.locator(f"{place} [data-like]").first
    image = re.search("query=([0-9a-f]+)", link.get_attribute("href"))[1]
    link.evaluate("link => link.click()")  # some are seen only under the mouse
    expect(page.locator("#found .found")).to_have_attribute("data-query", image)
    return image


def test_every_large_picture_and_each_of_a_support_set_can_be_searched_for(page, labelling):
    app_page = open_app_page(page, labelling)
    expect(app_page.locator("#left-pad [data-like]")).to_be_hidden()
    give_pair(app_page, 700)
    right = app_page.locator(".opinions").get_attribute("data-right")
    assert followed(app_page, "#right-pad") == right
    open_tab(app_page, "Label")
    left, _ = wait_for_pair(app_page)
    assert followed(app_page, "#label figure.left") == left
    open_tab(app_page, "One-shot")
    app_page.locator("[data-sampled]").click()
    expect(app_page.locator("#support .grid [data-like]")).to_have_count(10)
    app_page.locator("#sample-queries [data-sample]").first.click()
    expect(app_page.locator("#rankings .rankings")).to_be_visible()
    query = app_page.locator("#rankings .rankings").get_attribute("data-query")
    assert followed(app_page, "#query-pad") == query


@pytest.mark.soak
def test_an_empty_find_and_map_say_what_to_do_first(page, quick_app):
    app_page = open_app_page(page, quick_app)
    for tab, place in {"Find": "#found", "Map": ".map .nothing"}.items():
        open_tab(app_page, tab)
        expect(app_page.locator(f"{place} [data-try=find]")).to_be_visible()
        app_page.locator(f"{place} [data-goto=label]").click()
        expect(app_page.locator("#pool .bare")).to_be_visible()
