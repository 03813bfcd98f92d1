"""Answers of every tab: the network is lost, the page reloaded, the server killed, the disk full."""

import os
import re
import signal
import subprocess
from dataclasses import replace

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from helpers.browsing import card, give, give_pair, glyph, open_app_page, open_tab, press, wait_for_rows
from helpers.labelling import drawn_classes, wait_for_pair
from helpers.paths import ROOT
from helpers.samples import alphabet
from helpers.small_checkpoints import promote_small
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import PairLog
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.images.store import ImageStore

SERVER_CALLS = re.compile("/component_server")
SAVED = {"Compare": ".answer-bar .saved", "Label": "#label .kept", "Review": "#review-filters .saved"}
TABS = list(SAVED)
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app(serve, tmp_path_factory):
    """An app with images to label and an answer to review, whose encoders may still load."""
    home = tmp_path_factory.mktemp("saving")
    drawn_classes(home / "images", n_classes=4)
    promote_small(home / "workspace", "koch", "resnet50")
    images = ImageStore(home / "workspace" / "images")
    (left, right), *_ = alphabet(np.random.default_rng(9), 1, 2, 64)
    ids = {"left_id": images.add(left), "right_id": images.add(right)}
    PairLog(home / "workspace" / "pairs.csv").append(
        LabelRow(answer="same", annotator="Bob", task="compare", **ids)
    )
    proxy = dict.fromkeys(("HTTP_PROXY", "http_proxy"), "http://127.0.0.1:9")  # which answers nothing
    return serve("--images", str(home / "images"), workspace=home / "workspace", environment=proxy)


@pytest.fixture
def app_page(page, app) -> Page:
    page.on("dialog", lambda dialog: dialog.accept())
    return open_app_page(page, app)


def prepare(page: Page, tab: str, seed: int = 0) -> None:
    """Open the tab, with something to answer on screen."""
    open_tab(page, tab)
    if tab == "Compare":
        give_pair(page, 40 + seed)
    elif tab == "Label":
        wait_for_pair(page)
    else:
        expect(page.locator("#review tr[data-label]").first).to_be_visible()


def expect_unsaved(page: Page, tab: str, count: int) -> None:
    expect(page.locator(SAVED[tab])).to_have_text(f"{count} not saved yet; trying again")


def test_a_pair_given_while_the_encoders_load_is_compared_when_they_are_ready(page, app):
    page.goto(app.url)
    give(page, "left", glyph(1))
    give(page, "right", glyph(2))
    expect(page.locator(".card")).to_have_count(2)
    expect(page.locator(".card .number")).to_have_count(2)


def press_in_each_tab(page: Page, key: str) -> None:
    """Answer what is on screen in each tab, none of which can be saved."""
    for count, tab in enumerate(TABS, start=1):
        open_tab(page, tab)
        press(page, key)
        expect_unsaved(page, tab, count)


def cut(page: Page) -> None:
    page.route(SERVER_CALLS, lambda route: route.abort())


@pytest.mark.soak
def test_answers_that_the_network_loses_warn_wait_through_a_reload_and_go_by_themselves(page, app):
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.accept()))
    app_page = open_app_page(page, app)
    for tab in TABS:
        prepare(app_page, tab)
    cut(app_page)
    press_in_each_tab(app_page, "s")
    app_page.reload()
    assert dialogs == ["beforeunload"]
    for tab in TABS:
        open_tab(app_page, tab)
        expect_unsaved(app_page, tab, 3)
    assert app_page.rows() == []
    app_page.unroute(SERVER_CALLS)
    rows = wait_for_rows(app_page, 3)
    assert {(row.answer, row.source) for row in rows} == {("same", "page")}
    for tab in TABS:
        open_tab(app_page, tab)
        expect(app_page.locator(SAVED[tab])).not_to_contain_text("not saved")
    app_page.reload()
    open_tab(app_page, "Label")
    app_page.wait_for_timeout(500)
    assert len(app_page.rows()) == 3


@pytest.mark.soak
def test_an_answer_whose_receipt_is_lost_is_logged_once(app_page):
    lost = []

    def lose(route):
        if len(lost) < 2 and '"save"' in (route.request.post_data or ""):
            lost.append(route.fetch().status)  # the server has it, the page does not know
            return route.abort()
        return route.continue_()

    for count, tab in enumerate(TABS, start=1):
        prepare(app_page, tab, seed=1)
        lost.clear()
        app_page.route(SERVER_CALLS, lose)
        press(app_page, "d")
        expect_unsaved(app_page, tab, 1)
        expect(app_page.locator(SAVED[tab])).not_to_contain_text("not saved")
        assert lost == [200, 200]
        app_page.unroute(SERVER_CALLS)
        assert [row.answer for row in wait_for_rows(app_page, count)] == ["different"] * count


def test_what_another_page_left_behind_is_sent_by_the_next_one(browser, app):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        left = open_app_page(context.new_page(), app)
        prepare(left, "Compare", seed=3)
        cut(left)
        press(left, "s")
        expect_unsaved(left, "Compare", 1)
        left.close(run_before_unload=False)
        following = open_app_page(context.new_page(), app)
        following.rows = left.rows
        assert [row.answer for row in wait_for_rows(following, 1)] == ["same"]
    finally:
        context.close()


def test_a_log_that_cannot_be_written_keeps_answers_until_it_can(app_page, app):
    for tab in TABS:
        prepare(app_page, tab, seed=4)
    log, aside = app.workspace / "pairs.csv", app.workspace / "aside.csv"
    log.rename(aside)
    log.mkdir()
    try:
        press_in_each_tab(app_page, "s")
    finally:
        log.rmdir()
        aside.rename(log)
    assert [row.answer for row in wait_for_rows(app_page, 3)] == ["same"] * 3
    expect(app_page.locator(SAVED[TABS[-1]])).not_to_contain_text("not saved")


@pytest.mark.soak
def test_pictures_stay_while_images_cannot_be_stored_and_all_goes_on_by_itself(app_page, app):
    """After uploads that went well; an answer to the pair before waits meanwhile."""
    prepare(app_page, "Compare", 7)
    images = app.workspace / "images"
    away = images.rename(app.workspace / "away")
    images.touch()
    press(app_page, "s")
    expect_unsaved(app_page, "Compare", 1)
    for place, seed in (("left", 990), ("right", 991)):
        give(app_page, place, glyph(seed))
    waiting = app_page.locator("#opinions .trouble")
    expect(waiting).to_contain_text("The pictures are kept here, and it is tried again by itself.")
    app_page.wait_for_timeout(4000)  # it was
    expect(waiting).to_have_count(1)
    expect(app_page.locator("[data-testid=toast-body]")).to_have_count(0)
    images.unlink()
    away.rename(images)
    expect(app_page.locator("#opinions .card .number")).to_have_count(2)
    press(app_page, "d")
    assert [row.answer for row in wait_for_rows(app_page, 2)] == ["same", "different"]


def test_a_one_shot_answer_waits_for_a_log_that_can_be_written(app_page, app):
    open_tab(app_page, "One-shot")
    app_page.locator("#support [data-sampled]").click()
    app_page.locator("#sample-queries button").first.click()
    expect(app_page.locator("#rankings [data-class]").first).to_be_visible()
    log, aside = app.workspace / "pairs.csv", app.workspace / "aside.csv"
    log.rename(aside)
    log.mkdir()
    saved = app_page.locator("#rankings .saved")
    try:
        app_page.locator("#rankings [data-class]").first.click()
        expect(saved).to_have_text("1 not saved yet; trying again")
    finally:
        log.rmdir()
        aside.rename(log)
    expect(saved).to_contain_text("Saved: ")


def test_answers_of_all_tabs_outlive_a_killed_server_and_a_slot_that_cannot_serve_says_why(app_page, app):
    for tab in ("Review", "Label", "Compare"):
        prepare(app_page, tab, seed=5)
    said = app_page.locator("#opinions .says .number").all_inner_texts()
    before = app_page.locator(".opinions").get_attribute("data-left")
    os.killpg(app.process.pid, signal.SIGKILL)
    app.process.wait()
    expect(app_page.locator("[data-testid=toast-body]")).to_contain_text("Connection to the server was lost")
    press_in_each_tab(app_page, "d")
    (CheckpointStore(app.workspace).current_folder("resnet50") / "head.npz").write_bytes(b"torn")
    process = subprocess.Popen(
        app.process.args,
        cwd=ROOT,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    again = replace(app, process=process)
    try:
        rows = wait_for_rows(app_page, 3)
        expect(app_page.locator("[data-testid=toast-body]")).to_have_count(0)
        expect(app_page.locator("#status .slot.failed")).to_contain_text("ResNet50")
        expect(app_page.locator("#status .slot.ready")).to_contain_text("small_cnn")
        open_tab(app_page, "Compare")
        app_page.locator("#samples [data-sample='0']").click()
        expect(app_page.locator(".opinions:not(.stale)")).not_to_have_attribute("data-left", before)
        expect(card(app_page, "koch").locator(".number")).to_have_text(re.compile(r"^[01]\.\d\d$"))
        expect(card(app_page, "resnet50")).to_contain_text("cannot serve")
        expect(app_page.locator(".summary")).to_contain_text("small_cnn says")
        assert httpx.get(f"{app.url}/healthz").status_code == 503
    finally:
        again.stop()
    assert [row.answer for row in rows] == ["different"] * 3
    assert [row.task for row in rows[:2]] == ["compare", "queue"]
    logged = [f"{float(rows[0].koch_similarity):.2f}", f"{float(rows[0].resnet50_similarity):.2f}"]
    assert logged == said
