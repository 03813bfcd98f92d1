"""Links to what a tab shows: they open it, follow it, and say what the workspace lacks."""

import pytest
from playwright.sync_api import expect

from helpers.browsing import give, give_pair, glyph, open_page, open_tab
from siamese_core.images.store import ImageStore
from siamese_core.page.parts.links import any_parameters, link_to, link_trouble, stored_images

LOST = "0" * 64


def test_a_link_to_an_unknown_tab_or_image_is_told_in_words(tmp_path):
    checks = {"compare": stored_images(ImageStore(tmp_path), "left", "right"), "label": any_parameters}

    def told(text: str) -> str:
        return str(link_trouble(checks, text) or "")

    assert told('{"tab": null, "parameters": {}}') == told('{"tab": "compare", "parameters": {}}') == ""
    assert "Received: left=" + LOST[:40] in told(f'{{"tab": "compare", "parameters": {{"left": "{LOST}"}}}}')
    assert "compare, label" in told('{"tab": "atlas"}')
    assert told("no JSON") == told('{"tab": "label", "parameters": []}') == ""


def test_an_address_names_its_parameters_as_a_link_may_have_them():
    assert link_to("review", reason="hard & fast") == "?tab=review&reason=hard+%26+fast"


@pytest.mark.browser
def test_the_address_follows_what_is_shown_and_opens_it_again(page, quick_app):
    """A copied address opens the same pair, a click on a link goes to it, a lost image is named."""
    app_page = open_page(page, quick_app.url)
    give_pair(app_page, 400)
    app_page.wait_for_function("location.search.includes('left=') && location.search.includes('right=')")
    pair, query = app_page.url, app_page.evaluate("location.search")
    open_tab(app_page, "Review")
    app_page.wait_for_function("location.search.includes('tab=review') && !location.search.includes('left=')")
    app_page.locator(".review-filters [name=order]").select_option("oldest")
    app_page.wait_for_function("location.search.includes('order=oldest')")
    app_page.reload()
    expect(app_page.locator(".review-filters [name=order]")).to_have_value("oldest")
    open_tab(app_page, "Compare")
    give(app_page, "left", glyph(900))
    app_page.wait_for_function(f"location.search.includes('left=') && location.search !== '{query}'")
    app_page.evaluate(
        f"document.body.insertAdjacentHTML('beforeend', `<a data-link id=back href='{query}'>x</a>`);"
        "document.getElementById('back').click()"
    )
    app_page.wait_for_function(f"location.search === '{query}'")
    app_page.evaluate("sessionStorage.clear()")
    app_page.goto(pair)
    expect(app_page.locator(".card .number")).to_have_count(2)
    app_page.goto(f"{quick_app.url}/?tab=compare&left={LOST}&right={LOST}")
    expect(app_page.locator("#link-notice [role=alert]")).to_contain_text("not in this workspace")
