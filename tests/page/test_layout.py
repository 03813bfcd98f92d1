"""How the page is laid out on a phone and in a narrow place: nothing is covered, broken or cut."""

import uuid

import pytest
from playwright.sync_api import expect

from helpers.browsing import give_pair, open_app_page, open_tab, press, wait_for_rows
from helpers.labelling import open_label, wait_for_pair
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import PairLog

# In how many lines the words of an element stand.
LINES = """(element) => {
  const range = document.createRange();
  range.selectNodeContents(element);
  return new Set(Array.from(range.getClientRects(), (box) => Math.round(box.top))).size;
}"""
pytestmark = pytest.mark.browser


@pytest.fixture
def phone(page):
    page.set_viewport_size({"width": 390, "height": 667})
    return page


def test_nothing_is_covered_broken_or_out_of_reach_on_a_phone(phone, labelling):
    app_page = open_label(phone, labelling)
    row = app_page.locator(".answer-row").bounding_box()
    assert row["y"] + row["height"] <= app_page.locator("#status").bounding_box()["y"]
    for box in app_page.locator(".samples, .table-frame").all():
        assert box.get_attribute("tabindex") == "0" and box.get_attribute("aria-label"), "reached by keyboard"
    open_tab(app_page, "Retrain")
    cells = app_page.locator("#checkpoints .checkpoint")
    for cell, words in zip(cells.all(), app_page.locator("#checkpoints summary").all(), strict=True):
        words.click()
        expect(cell).to_be_visible()
        assert cell.evaluate(LINES) <= 1 + cell.inner_text().count("-"), cell.inner_text()
    open_tab(app_page, "Compare")
    for place in ("#opinions p.quiet", "#answer-bar .saved"):
        words = app_page.locator(place)
        words.evaluate("(element) => (element.textContent = 'The file ' + 'longname'.repeat(40) + '.png')")
        box = words.bounding_box()
        assert box["x"] + box["width"] <= 390
        assert words.evaluate("(element) => element.scrollWidth <= element.clientWidth + 1")


def test_review_shows_what_the_encoders_said_on_a_phone(phone, labelling):
    app_page = open_app_page(phone, labelling)
    give_pair(app_page, 70)
    said = app_page.locator("#opinions .says .number").all_inner_texts()
    press(app_page, "s")
    wait_for_rows(app_page, 1)
    open_tab(app_page, "Review")
    opinions = app_page.locator("#review tr").filter(has=app_page.locator("td")).first.locator("td.opinion")
    expect(opinions).to_have_count(2)
    for opinion, similarity in zip(opinions.all(), said, strict=True):
        expect(opinion).to_be_visible()
        expect(opinion).to_contain_text(similarity)
    assert app_page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_short_name_stays_in_one_line_in_a_full_row(page, labelling):
    log = PairLog(labelling.workspace / "pairs.csv")
    app_page = open_app_page(page, labelling)
    give_pair(app_page, 71)
    press(app_page, "d")
    (row,) = wait_for_rows(app_page, 1)
    for name, answer in (("Ann", "same"), ("Eve", "different")):
        pair = {"left_id": row.left_id, "right_id": row.right_id}
        log.append(
            LabelRow(
                label_id=uuid.uuid4().hex,
                answer=answer,
                annotator=name,
                task="queue",
                reason="hard_negative",
                **pair,
            )
        )
    app_page.set_viewport_size({"width": 900, "height": 800})
    open_tab(app_page, "Review")
    name = app_page.locator("#review td.by", has_text="Ann").first
    expect(name).to_be_visible()
    assert name.evaluate(LINES) == 1


def test_the_focus_stays_on_the_button_that_answered(page, labelling):
    app_page = open_label(page, labelling)
    for rows, answer in ((1, "same"), (2, "different")):
        open_tab(app_page, "Label")
        wait_for_pair(app_page)
        app_page.locator(f"[data-reply={answer}]").focus()
        app_page.keyboard.press("Enter")
        wait_for_rows(app_page, rows)
        open_focus = "document.activeElement.dataset"
        assert app_page.evaluate(f"{open_focus}.reply") == answer
    open_tab(app_page, "Review")
    button = app_page.locator("#review [data-relabel=unsure]").first
    button.focus()
    app_page.keyboard.press("Enter")
    wait_for_rows(app_page, 3)
    app_page.wait_for_timeout(800)
    assert app_page.evaluate(f"{open_focus}.relabel") == "unsure"
