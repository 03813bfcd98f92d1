"""How many answers a minute a person gives in Find and in the queue, played in a real browser.

A second passes for a look at a pair or a screen of images, and for each click and drag; a key comes at once.
"""

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
LOOK_MS = 1000  # at a pair, or a screen of images; for a click, or a drag
SCREENS = 2  # of images, that are answered for a query
EMBEDDED_MS = 10 * PATIENT_MS
FEWEST_TIMES = 4
# The tiles of which at least half is seen, above the buttons, as {id, answer, place, x, y, top}.
ON_SCREEN = """() => [...document.querySelectorAll('#found .tile')].map((tile, place) => {
  const box = tile.querySelector('[data-mark]').getBoundingClientRect();
  return { id: tile.dataset.id, answer: tile.dataset.mark, place, top: box.top,
    x: box.left + box.width / 2, y: box.top + box.height / 2 };
}).filter((tile) => tile.y > 0 && tile.y < innerHeight - 90)"""


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


def runs(app_page, classes: dict[str, str], query: str) -> list[list[dict]]:
    """The tiles on screen of the query's class that are not answered, those side by side together."""
    found = []
    for tile in app_page.evaluate(ON_SCREEN):
        if tile["answer"] or classes[tile["id"]] != classes[query]:
            continue
        last = found[-1][-1] if found else None
        if last and (last["place"] + 1, last["top"]) == (tile["place"], tile["top"]):
            found[-1].append(tile)
        else:
            found.append([tile])
    return found


def search_and_answer(app_page, classes: dict[str, str], query: str) -> None:
    """One query and two screens: a click or a drag a run of its class, then the key for all others."""
    app_page.wait_for_timeout(LOOK_MS)
    app_page.evaluate(f"workbench.links.go('find', {{query: '{query}'}})")
    expect(app_page.locator("#found .found")).to_have_attribute("data-query", query, timeout=PATIENT_MS)
    for _ in range(SCREENS):
        app_page.wait_for_timeout(LOOK_MS)
        for run in runs(app_page, classes, query):
            app_page.wait_for_timeout(LOOK_MS)
            app_page.mouse.move(run[0]["x"], run[0]["y"])
            app_page.mouse.down()
            for tile in run:
                app_page.mouse.move(tile["x"], tile["y"])
            app_page.mouse.up()
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
