"""The Retrain tab in a real browser: from answers to a checkpoint that serves, and back; and its parts."""

import numpy as np
import pytest
from playwright.sync_api import expect

from helpers.browsing import PATIENT_MS, card, give_pair, open_page, open_tab
from helpers.samples import alphabet
from helpers.small_checkpoints import promote_small
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import PairLog
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.images.store import ImageStore


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
    expect(page.locator("#retraining .busy")).to_contain_text("Koch CNN / EfficientNet-Lite2: ")
    report = page.locator("#retraining .report")
    expect(report).to_be_visible(timeout=3 * PATIENT_MS)
    candidate = report.get_attribute("data-candidate")
    for words in ("right on the holdout", "base protocol", "Fixed", "Broken", parent, candidate):
        expect(report).to_contain_text(words)

    promote = page.locator(f"[data-promote='{candidate}'][data-slot=koch]")
    if promote.count():
        promote.click()
    expect(page.locator("section[data-slot=koch] tr.current").filter(has_text=candidate)).to_have_count(1)
    serves = page.locator("#status .slot .serves span")
    expect(serves.first).to_have_attribute("title", candidate)
    open_tab(page, "Compare")
    expect(card(page, "koch").locator(".checkpoint")).to_have_text(candidate)

    page.reload()
    open_tab(page, "Retrain")
    expect(page.locator("#retraining .report")).to_have_attribute("data-candidate", candidate)
    page.locator("[data-rollback=koch]").click()
    expect(serves.first).to_have_attribute("title", parent)
    page.locator("[data-rollback=resnet50]").click()
    expect(page.locator("#status .slot").nth(1)).to_contain_text("ResNet50 shipped")
    expect(page.locator("[data-rollback=resnet50]")).to_be_disabled()
