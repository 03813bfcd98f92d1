"""The Retrain tab in a real browser: from answers to a checkpoint that serves, and back; and its parts."""

import threading

import numpy as np
import pytest
from playwright.sync_api import expect

from helpers.browsing import PATIENT_MS, card, give_pair, open_page, open_tab
from helpers.samples import alphabet
from helpers.small_checkpoints import promote_small, small_checkpoint
from siamese_core.answers.pair_log import LabelRow, PairLog
from siamese_core.checkpoints.checkpoint import save_checkpoint
from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.checkpoints.store import CheckpointInfo, CheckpointStore
from siamese_core.errors import UserError
from siamese_core.images.decoding import ImageStore
from siamese_core.page.retrain.desk import Desk
from siamese_core.page.retrain.report import report_section
from siamese_core.page.retrain.tab import lessons, rollback_buttons

SECONDS = PATIENT_MS / 1000


def answer_drawings(workspace, n_classes: int = 24) -> None:
    """Answers as a second process gives them: a same pair a class, a different pair of each two classes."""
    images, log = ImageStore(workspace / "images"), PairLog(workspace / "pairs.csv")
    drawn = alphabet(np.random.default_rng(1), n_classes, 4, 64)
    ids = [[images.add(drawing) for drawing in by_drawer] for by_drawer in drawn]
    pairs = [(one[0], one[1], "same") for one in ids]
    pairs += [(one[2], other[3], "different") for one, other in zip(ids[::2], ids[1::2], strict=True)]
    log.append_many(
        [
            LabelRow(left_id=left, right_id=right, answer=answer, source="page")
            for left, right, answer in pairs
        ]
    )


@pytest.mark.browser
def test_answers_become_a_checkpoint_that_serves_and_can_be_taken_back(page, serve, tmp_path):
    home = promote_small(tmp_path / "workspace", "koch", "resnet50")
    parent = CheckpointStore(home).current_id("koch")
    server = serve(workspace=home)
    server.wait_until_ready()
    open_page(page, server.url)
    give_pair(page, 1)
    open_tab(page, "Retrain")
    expect(page.locator("#retraining")).to_contain_text("No retraining yet")
    page.locator("#retrain-start").click()
    expect(page.locator("#retraining .trouble")).to_contain_text("Received: 0")

    answer_drawings(home)
    page.locator("#retrain-start").click()
    expect(page.locator("#retraining .busy")).to_contain_text("koch: ")
    report = page.locator("#retraining .report")
    expect(report).to_be_visible(timeout=3 * PATIENT_MS)
    candidate = report.get_attribute("data-candidate")
    for words in ("right on the holdout", "base protocol", "Fixed", "Broken", parent, candidate):
        expect(report).to_contain_text(words)

    promote = page.locator(f"[data-promote='{candidate}'][data-slot=koch]")
    if promote.count():
        promote.click()
    expect(page.locator("section[data-slot=koch] tr.current")).to_contain_text(candidate)
    expect(page.locator("#status .slot").first).to_contain_text(candidate)
    open_tab(page, "Compare")
    expect(card(page, "koch").locator(".checkpoint")).to_have_text(candidate)

    page.reload()
    open_tab(page, "Retrain")
    expect(page.locator("#retraining .report")).to_have_attribute("data-candidate", candidate)
    page.locator("[data-rollback=koch]").click()
    expect(page.locator("#status .slot").first).to_contain_text(parent)
    page.locator("[data-rollback=resnet50]").click()
    expect(page.locator("#status .slot").nth(1)).to_contain_text("resnet50-")  # the shipped one
    expect(page.locator("[data-rollback=resnet50]")).to_be_disabled()


def test_each_domain_of_a_slot_has_its_own_way_back(tmp_path):
    store = CheckpointStore(promote_small(tmp_path / "workspace", "resnet50"))
    assert rollback_buttons(store, "resnet50").count("<button") == 1
    ids = []
    for seed in (2, 3):
        checkpoint = small_checkpoint(seed)
        checkpoint.card["domain"] = PHOTOGRAPHS
        ids.append(save_checkpoint(checkpoint, store.new_folder("small_cnn"), quantise=True).id)
        store.promote(ids[-1], "resnet50")
    buttons = rollback_buttons(store, "resnet50")
    assert buttons.count("<button") == 2 and " disabled" not in buttons
    assert f'data-domain="photographs" title="to {ids[0]}"' in buttons


def test_nothing_to_go_back_to_is_a_button_that_cannot_be_pressed(tmp_path):
    buttons = rollback_buttons(CheckpointStore(tmp_path / "workspace"), "koch")
    assert buttons.count("<button") == 1 and " disabled" in buttons


def test_one_retraining_runs_at_a_time():
    go_on, told = threading.Event(), []

    def work(encoder, mode, progress):
        progress(2.0, "half way")
        told.append((encoder, mode))
        go_on.wait(SECONDS)
        return {"encoder": encoder}

    desk = Desk(work)
    desk.start("koch", "head")
    with pytest.raises(UserError, match="while koch is being retrained"):
        desk.start("resnet50", "head")
    go_on.set()
    wait_until_done(desk)
    assert told == [("koch", "head")]
    assert (desk.latest.report, desk.latest.share, desk.latest.words) == (
        {"encoder": "koch"},
        1.0,
        "half way",
    )
    desk.start("resnet50", "full")
    wait_until_done(desk)
    assert desk.latest.report == {"encoder": "resnet50"}


@pytest.mark.parametrize(
    ("failure", "words"), [(UserError("Answer more."), "Answer more."), (OSError("/home/x"), "server's log")]
)
def test_a_retraining_that_fails_is_told_in_words(failure, words):
    def work(encoder, mode, progress):
        raise failure

    desk = Desk(work)
    desk.start("koch", "head")
    wait_until_done(desk)
    assert words in desk.latest.problem and "/home" not in desk.latest.problem


def wait_until_done(desk: Desk) -> None:
    waiting = threading.Event()
    for _ in range(int(SECONDS * 100)):
        if not desk.latest.running:
            return
        waiting.wait(0.01)
    pytest.fail("the retraining never ended")


def shares(accuracy: float) -> dict:
    return {"accuracy": accuracy, "ci95": [accuracy - 0.1, accuracy + 0.1], "eer": 0.2, "roc_auc": None}


def test_a_report_shows_the_pairs_and_escapes_what_it_is_given():
    pair = {"left": "a" * 64, "right": "b" * 64, "answer": "same", "before": 0.2, "after": 0.8}
    drawn = report_section(
        {
            "encoder": "koch",
            "candidate": "koch-1",
            "parent": "koch-0",
            "reason": "Better: <script>",
            "promoted": True,
            "before": shares(0.5),
            "after": shares(0.75),
            "base_before": shares(0.6),
            "base_after": shares(0.6),
            "fixed": [pair] * 30,
            "broken": [],
            "labels": 40,
            "training": 30,
            "holdout": 10,
            "holdout_same": 5,
            "answers_dropped": 2,
            "images_gone": 1,
            "seconds": 3.0,
            "roc": {"before": None, "after": None},
        }
    )
    assert "&lt;script&gt;" in drawn and "<script>" not in drawn
    assert "koch: promoted" in drawn and "75.0 % (65–85)" in drawn
    assert drawn.count("0.20 → 0.80") == 24 and "and 6 more" in drawn
    assert "one kind of pair only" in drawn and "<svg" not in drawn


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ({"data": {"name": "Omniglot"}}, "Omniglot"),
        ({"network": "resnet50_photographs"}, "ImageNet weights"),
        ({"answers": {"training": 7, "holdout": 5}, "parent": "koch-1"}, "7 answers, on top of koch-1"),
        (  # the metric that serves learnt once more, from the holdout too
            {"answers": {"training": 7}, "learning": {"answers": 12}, "parent": "koch-1"},
            "12 answers, on top of koch-1",
        ),
        ({}, "workspace"),
    ],
)
def test_the_list_tells_what_each_checkpoint_learnt_from(tmp_path, card, words):
    assert lessons(CheckpointInfo("koch-2", "koch", tmp_path, "workspace", False, card)) == words
