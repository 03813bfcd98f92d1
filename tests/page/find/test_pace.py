"""How many answers a minute a person gives in Find and in the queue, played in a real browser."""

import os
import time
import zipfile

import pytest
from playwright.sync_api import expect

from helpers.browsing import PATIENT_MS, open_app_page, open_tab
from helpers.labelling import wait_for_pair
from siamese_core.images.decoding import decode_image, image_id
from siamese_core.page.parts.samples import ALPHABET, REPLAY

pytestmark = [pytest.mark.browser, pytest.mark.soak]
MINUTES = float(os.environ.get("SIAMESE_PACE_MINUTES", "1"))
LOOK_MS = 1000  # at a pair of the queue; for a click, or a key, in Find
EMBEDDED_MS = 10 * PATIENT_MS
FEWEST_TIMES = 4


@pytest.fixture(scope="module")
def known(serve, tmp_path_factory):
    """An app with the sample drawings and the shipped checkpoints, and the class of each image by its id."""
    home = tmp_path_factory.mktemp("pace")
    with zipfile.ZipFile(REPLAY) as archive:
        archive.extractall(home, [each for each in archive.namelist() if f"/{ALPHABET}/" in each])
    files = sorted(home.rglob("*.png"))
    server = serve("--images", str(home / "replay"), workspace=home / "workspace")
    server.wait_until_ready()
    return server, {image_id(decode_image(file)): file.parent.name for file in files}


def search_and_answer(app_page, classes: dict[str, str], query: str) -> None:
    """One query and one screen of images: a click each on those of its class, then the key for all others."""
    app_page.wait_for_timeout(LOOK_MS)
    app_page.evaluate(f"workbench.links.go('find', {{query: '{query}'}})")
    expect(app_page.locator("#found .found")).to_have_attribute("data-query", query, timeout=PATIENT_MS)
    for tile in app_page.locator("#found .tile").all():
        if not tile.evaluate("tile => tile.getBoundingClientRect().bottom < innerHeight - 100"):
            break
        if classes[tile.get_attribute("data-id")] == classes[query] and not tile.get_attribute("data-answer"):
            app_page.wait_for_timeout(LOOK_MS)
            tile.locator("[data-mark]").click()
    app_page.wait_for_timeout(LOOK_MS)
    app_page.keyboard.press("d")


def test_a_person_answers_at_least_four_times_as_fast_in_find_as_in_the_queue(page, known):
    server, classes = known
    app_page = open_app_page(page, server)
    open_tab(app_page, "Label")
    expect(app_page.locator("#pool .count")).to_contain_text("all embedded", timeout=EMBEDDED_MS)
    end = time.monotonic() + 60 * MINUTES
    while time.monotonic() < end:
        left, right = wait_for_pair(app_page)
        app_page.wait_for_timeout(LOOK_MS)
        app_page.keyboard.press("s" if classes[left] == classes[right] else "d")
    app_page.wait_for_function("!workbench.outbox.unsaved")
    in_queue = len(app_page.rows()) / MINUTES
    app_page = open_app_page(page, server)
    open_tab(app_page, "Find")
    queries, end = iter(sorted(classes, key=lambda each: each[::-1])), time.monotonic() + 60 * MINUTES
    while time.monotonic() < end:
        search_and_answer(app_page, classes, next(queries))
    app_page.wait_for_function("!workbench.outbox.unsaved")
    rows = app_page.rows()
    wrong = [row for row in rows if (classes[row.left_id] == classes[row.right_id]) != (row.answer == "same")]
    assert not wrong
    in_find = len(rows) / MINUTES
    print(f"answers a minute: {in_queue:.1f} in the queue, {in_find:.1f} in Find")
    assert in_find >= FEWEST_TIMES * in_queue
