"""The Find tab in a real browser: a query, marks, a page of answers, undo, the next query."""

import json
import re

import pytest
from playwright.sync_api import expect

from helpers.browsing import give, least_contrasts, open_app_page, open_tab, press, wait_for_rows
from siamese_core.answers.settled import standing_labels

pytestmark = pytest.mark.browser


def test_many_answers_come_out_of_one_look_and_are_taken_back_together(page, labelling):
    app_page = open_app_page(page, labelling)
    open_tab(app_page, "Find")
    drawing = next(labelling.workspace.parent.glob("images/*/*.png"))
    give(app_page, "find-query", drawing.read_bytes())
    tiles = app_page.locator("#found .tile")
    expect(tiles.nth(8)).to_be_visible()
    expect(app_page.locator("#found .limit")).to_have_count(1)
    query = app_page.locator(".found").get_attribute("data-query")
    assert f"tab=find&query={query}" in app_page.url
    shown = [json.loads(each) for each in tiles.evaluate_all("all => all.map((each) => each.dataset.said)")]
    assert all(set(said) == {"koch", "resnet50"} for said in shown)
    assert query not in tiles.evaluate_all("all => all.map((each) => each.dataset.id)")

    tiles.nth(0).locator("[data-mark]").click()
    press(app_page, "3")
    expect(app_page.locator("#found .tile[data-mark=same]")).to_have_count(2)
    others = int(re.search(r"\d+", app_page.locator("#found [data-rest]").inner_text())[0])
    press(app_page, "d")
    rows = wait_for_rows(app_page, 2 + others)
    assert [row.answer for row in rows].count("same") == 2
    assert {(row.left_id, row.reason, row.probability) for row in rows} == {(query, "search", "1.0")}
    assert all(row.koch_checkpoint and row.resnet50_checkpoint for row in rows)
    expect(app_page.locator("#found .saved")).to_have_text(f"Saved: {len(rows)} answers")
    for ratio, words in least_contrasts(app_page):
        assert ratio >= 4.5, words

    press(app_page, "z")
    expect(app_page.locator("#found .saved")).to_have_text("Taken back: all answers of that page")
    assert standing_labels(app_page.rows()) == []

    next_query = tiles.nth(0).get_attribute("data-id")
    tiles.nth(0).get_by_role("link", name="Find like this").click()
    expect(app_page.locator(".found")).to_have_attribute("data-query", next_query)
    app_page.reload()
    expect(app_page.locator(".found")).to_have_attribute("data-query", next_query)
