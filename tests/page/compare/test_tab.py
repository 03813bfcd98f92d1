"""The Compare tab in a real browser: pictures in, opinions out."""

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from helpers.browsing import PATIENT_MS, card, give, give_pair, glyph, open_app_page, press, set_threshold
from helpers.samples import bad_files, corner_mark, huge_png, image_file, odd_files

# The darkest red of an <img>, 0..255.
DARKEST = """(image) => {
  const canvas = Object.assign(document.createElement('canvas'), {width: 48, height: 48});
  const pen = canvas.getContext('2d');
  pen.drawImage(image, 0, 0);
  return Math.min(...pen.getImageData(0, 0, 48, 48).data.filter((_, i) => i % 4 === 0));
}"""
DRAWN = [(60, 60), (180, 60), (120, 180)]
pytestmark = pytest.mark.browser


@pytest.fixture
def app_page(page, quick_app):
    return open_app_page(page, quick_app)


# What a browser does when a person drops a file on an element.
DROP = """(element, [name, type, text]) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([text], name, {type}));
  element.dispatchEvent(new DragEvent('drop', {bubbles: true, cancelable: true, dataTransfer}));
}"""


def test_an_svg_drawing_is_refused_in_the_place_of_an_earlier_message_chosen_or_dropped(app_page):
    svg = "<svg xmlns='http://www.w3.org/2000/svg'/>"
    told = app_page.locator("#opinions .trouble")
    give(app_page, "left", b"no image", "broken.png")
    expect(told).to_contain_text("broken.png, 8 bytes, which is text")
    app_page.wait_for_timeout(500)  # the place is drawn anew after a refusal, and its field with it
    field = app_page.locator("#left input[type=file]")
    field.set_input_files({"name": "a.svg", "mimeType": "image/svg+xml", "buffer": svg.encode()})
    expect(told).to_have_text(re.compile(r"^Left picture: .*a .SVG., 41 bytes, which is an SVG drawing"))
    expect(app_page.locator("#left img")).to_have_count(0)
    app_page.locator("#left [data-testid=image] button").first.evaluate(DROP, ["b.SVG", "image/svg+xml", svg])
    expect(told).to_contain_text("b (SVG), 41 bytes, which is an SVG drawing")
    expect(app_page.locator("[data-testid=toast-body]")).to_have_count(0)


def test_without_a_camera_the_place_says_so_and_a_file_can_still_be_chosen(app_page):
    place = app_page.locator("#left")
    place.get_by_label("Capture from camera").click()
    place.get_by_text("Click to Access Webcam").click()
    expect(app_page.locator("#left-pad .trouble")).to_have_text(
        "There is no camera. Connect one, or choose a file."
    )
    place.get_by_label("Upload file").click()
    expect(app_page.locator("#left-pad .trouble")).to_be_hidden()
    expect(place).to_contain_text("Drop, choose or paste a picture")
    give(app_page, "left", image_file(corner_mark(), "TIFF"), "scan.tif")  # which browsers cannot show
    app_page.wait_for_function("() => document.querySelector('#left img')?.naturalWidth === 48")


def test_two_pictures_are_compared_as_soon_as_both_are_there(app_page):
    expect(app_page.locator("#opinions")).to_contain_text("Give two pictures")
    give(app_page, "left", glyph(1))
    expect(app_page.locator("#opinions")).to_contain_text("One more picture")
    give(app_page, "right", glyph(2))
    expect(app_page.locator("#opinions .card h3")).to_have_text(["small_cnn", "small_cnn"])
    for encoder in ("koch", "resnet50"):
        opinion = card(app_page, encoder)
        expect(opinion.locator(".says .number")).to_have_text(re.compile(r"^[01]\.\d\d$"))
        expect(opinion.locator(".verdict")).to_have_text(re.compile("^(= same|≠ different)$"))
        expect(opinion.locator(".threshold")).to_have_text("threshold 0.50")
        expect(opinion.locator(".serves")).to_have_text(re.compile("^small_cnn, trained on "))
        expect(opinion.locator(".checkpoint")).to_be_hidden()
        opinion.locator(".how summary").click()
        expect(opinion.locator(".checkpoint")).to_have_text(re.compile("^small_cnn-[0-9a-f]{12}$"))
        expect(opinion.locator(".time")).to_have_text(re.compile(r"^\d+ ms$"))
        expect(opinion.locator(".seen img")).to_have_count(2)
        similarity = float(opinion.locator(".says .number").inner_text())
        width = float(re.search(r"[\d.]+", opinion.locator(".fill").get_attribute("style"))[0])
        assert width == pytest.approx(100 * similarity, abs=0.51), "the bar is as long as the number says"
        assert ("= same" in opinion.inner_text()) == (similarity >= 0.5) or similarity == 0.5
    sizes = app_page.evaluate("Array.from(document.querySelectorAll('.seen img'), (i) => i.naturalWidth)")
    assert sizes == [48] * 4, "what an encoder sees is shown at its own size"


def test_a_sample_is_framed_while_both_of_its_pictures_are_on_screen(app_page):
    framed = app_page.locator("#samples [aria-current=true]")
    sample = app_page.locator("#samples [data-sample='2']")
    sample.focus()
    app_page.keyboard.press("Enter")
    expect(app_page.locator(".card .number")).to_have_count(2)
    expect(sample).to_be_focused()
    assert app_page.locator("#samples img").evaluate_all("all => all.every((i) => i.naturalWidth > 0)")
    for index in ("1", "0"):
        app_page.locator(f"#samples [data-sample='{index}']").click()
        expect(framed).to_have_attribute("data-sample", index)
    app_page.keyboard.press("u")
    expect(app_page.locator(".answer-bar .saved")).to_have_text("Saved: unsure")
    assert app_page.evaluate("document.querySelector('#samples :focus-visible') === null")
    app_page.reload()
    expect(framed).to_have_attribute("data-sample", "0")
    give(app_page, "left", glyph(1))
    expect(app_page.locator(".opinions:not(.stale)[data-left]:not([data-left=''])")).to_be_visible()
    expect(framed).to_have_count(0)


def draw(page, place: str, points) -> None:
    page.locator(f"#{place}-pad [data-draw]").click()
    box = page.locator(f"#{place}-pad canvas").bounding_box()
    page.mouse.move(box["x"] + points[0][0], box["y"] + points[0][1])
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=4)
    page.mouse.up()


def test_drawings_are_compared(app_page):
    draw(app_page, "left", DRAWN)
    expect(app_page.locator("#opinions")).to_contain_text("One more picture")
    draw(app_page, "right", [(30, 200), (200, 30)])
    expect(app_page.locator(".card .number")).to_have_count(2)
    seen = card(app_page, "koch").locator(".seen img").first
    darkest = seen.evaluate(DARKEST)
    assert darkest < 64
    app_page.locator("#left-pad [data-wipe]").click()
    expect(app_page.locator("#opinions")).to_contain_text("One more picture")


def test_a_pasted_picture_goes_into_the_first_empty_place(app_page):
    for seed in (1, 2):
        paste(app_page, glyph(seed))
        expect(app_page.locator(".place img")).to_have_count(seed)
    expect(app_page.locator(".card .number")).to_have_count(2)


def paste(page, content: bytes) -> None:
    page.evaluate(
        "(bytes) => { const data = new DataTransfer();"
        " data.items.add(new File([new Uint8Array(bytes)], 'pasted.png', {type: 'image/png'}));"
        " document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true})) }",
        list(content),
    )


def test_a_threshold_can_be_moved_to_nought_and_back_and_disagreement_comes_first(app_page):
    give_pair(app_page, 3)
    set_threshold(app_page, "koch", 0)
    expect(card(app_page, "koch").locator(".says .verdict")).to_have_text("= same")
    expect(card(app_page, "koch").locator("output")).to_have_text("0.00")
    expect(card(app_page, "koch").locator(".note")).to_have_text(
        "At this threshold every pair is called same."
    )
    set_threshold(app_page, "resnet50", 1)
    expect(card(app_page, "resnet50").locator(".says .verdict")).to_have_text("≠ different")
    expect(app_page.locator(".summary.disagree")).to_contain_text(
        "small_cnn says = same, small_cnn says ≠ different"
    )
    app_page.locator("[data-reset=koch]").click()
    expect(card(app_page, "koch").locator(".threshold")).to_have_text("threshold 0.50")
    expect(card(app_page, "koch").locator(".note")).to_have_count(0)


def test_files_that_are_no_images_are_told_and_empty_their_place_until_it_gets_another(app_page, quick_app):
    before = len(quick_app.log())
    give_pair(app_page, 4)
    told = app_page.locator("#opinions .trouble")
    for name in ("text.png", "empty.png", "cut-short.png", "cut-short.png", "too-many-pixels.png"):
        with app_page.expect_response("**/upload*"):
            give(app_page, "left", bad_files()[name], name)
        app_page.wait_for_timeout(300)
        expect(told).to_contain_text("Left picture: An image")
        expect(told).to_contain_text(name)
        expect(app_page.locator("#left")).to_contain_text("Drop, choose or paste a picture")
        expect(app_page.locator("#left img")).to_have_count(0)
        expect(app_page.locator("#right img")).to_have_count(1)
    expect(app_page.locator("[data-testid=toast-body]")).to_have_count(0)
    give(app_page, "left", huge_png(), "huge.png")
    expect(told).to_contain_text("at most 40 million pixels")
    expect(app_page.locator("#left")).to_contain_text("Drop, choose or paste a picture")
    give(app_page, "left", glyph(1))
    expect(app_page.locator(".card .number")).to_have_count(2)
    app_page.get_by_label("Remove Image").first.click()
    expect(app_page.locator("#opinions")).to_contain_text("One more picture")
    assert "Traceback" not in quick_app.log()[before:]


def test_odd_image_files_are_compared_and_the_same_picture_twice_cannot_be_answered(app_page):
    for place in ("left", "right"):
        give(app_page, place, glyph(1))
    expect(app_page.locator("#opinions")).to_contain_text("same picture twice")
    press(app_page, "s")
    expect(app_page.locator(".answer-bar .saved")).to_have_text("The same picture twice cannot be answered")
    assert app_page.rows() == []
    give(app_page, "right", image_file(Image.new("RGB", (1, 1))), "one-pixel.png")
    expect(app_page.locator(".card .number")).to_have_count(2)
    earlier = app_page.locator(".opinions").get_attribute("data-made")
    for name in sorted(odd_files())[::15]:
        give(app_page, "left", odd_files()[name], name)
        board = app_page.locator(f".opinions:not(.stale):not([data-made='{earlier}'])")
        expect(board.locator(".card .number")).to_have_count(2)
        earlier = board.get_attribute("data-made")


def test_a_preview_tells_what_the_answers_teach(app_page):
    give_pair(app_page, 3)
    expect(card(app_page, "koch").locator(".preview")).to_have_count(0)
    app_page.locator("#preview input").check()
    press(app_page, "s")
    for encoder in ("koch", "resnet50"):
        expect(card(app_page, encoder).locator(".preview")).to_have_text(
            re.compile(r"Preview, after learning from \d+ answers?[01]\.\d\d(= same|≠ different)")
        )


def test_after_the_verdict_both_pictures_show_why(app_page):
    give_pair(app_page)
    why = app_page.locator("section.why")
    expect(why.locator(".reason")).to_have_count(2, timeout=PATIENT_MS)
    assert why.locator(".layer").count() == 8
    assert "Made them alike: most in the" in why.locator(".matched").first.get_attribute("aria-label")
    expect(why.locator(".sentence").first).to_contain_text("threshold of")
    why.get_by_role("radio", name="set them apart").check()
    expect(why.locator(".layer.alike").first).to_be_hidden()
    expect(why.locator(".layer.apart").first).to_be_visible()
