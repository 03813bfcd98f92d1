"""The page as a whole: how it starts, what it says while it loads, how it looks."""

import io
import re
import subprocess
import sys
from urllib.request import urlopen

import pytest
from PIL import Image
from playwright.sync_api import expect

from helpers.browsing import give, give_pair, glyph, least_contrasts, open_page, open_tab, set_threshold
from helpers.paths import ROOT

TABS = ("Compare", "One-shot", "Label", "Review", "Retrain")
pytestmark = pytest.mark.browser


def test_the_page_is_built_without_tensorflow(tmp_path):
    """So that it answers within seconds, and loads it in the background."""
    lines = [
        "import os, sys",
        f"os.environ['GRADIO_TEMP_DIR'] = {str(tmp_path / 'uploads')!r}",
        "from pathlib import Path",
        "from siamese_core.page.serving.stubs import no_stubs",
        "with no_stubs(): from siamese_core.page.serving.server import build_page",
        "from siamese_core.labelling.pool import Pool",
        "from siamese_core.labelling.queue import Questions",
        "from siamese_core.workspace.workbench import Workbench",
        f"bench = Workbench(Path({str(tmp_path)!r}))",
        "build_page(bench, Questions(bench, Pool(bench)))",
        "print(*{name.split('.')[0] for name in sys.modules})",
    ]
    command = [sys.executable, "-W", "ignore", "-c", "\n".join(lines)]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"tensorflow", "keras"} & set(finished.stdout.split())


def test_an_empty_page_makes_the_browser_forget_nothing(quick_app):
    with urlopen(f"{quick_app.url}/config") as reply:
        assert b'data-remember=\\"' not in reply.read()


def test_the_terminal_shows_the_address_and_no_noise_of_libraries(quick_app):
    told = quick_app.log()
    assert told.startswith(f"Siamese Workbench: {quick_app.url}\n")
    assert "absl" not in told and "oneDNN" not in told


@pytest.mark.soak
def test_every_word_can_be_read_in_both_themes(page, quick_app):
    """WCAG AA: a contrast of at least 4.5, but for what is switched off."""
    open_page(page, quick_app.url)
    give_pair(page, 13)
    set_threshold(page, "koch", 0)
    set_threshold(page, "resnet50", 1)
    for ratio, words in least_contrasts(page):
        assert ratio >= 4.5, words


def test_the_answer_is_in_reach_on_small_screens_and_no_picture_moves_when_one_is_drawn(page, quick_app):
    page.set_viewport_size({"width": 1280, "height": 700})
    open_page(page, quick_app.url)
    give(page, "left", glyph(1, side=40))
    picture = page.locator("#left img")
    expect(picture).to_be_visible()
    frame, box = page.locator("#left .image-frame").bounding_box(), picture.bounding_box()
    above, below = box["y"] - frame["y"], frame["y"] + frame["height"] - box["y"] - box["height"]
    assert above == pytest.approx(below, abs=2), "one smaller than its place stands in the middle"
    give_pair(page, 16)
    for button in ("same", "different", "unsure"):
        expect(page.locator(f"#answer-bar [data-answer={button}]")).to_be_in_viewport(ratio=1)
    same = page.locator("#answer-bar [data-answer=same]").bounding_box()
    status = page.locator("#status").bounding_box()
    assert same["y"] + same["height"] <= status["y"]
    strip = page.locator("#samples").bounding_box()
    page.locator("#left-pad [data-draw]").click()
    expect(page.locator("#left-pad canvas")).to_be_visible()
    assert page.locator("#samples").bounding_box() == strip
    page.set_viewport_size({"width": 400, "height": 800})
    for tab in TABS:
        open_tab(page, tab)
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, tab


def test_the_page_is_english_where_it_lacks_the_browser_s_language(browser, quick_app):
    """Gradio's labels, too, which nobody sees and some hear; Hebrew would turn the page's sides as well."""
    context = browser.new_context(locale="he-IL")
    try:
        page = open_page(context.new_page(), quick_app.url)
        give_pair(page, 18)
        assert page.evaluate("document.documentElement.lang") == "en"
        heard = page.evaluate(
            "Array.from(document.querySelectorAll('[aria-live], [role=status], [role=alert]'))"
            ".filter((e) => getComputedStyle(e).display !== 'none').map((e) => e.textContent).join(' ')"
        )
        assert "common." not in heard
        labels = page.evaluate(
            "Array.from(document.querySelectorAll('*')).flatMap((e) => ['aria-label', 'title', 'placeholder']"
            ".map((name) => e.getAttribute(name) || '')).join(' ') + document.body.innerText"
        )
        assert "Remove image" in labels and not re.search("[\u0590-\u05ff]", labels)
        assert page.evaluate("getComputedStyle(document.body).direction") == "ltr"
    finally:
        context.close()


@pytest.mark.soak
def test_the_screenshot_of_the_readme(page, serve, screenshots):
    """With the shipped checkpoints, which take long to load."""
    server = serve()
    server.wait_until_ready()
    page.set_viewport_size({"width": 1280, "height": 900})
    open_page(page, server.url)
    page.locator("#samples [data-sample='4']").click()
    expect(page.locator(".card .number")).to_have_count(2)
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(500)
    page.screenshot(path=screenshots / "screenshot.png")
    assert Image.open(io.BytesIO((screenshots / "screenshot.png").read_bytes())).size == (1280, 900)
