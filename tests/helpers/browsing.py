"""What the browser tests do with the page, in the words of the person who uses it."""

import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from playwright.sync_api import Locator, Page, expect

from helpers.samples import image_file, stroke_glyph
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import PairLog

# The word of least contrast with its ground, as [ratio, words].
CONTRAST = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const linear = (v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = (rgb) => [0.2126, 0.7152, 0.0722].reduce((sum, w, i) => sum + w * linear(rgb[i] / 255), 0);
  const ground = (element) => {
    for (; element; element = element.parentElement) {
      const colour = parse(getComputedStyle(element).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const ratio = (element) => {
    const both = [light(parse(getComputedStyle(element).color)), light(ground(element))];
    return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
  };
  const written = (e) => Array.from(e.childNodes).some((n) => n.nodeType === 3 && n.textContent.trim());
  return Array.from(document.querySelectorAll('main .html-container *'))
    .filter((e) => e.offsetParent && written(e))
    .map((e) => [ratio(e), e.className + ': ' + e.textContent.trim().slice(0, 40)])
    .sort((x, y) => x[0] - y[0])[0];
}"""


PATIENT_MS = 60_000  # a busy machine compares slowly; no test waits this long when all is well

expect.set_options(timeout=PATIENT_MS)


def open_page(page: Page, url: str, theme: str = "light") -> Page:
    """The page, ready to be used, and its status line without a slot that loads."""
    page.set_default_timeout(PATIENT_MS)
    page.goto(f"{url}/?__theme={theme}")
    expect(page.locator("#status .slot.ready")).to_have_count(2)
    page.wait_for_function("window.workbench && document.querySelector('.answer-bar')")
    return page


def glyph(seed: int, side: int = 105) -> bytes:
    """The PNG of a character of its own for each seed."""
    return image_file(stroke_glyph(np.random.default_rng(seed), side))


def give(page: Page, place: str, content: bytes, name: str = "drawing.png") -> None:
    """Upload a picture to the place with this elem_id, over the one that is there."""
    clear = page.locator(f"#{place} button[aria-label='Clear'], #{place} button[title='Clear']")
    if clear.count():
        clear.first.evaluate("button => button.click()")
    field = page.locator(f"#{place} input[type=file]")
    field.set_input_files({"name": name, "mimeType": "image/png", "buffer": content})


def give_pair(page: Page, seed: int = 0) -> None:
    """Two new characters, and wait until both encoders have said what they think."""
    before = (
        page.locator(".opinions").get_attribute("data-left") if page.locator(".opinions").count() else None
    )
    give(page, "left", glyph(2 * seed))
    give(page, "right", glyph(2 * seed + 1))
    expect(page.locator(".card .number")).to_have_count(2)
    if before:
        expect(page.locator(".opinions")).not_to_have_attribute("data-left", before)


def open_tab(page: Page, name: str) -> None:
    """Open a tab by its name, on a phone in the menu."""
    page.wait_for_selector("#tabs .tab-menu", state="attached")
    menu = page.locator("#tabs .tab-menu")
    if menu.is_visible():
        menu.click()
    page.get_by_role("tab", name=name).click()


def tab_ids(page: Page) -> list[str]:
    return page.locator("#tabs [role=tab]").evaluate_all("tabs => tabs.map((tab) => tab.dataset.tabId)")


def card(page: Page, encoder: str, panel: str = "opinions") -> Locator:
    return page.locator(f"#{panel} [data-encoder={encoder}]")


def press(page: Page, keys: Iterable[str]) -> None:
    """Keys pressed with nothing in focus."""
    page.evaluate("document.activeElement.blur()")
    for key in keys:
        page.keyboard.press(key)


def logged(workspace: Path) -> list[LabelRow]:
    """Every row of the log, as another process reads it."""
    return PairLog(workspace / "pairs.csv").rows()


def set_threshold(page: Page, encoder: str, value: float) -> None:
    """Moves the tick as dragging does, and waits for the server's word."""
    dial = page.locator(f"[data-threshold={encoder}]")
    dial.evaluate(
        "(dial, value) => { dial.value = value; dial.dispatchEvent(new Event('input', {bubbles: true}));"
        " dial.dispatchEvent(new Event('change', {bubbles: true})) }",
        value,
    )
    expect(page.locator(f"[data-reset={encoder}]")).to_be_visible()


def least_contrasts(page: Page) -> list[tuple[float, str]]:
    """The word of least contrast in the page as it is, light and dark."""
    found = []
    for theme in ("light", "dark"):
        page.evaluate("dark => document.body.classList.toggle('dark', dark)", theme == "dark")
        page.wait_for_timeout(400)  # what was just switched on fades in
        found.append(page.evaluate(CONTRAST))
    return found


def open_app_page(page: Page, server) -> Page:
    """The page of a running app; `page.rows()` gives what the log got since."""
    open_page(page, server.url)
    earlier = len(logged(server.workspace))
    page.rows = lambda: logged(server.workspace)[earlier:]
    return page


def close_storage(page: Page) -> None:
    """What a browser does to a page in another site's frame while it blocks the cookies of third parties."""
    page.add_init_script(
        """for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, {
            get() { throw new DOMException("Access is denied for this document.", "SecurityError"); } });"""
    )


def fill_storage(page: Page) -> None:
    """What a browser does once programs at the page's address have stored all that it keeps for one."""
    page.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('It is full.', 'QuotaExceededError'); }"
    )


def wait_for_rows(page: Page, count: int) -> list[LabelRow]:
    """The new rows of the log, once there are as many; never more."""
    deadline = time.monotonic() + PATIENT_MS / 1000
    while len(page.rows()) < count and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    assert len(page.rows()) == count
    return page.rows()


def add_images(page, files: dict[str, bytes]) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator("[data-files]").click()
    chooser.value.set_files(
        [{"name": name, "mimeType": "image/png", "buffer": content} for name, content in files.items()]
    )
