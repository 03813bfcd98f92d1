"""The Map tab in a real browser: a point an image, by mouse or by keys."""

import pytest
from playwright.sync_api import expect

from helpers.browsing import PATIENT_MS, open_app_page, open_tab, wait_for_rows

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


def test_a_lasso_makes_a_class_that_is_taken_back_as_a_whole_and_goes_to_the_queue(page, labelling):
    app_page = open_app_page(page, labelling)
    open_tab(app_page, "Map")
    plot = app_page.locator(".map .plot")
    expect(app_page.locator(".map [data-told]")).to_contain_text("60 images", timeout=PATIENT_MS)
    app_page.wait_for_function("workbench.map.shown.scatter.get('isPointsDrawn')")
    plot.evaluate("plot => plot.scrollIntoView({block: 'center'})")
    box = plot.bounding_box()
    hovered_image(app_page)
    expect(app_page.locator(".map .hovered img")).to_be_visible()
    scale = "workbench.map.shown.scatter.get('camera').scaling[0]"
    before = app_page.evaluate(scale)
    app_page.mouse.wheel(0, -240)
    app_page.wait_for_function(f"{scale} > {before}")
    app_page.locator(".map [data-whole]").click()

    app_page.locator(".map [data-lasso]").click()
    draw(app_page, box, [(0.1, 0.02), (0.9, 0.02), (0.9, 0.98), (0.1, 0.98), (0.1, 0.02)])
    expect(app_page.locator(".map .thumbs button")).to_have_count(60)
    app_page.evaluate("workbench.map.shown.mark(workbench.map.shown.selected.slice(0, 4))")
    app_page.locator(".map .thumbs button").last.click()
    expect(app_page.locator(".map .thumbs button")).to_have_count(3)
    app_page.mouse.wheel(0, -240)
    near = app_page.evaluate(scale)
    app_page.evaluate("shown = workbench.map.shown; shown.points.x[0] += 1; shown.draw(true)")
    app_page.wait_for_function("shown.points.x[0] <= 1.01")
    expect(app_page.locator(".map .thumbs button")).to_have_count(3)
    assert app_page.evaluate(scale) == near, "what is drawn again stays where it was"
    app_page.get_by_role("button", name="They are one class").click()
    expect(app_page.locator(".map [data-saved]")).to_contain_text("3 images are one class, by 2 answers")
    rows = wait_for_rows(app_page, 2)
    assert {(row.answer, row.reason, row.group_id) for row in rows} == {("same", "search", rows[0].label_id)}
    assert len({row.left_id for row in rows}) == 1
    app_page.locator(".map [data-undo]").click()
    expect(app_page.locator(".map [data-saved]")).to_contain_text("Taken back")
    assert [row.event for row in wait_for_rows(app_page, 4)] == ["label"] * 2 + ["undo"] * 2
    app_page.get_by_role("button", name="Ask their pairs first").click()
    expect(app_page.locator(".map [data-saved]")).to_contain_text("3 pairs are asked first")
    middle = app_page.evaluate("shown.points.ids[shown.selection.centre()]")
    app_page.get_by_role("link", name="Find more like the one in the middle").click()
    expect(app_page.get_by_role("link", name="Find like this").first).to_be_visible(timeout=PATIENT_MS)
    assert f"query={middle}" in app_page.url


def hovered_image(app_page) -> None:
    """Moves the mouse onto the first image."""
    x, y = app_page.evaluate("workbench.map.shown.scatter.getScreenPosition(0)")
    canvas = app_page.locator(".map canvas").bounding_box()
    app_page.mouse.move(canvas["x"] + x - 20, canvas["y"] + y - 20)
    app_page.mouse.move(canvas["x"] + x, canvas["y"] + y, steps=5)


def draw(app_page, box: dict, corners: list[tuple[float, float]]) -> None:
    """Drags the mouse around corners, in shares of the box."""
    places = [(box["x"] + across * box["width"], box["y"] + down * box["height"]) for across, down in corners]
    app_page.mouse.move(*places[0])
    app_page.mouse.down()
    for place in places[1:]:
        app_page.mouse.move(*place, steps=6)
    app_page.mouse.up()
