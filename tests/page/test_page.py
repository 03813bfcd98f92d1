"""The page as a whole: how it starts, what it says while it loads, how it looks."""

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from PIL import Image
from playwright.sync_api import expect

from helpers.browsing import CONTRAST, card, give, give_pair, glyph, open_page, open_tab, set_threshold
from helpers.paths import ROOT
from helpers.servers import PAGE_ANSWERS_SECONDS, Server
from helpers.small_checkpoints import promote_small
from siamese_core.checkpoints.store import CheckpointStore

pytestmark = pytest.mark.browser

# The word of least contrast with its ground, as [ratio, words].


def server_status(url: str) -> int:
    try:
        return urlopen(f"{url}/healthz").status
    except HTTPError as answer:
        with answer:
            return answer.code


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
        assert b"data-remember=" not in reply.read()


def test_the_terminal_shows_the_address_and_no_noise_of_libraries(quick_app):
    told = quick_app.log()
    assert told.startswith(f"Siamese Workbench: {quick_app.url}\n")
    assert "absl" not in told and "oneDNN" not in told


@pytest.fixture(scope="module")
def just_started(serve, tmp_path_factory):
    """An app whose encoders may still load, on a machine whose proxy answers nothing."""
    home = promote_small(tmp_path_factory.mktemp("started") / "workspace", "koch", "resnet50")
    proxy = {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    return serve(workspace=home, environment=proxy)


def test_a_pair_given_while_the_encoders_load_is_compared_when_they_are_ready(page, just_started):
    page.goto(just_started.url)
    give(page, "left", glyph(1))
    give(page, "right", glyph(2))
    expect(page.locator(".card")).to_have_count(2)
    expect(page.locator(".card .number")).to_have_count(2)


def test_the_page_goes_on_after_a_restart_and_a_slot_that_cannot_serve_says_why(page, just_started):
    server = just_started
    open_page(page, server.url)
    give_pair(page, 17)
    before = page.locator(".opinions").get_attribute("data-left")
    server.stop()
    expect(page.locator("[data-testid=toast-body]")).to_contain_text("Connection to the server was lost")
    (CheckpointStore(server.workspace).current_folder("resnet50") / "head.npz").write_bytes(b"torn")
    with restarted(server):
        expect(page.locator("[data-testid=toast-body]")).to_have_count(0)
        expect(page.locator("#status .slot.failed")).to_contain_text("ResNet50")
        expect(page.locator("#status .slot.ready")).to_contain_text("small_cnn")
        page.locator("#samples [data-sample='0']").click()
        expect(page.locator(".opinions:not(.stale)")).not_to_have_attribute("data-left", before)
        expect(card(page, "koch").locator(".number")).to_have_text(re.compile(r"^[01]\.\d\d$"))
        expect(card(page, "resnet50")).to_contain_text("cannot serve")
        expect(page.locator(".summary")).to_contain_text("small_cnn says")
        assert server_status(server.url) == 503


@contextmanager
def restarted(server: Server) -> Iterator[None]:
    """The same server once more, as another process."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    process = subprocess.Popen(server.process.args, cwd=ROOT, start_new_session=True, **quiet)
    again = replace(server, process=process)
    try:
        again.wait_for("/", PAGE_ANSWERS_SECONDS)
        yield
    finally:
        again.stop()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_word_can_be_read_in_both_themes(page, quick_app, theme):
    """WCAG AA: a contrast of at least 4.5, but for what is switched off."""
    open_page(page, quick_app.url, theme)
    give_pair(page, 13)
    set_threshold(page, "koch", 0)
    set_threshold(page, "resnet50", 1)
    ratio, words = page.evaluate(CONTRAST)
    assert ratio >= 4.5, words


def test_the_answer_is_in_reach_on_a_small_screen_and_no_picture_moves_when_one_is_drawn(page, quick_app):
    page.set_viewport_size({"width": 1280, "height": 700})
    open_page(page, quick_app.url)
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


def test_the_page_is_english_in_any_browser_and_announces_no_raw_keys(browser, quick_app):
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
        assert "Remove Image" in labels and not re.search("[\u0590-\u05ff]", labels)
        assert page.evaluate("getComputedStyle(document.body).direction") == "ltr"
    finally:
        context.close()


def test_a_picture_smaller_than_its_place_stands_in_the_middle(page, quick_app):
    open_page(page, quick_app.url)
    give(page, "left", glyph(1, side=40))
    picture = page.locator("#left img")
    expect(picture).to_be_visible()
    frame = page.locator("#left .image-frame").bounding_box()
    box = picture.bounding_box()
    above, below = box["y"] - frame["y"], frame["y"] + frame["height"] - box["y"] - box["height"]
    assert above == pytest.approx(below, abs=2)


def test_nothing_is_wider_than_a_phone(page, quick_app):
    page.set_viewport_size({"width": 400, "height": 800})
    open_page(page, quick_app.url)
    give_pair(page, 14)
    for tab in ("Compare", "One-shot", "Label", "Review", "Retrain"):
        open_tab(page, tab)
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, tab


def test_the_screenshot_of_the_readme(page, serve, screenshots):
    """With the shipped checkpoints."""
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
