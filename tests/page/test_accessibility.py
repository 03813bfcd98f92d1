"""The page for everyone: seen without scrolling, reached by keyboard, read aloud, light and dark."""

from importlib.resources import files

import pytest
from playwright.sync_api import Page, expect

from helpers.browsing import give_pair, open_page, press, tab_ids
from siamese_core.page.layout import link_checks
from siamese_core.workspace.workbench import Workbench

pytestmark = pytest.mark.browser
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
SERIOUS = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
  .filter(({ impact }) => impact === "serious" || impact === "critical")
  .map(({ id, nodes }) => [id, nodes.length, nodes[0].target.join(" "), nodes[0].failureSummary])"""
UNREACHABLE = """() => [...document.querySelectorAll("main :is(button, a[href], input, select, summary)")]
  .filter((each) => each.checkVisibility({ visibilityProperty: true }) && each.tabIndex < 0 && !each.disabled)
  .filter((each) => !each.closest("[aria-hidden=true]")).map((each) => each.outerHTML.slice(0, 120))"""
BELOW = "element => Math.round(element.getBoundingClientRect().bottom)"


def open_tab_by_id(page: Page, tab: str) -> None:
    page.evaluate(f"workbench.links.open('{tab}')")
    expect(page.locator(f"#tabs [data-tab-id={tab}]")).to_have_attribute("aria-selected", "true")


EACH_ONCE = [("dark", 390)]
THE_OTHERS = [
    pytest.param("light", 1280, marks=pytest.mark.soak),
    pytest.param("light", 390, marks=pytest.mark.soak),
    pytest.param("dark", 1280, marks=pytest.mark.soak),
]


@pytest.mark.parametrize(("theme", "width"), EACH_ONCE + THE_OTHERS)
def test_axe_finds_nothing_serious_on_any_tab_and_the_keyboard_reaches_all(page, labelling, theme, width):
    page.set_viewport_size({"width": width, "height": 720})
    app_page = open_page(page, labelling.url)
    give_pair(app_page, 500)
    app_page.evaluate(AXE)
    app_page.evaluate(f"document.body.classList.toggle('dark', {str(theme == 'dark').lower()})")
    found = {}
    for tab in tab_ids(app_page):
        open_tab_by_id(app_page, tab)
        app_page.wait_for_timeout(150)
        if problems := app_page.evaluate(SERIOUS):
            found[tab] = problems
        if out_of_reach := app_page.evaluate(UNREACHABLE):
            found[f"{tab}, by keyboard"] = out_of_reach
    assert not found


def test_every_tab_can_be_linked_to(page, labelling):
    app_page = open_page(page, labelling.url)
    assert set(tab_ids(app_page)) == set(link_checks(Workbench(labelling.workspace)))


def test_a_comparison_and_its_keys_are_seen_without_scrolling(page, labelling):
    page.set_viewport_size({"width": 1280, "height": 720})
    app_page = open_page(page, labelling.url)
    give_pair(app_page, 501)
    for seen in ("#left img", "#right img", ".card .scale", "#opinions .summary", "[data-answer=unsure]"):
        expect(app_page.locator(seen).first).to_be_in_viewport(ratio=1)
    status = app_page.locator("#status").bounding_box()["y"]
    assert app_page.locator("#answer-bar").evaluate(BELOW) <= status
    assert max(app_page.locator(".card").evaluate_all(f"cards => cards.map({BELOW})")) <= status - 50
    open_tab_by_id(app_page, "label")
    expect(app_page.locator("#label .pair-view:not(.empty)")).to_be_visible()
    assert app_page.locator("#label .says-row").evaluate(BELOW) <= status
    press(app_page, "?")
    expect(app_page.locator("dialog.keys-list")).to_be_visible()
    app_page.keyboard.press("Escape")
    expect(app_page.locator("dialog.keys-list")).to_be_hidden()


def test_a_first_visit_is_invited_to_five_steps_once(page, labelling):
    app_page = open_page(page, labelling.url)
    expect(app_page.locator("#welcome .welcome")).to_be_visible()
    app_page.locator("#welcome [data-walk]").click()
    titles = []
    for _ in range(5):
        titles.append(app_page.locator(".walk section:visible h2").inner_text())
        expect(app_page.locator(".walked").first).to_be_visible()
        app_page.keyboard.press("Enter")  # the focus is on "Next"
    expect(app_page.locator(".walk")).to_be_hidden()
    assert len(set(titles)) == 5
    app_page.reload()
    app_page.wait_for_function("window.workbench && document.querySelector('.answer-bar')")
    expect(app_page.locator("#welcome")).to_be_hidden()
