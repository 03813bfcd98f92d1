"""The One-shot tab in a real browser: a query, a support set, a click on the right class."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from helpers.browsing import add_images, card, give, glyph, open_app_page, open_tab, press, wait_for_rows
from helpers.samples import bad_files, write_class_folders
from siamese_core.answers.settled import standing_labels

# Collects in `told` whatever the progress of the ranking says.
WATCH_PROGRESS = """() => {
  const board = document.querySelector('#rankings');
  window.told = [];
  new MutationObserver(() => {
    const busy = board.querySelector('.busy');
    if (busy) told.push(busy.textContent);
  }).observe(board, {childList: true, subtree: true, characterData: true});
}"""
pytestmark = pytest.mark.browser


@pytest.fixture
def app_page(page, quick_app):
    return open_app_page(page, quick_app)


@pytest.fixture
def one_shot(app_page):
    open_tab(app_page, "One-shot")
    return app_page


def class_names(page) -> list[str]:
    return page.locator("#support [data-rename]").evaluate_all("all => all.map((each) => each.value)")


def test_what_is_missing_wrong_or_looks_alike_is_said(one_shot):
    expect(one_shot.locator("#rankings")).to_contain_text("Give a query and a support set")
    give(one_shot, "query", bad_files()["cut-short.png"], "cut-short.png")
    expect(one_shot.locator("#rankings .trouble")).to_contain_text("The query: An image file must be whole")
    expect(one_shot.locator("#query img")).to_have_count(0)
    give(one_shot, "query", glyph(1))
    expect(one_shot.locator("#rankings")).to_contain_text("The query needs a support set")
    add_images(one_shot, {"alone.png": glyph(2)})
    expect(one_shot.locator("#rankings")).to_contain_text("A support set needs two classes")
    add_images(one_shot, {"cat.png": glyph(1), "cat .png": glyph(2), "Cat.png": glyph(3)})
    expect(one_shot.locator("#support")).to_contain_text("'cat' and 'cat ' are one class.")
    expect(one_shot.locator("#support")).to_contain_text("'Cat' and 'cat' are 2 classes.")
    assert sorted(class_names(one_shot)) == ["Cat", "alone", "cat", "cat"]


def test_a_query_is_ranked_by_both_encoders(one_shot):
    one_shot.locator("[data-sampled]").click()
    expect(one_shot.locator("#support .grid li")).to_have_count(10)
    expect(one_shot.locator("#rankings")).to_contain_text("Give a query")
    one_shot.locator("#sample-queries [data-sample]").first.click()
    expect(one_shot.locator("#rankings .card h3")).to_have_text(["small_cnn", "small_cnn"])
    for encoder in ("koch", "resnet50"):
        ranked = card(one_shot, encoder, "rankings")
        numbers = [float(text) for text in ranked.locator(".classes .number").all_text_contents()]
        assert len(numbers) == 10 and numbers == sorted(numbers, reverse=True)
        expect(ranked.locator(".classes .scale")).to_have_count(10)
        expect(ranked.locator(".pick")).to_contain_text(re.compile("ahead of|none of these"))


def test_classes_are_named_by_files_and_can_be_renamed_and_removed(one_shot):
    give(one_shot, "query", glyph(1))
    add_images(one_shot, {"alef.png": glyph(2), "bet.png": glyph(3), "text.png": b"no image"})
    expect(one_shot.locator("#support .trouble")).to_contain_text("text.png")
    assert class_names(one_shot) == ["alef", "bet"]
    expect(one_shot.locator("#rankings .card")).to_have_count(2)
    field = one_shot.locator("[data-rename='1']")
    field.fill("alef")
    field.press("Enter")
    expect(one_shot.locator("#rankings")).to_contain_text("A support set needs two classes")
    one_shot.locator("#support .grid li").first.hover()
    one_shot.locator("[data-remove='0']").click()
    expect(one_shot.locator("#support .grid li")).to_have_count(1)


def test_a_click_on_the_right_class_is_one_correction(one_shot):
    give(one_shot, "query", glyph(1))
    add_images(one_shot, {f"class{seed}.png": glyph(seed) for seed in range(10, 14)})
    ranked = card(one_shot, "koch", "rankings").locator("[data-class]")
    expect(ranked).to_have_count(4)
    picks = {
        card(one_shot, encoder, "rankings").locator("[data-class]").first.get_attribute("data-class")
        for encoder in ("koch", "resnet50")
    }
    right = next(name for name in ("class10", "class11", "class12", "class13") if name not in picks)
    one_shot.locator(f"#rankings [data-encoder=koch] [data-class={right}]").click()
    rows = wait_for_rows(one_shot, 1 + len(picks))
    assert [row.answer for row in rows] == ["same", *["different"] * len(picks)]
    assert len({row.group_id for row in rows}) == 1 and {row.task for row in rows} == {"one_shot"}
    expect(one_shot.locator("#rankings .saved")).to_contain_text(f"Saved: {right} is right")
    press(one_shot, "z")
    undone = wait_for_rows(one_shot, 2 * len(rows))[len(rows) :]
    assert {row.target_id for row in undone} == {row.label_id for row in rows}


@pytest.mark.soak
def test_another_click_takes_the_place_of_the_one_before_and_none_of_these_contradicts_every_pick(one_shot):
    give(one_shot, "query", glyph(3))
    add_images(one_shot, {f"class{seed}.png": glyph(seed) for seed in range(40, 44)})
    ranked = card(one_shot, "koch", "rankings").locator("[data-class]")
    expect(ranked).to_have_count(4)
    for place in (3, 2):
        chosen = ranked.nth(place).get_attribute("data-class")
        ranked.nth(place).click()
        expect(one_shot.locator("#rankings .saved")).to_contain_text(f"Saved: {chosen} is right")
    answers = standing_labels(one_shot.rows())
    assert [row.answer for row in answers].count("same") == 1
    assert len({row.group_id for row in answers}) == 1
    press(one_shot, "z")
    expect(one_shot.locator("#rankings .saved")).to_have_text("Taken back")
    assert standing_labels(one_shot.rows()) == []
    one_shot.locator("[data-none]").click()
    expect(one_shot.locator("#rankings .saved")).to_contain_text("Saved: none of these")
    assert {row.answer for row in standing_labels(one_shot.rows())} == {"different"}


@pytest.mark.soak
def test_many_images_are_embedded_with_progress_and_once(one_shot):
    add_images(one_shot, {f"class{number}.png": glyph(number, 32) for number in range(200)})
    expect(one_shot.locator("#support .foot")).to_have_text("200 classes, 200 images")
    one_shot.evaluate(WATCH_PROGRESS)
    give(one_shot, "query", glyph(1000))
    expect(one_shot.locator("#rankings .card")).to_have_count(2)
    assert any("of 200" in words for words in one_shot.evaluate("told"))
    expect(card(one_shot, "koch", "rankings").locator(".ranked summary")).to_have_text("192 more classes")


def test_a_folder_gives_its_folders_as_classes_and_a_reload_keeps_them_renamed(one_shot, tmp_path):
    write_class_folders(tmp_path / "set", np.random.default_rng(0), 1, 3, 2)
    with one_shot.expect_file_chooser() as chooser:
        one_shot.locator("[data-folder]").click()
    chooser.value.set_files(tmp_path / "set")
    expect(one_shot.locator("#support .foot")).to_have_text("3 classes, 6 images")
    names = [f"character0{number}" for number in (1, 1, 2, 2, 3, 3)]
    assert class_names(one_shot) == names
    one_shot.locator("[data-rename='0']").fill("first letter")
    one_shot.locator("[data-rename='0']").press("Enter")
    give(one_shot, "query", glyph(33))
    expect(one_shot.locator("#rankings .card")).to_have_count(2)
    one_shot.reload()  # and opens the tab that was open
    expect(one_shot.locator("#rankings .card")).to_have_count(2)
    assert class_names(one_shot) == ["first letter", *names[1:]]
