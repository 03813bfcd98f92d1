"""What serves in each slot: loaded when it is asked for, and followed when another is promoted."""

import shutil
import threading
from pathlib import Path

import pytest

from helpers.workspaces import (
    ROUNDING,
    noise,
    saved_to,
)
from siamese_core.checkpoints.encoder_files import ENCODER_FILE
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.errors import UserError
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.matching import Matcher


def test_loading_in_the_background_ends_ready(store):
    matcher = Matcher(store)
    assert [matcher.state(slot) for slot in SLOTS] == ["waiting", "waiting"]
    assert matcher.served_id("koch") is None
    thread = matcher.load_in_background()
    assert {matcher.state(slot) for slot in SLOTS} <= {"waiting", "loading", "ready"}
    thread.join(timeout=120)
    assert [matcher.state(slot) for slot in SLOTS] == ["ready", "ready"]
    assert [matcher.problem(slot) for slot in SLOTS] == [None, None]
    assert matcher.served_id("koch") == store.current_id("koch")


def test_a_slot_that_cannot_be_loaded_fails_alone(shipped, tmp_path):
    broken = Path(shutil.copytree(shipped, tmp_path / "shipped"))
    (broken / "koch" / ENCODER_FILE).write_bytes(b"half")
    matcher = Matcher(CheckpointStore(tmp_path / "workspace", broken))
    matcher.load_in_background().join(timeout=120)
    assert matcher.state("koch") == "failed" and ENCODER_FILE in matcher.problem("koch")
    assert matcher.state("resnet50") == "ready"
    with pytest.raises(UserError, match=ENCODER_FILE):
        matcher.compare(*noise(2))
    assert matcher.compare(*noise(2), ["resnet50"])


def test_a_slot_without_a_checkpoint_serves_as_soon_as_one_is_promoted(workspace, tmp_path):
    store = CheckpointStore(workspace, tmp_path / "nothing")
    matcher = Matcher(store)
    matcher.load_in_background().join(timeout=120)
    assert matcher.state("koch") == "failed" and "train" in matcher.problem("koch")
    promoted = saved_to(store, 12)
    store.promote(promoted, slot="koch")
    assert matcher.compare(*noise(2), ["koch"])[0].checkpoint == promoted
    assert matcher.state("koch") == "ready" and matcher.problem("koch") is None


def test_an_unknown_encoder_is_told_with_the_choices(store):
    with pytest.raises(UserError, match="small_cnn"):
        Matcher(store).compare(*noise(2), ["transformer"])


def test_a_promoted_checkpoint_serves_from_the_next_comparison_on(store):
    matcher = Matcher(store)
    before = matcher.compare(*noise(2), ["koch"])[0]
    promoted = saved_to(store, 13)
    store.promote(promoted, slot="koch")
    after = matcher.compare(*noise(2), ["koch"])[0]
    assert after.checkpoint == promoted == matcher.served_id("koch")
    assert after.similarity != before.similarity
    store.rollback("koch")
    assert matcher.compare(*noise(2), ["koch"])[0].similarity == before.similarity


def test_a_slot_whose_pointer_did_not_move_is_not_loaded_again(store):
    matcher = Matcher(store)
    koch = matcher.checkpoint("koch")
    store.promote(saved_to(store, 14), slot="resnet50")
    assert matcher.checkpoint("koch") is koch


def test_a_promoted_checkpoint_that_was_damaged_since_leaves_the_one_before_serving(store):
    matcher = Matcher(store)
    before = matcher.compare(*noise(2), ["koch"])[0]
    promoted = saved_to(store, 15)
    store.promote(promoted, slot="koch")
    (store.folder(promoted) / ENCODER_FILE).write_bytes(b"half")
    after = matcher.compare(*noise(2), ["koch"])[0]
    assert (after.checkpoint, after.similarity) == (before.checkpoint, before.similarity)
    assert matcher.state("koch") == "ready" and ENCODER_FILE in matcher.problem("koch")
    store.rollback("koch")
    matcher.compare(*noise(2), ["koch"])
    assert matcher.problem("koch") is None


def test_a_pointer_that_leads_nowhere_is_told_while_the_shipped_one_serves(store):
    promoted = saved_to(store, 16)
    store.promote(promoted, slot="koch")
    shutil.rmtree(store.folder(promoted))
    matcher = Matcher(store)
    assert matcher.compare(*noise(2), ["koch"])[0].checkpoint != promoted
    assert matcher.state("koch") == "ready" and promoted in matcher.problem("koch")


def test_following_serves_what_was_promoted_before_anybody_asks(store):
    matcher = Matcher(store)
    matcher.load_in_background().join()
    assert matcher.follow() is None
    promoted = saved_to(store, 17)
    store.promote(promoted, slot="koch")
    matcher.follow().join()
    assert matcher.served_id("koch") == promoted


def test_many_threads_load_once_and_agree(store, served):
    matcher = Matcher(store)
    images = noise(8, seed=4)
    together = threading.Barrier(8)
    answers, loaded = {}, set()

    def ask(index: int) -> None:
        together.wait()
        said = matcher.compare(images[index], images[(index + 1) % 8])
        answers[index] = [each.similarity for each in said]
        loaded.update(id(matcher.checkpoint(slot)) for slot in SLOTS)

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert len(loaded) == 2
    for index in range(8):
        alone = served.compare(images[index], images[(index + 1) % 8])
        assert answers[index] == pytest.approx([each.similarity for each in alone], abs=ROUNDING)
