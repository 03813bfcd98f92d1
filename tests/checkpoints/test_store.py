"""Which checkpoints there are and which is current, through promotions, rollbacks, damage and kills."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers.paths import ROOT
from helpers.small_checkpoints import small_checkpoint
from siamese_core.checkpoints.card import CARD_FILE
from siamese_core.checkpoints.checkpoint_files import load_checkpoint, save_checkpoint
from siamese_core.checkpoints.encoder_files import ENCODER_FILE
from siamese_core.checkpoints.listing import LEFTOVER_SECONDS
from siamese_core.checkpoints.slot_place import SlotPlace
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.errors import UserError

PROMOTE_FOR_EVER = """
import sys
from pathlib import Path
from siamese_core.checkpoints.store import CheckpointStore
store, ids = CheckpointStore(Path(sys.argv[1]), Path(sys.argv[2])), sys.argv[3:]
for number in range(1_000_000):
    store.promote(ids[number % 2])
    if number == 1:
        print("promoting", flush=True)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """`shipped/small_cnn`, and two checkpoints `first` and `second`, saved one after the other."""
    folder = tmp_path_factory.mktemp("made")
    save_checkpoint(small_checkpoint(0), folder / "shipped" / "small_cnn", quantise=True)
    save_checkpoint(small_checkpoint(1), folder / "first", quantise=True)
    save_checkpoint(small_checkpoint(2), folder / "second", quantise=True)
    return folder


@pytest.fixture
def store(made, workspace) -> CheckpointStore:
    """The shipped checkpoint and both others in a fresh workspace."""
    store = CheckpointStore(workspace, made / "shipped")
    for name in ("first", "second"):
        shutil.copytree(made / name, store.own_folder / name)
    return store


def ids(store: CheckpointStore) -> tuple[str, str, str]:
    """Return the ids shipped, first, second."""
    shipped, first, second = (info.id for info in store.list())
    return shipped, first, second


def damage(store: CheckpointStore, checkpoint_id: str) -> None:
    file = store.folder(checkpoint_id) / ENCODER_FILE
    file.write_bytes(file.read_bytes()[:1000])


def test_without_a_pointer_the_shipped_checkpoint_is_current(store, made):
    shipped, _, _ = ids(store)
    assert store.current_id("small_cnn") == shipped
    assert store.current_folder("small_cnn") == made / "shipped" / "small_cnn"
    assert store.problem(SlotPlace("small_cnn")) is None


def test_a_slot_without_any_checkpoint_says_how_to_train_one(workspace):
    store = CheckpointStore(workspace)
    with pytest.raises(UserError) as told:
        store.current_id("face_cnn")
    assert str(told.value) == (
        "A slot needs a checkpoint. Received: face_cnn, for which there is none yet. "
        "Train one with python -m siamese_core train face_cnn --data PATH"
    )
    assert not workspace.exists()


def test_a_slot_that_no_encoder_has_is_refused_with_the_choices(store):
    shipped, _, _ = ids(store)
    for verb in (store.current_id, store.rollback, lambda slot: store.promote(shipped, slot)):
        for slot in ("transformer", "../small_cnn", "small_cnn/"):
            with pytest.raises(UserError, match=f"koch, resnet50.*{slot}"):
                verb(slot)


def test_the_list_has_origin_and_current_and_the_newest_last(store):
    listed = store.list()
    assert [info.origin for info in listed] == ["shipped", "workspace", "workspace"]
    assert [info.current for info in listed] == [True, False, False]
    assert [info.folder.name for info in listed] == ["small_cnn", "first", "second"]
    assert all(info.encoder == "small_cnn" and info.card.id == info.id for info in listed)
    assert store.list("small_cnn") == listed and store.list("koch") == []


def test_the_list_leaves_out_what_is_no_complete_checkpoint(store):
    before = ids(store)
    (store.own_folder / "empty").mkdir()
    shutil.copytree(store.own_folder / "first", store.own_folder / ".third.0123")
    shutil.copytree(store.own_folder / "first", store.own_folder / "damaged")
    (store.own_folder / "damaged" / CARD_FILE).write_text("{")
    (store.own_folder / "note.txt").write_text("mine")
    assert ids(store) == before


def test_a_checkpoint_that_was_made_twice_is_listed_once_where_it_is_newest(store):
    shipped, first, second = ids(store)
    again = store.new_folder("small_cnn")
    save_checkpoint(small_checkpoint(1), again, quantise=True)
    assert [info.id for info in store.list()] == [shipped, second, first]
    assert store.folder(first) == again


def test_promoting_and_rolling_back_move_the_pointer(store):
    shipped, first, second = ids(store)
    store.promote(first)
    store.promote(second)
    assert store.current_id("small_cnn") == second
    assert [info.current for info in store.list()] == [False, False, True]
    assert store.rollback("small_cnn") == first == store.current_id("small_cnn")
    assert store.rollback("small_cnn") == shipped == store.current_id("small_cnn")
    with pytest.raises(UserError, match="rollback needs an earlier checkpoint"):
        store.rollback("small_cnn")
    assert store.current_id("small_cnn") == shipped


def test_another_process_sees_what_was_promoted(store, made):
    _, first, _ = ids(store)
    store.promote(first)
    assert CheckpointStore(store.own_folder.parent, made / "shipped").current_id("small_cnn") == first


def test_promoting_twice_is_promoting_once(store):
    shipped, first, _ = ids(store)
    store.promote(first)
    store.promote(first)
    assert store.rollback("small_cnn") == shipped


def test_a_slot_holds_any_checkpoint(store):
    _, first, second = ids(store)
    store.promote(first, slot="koch")
    assert store.current_id("koch") == first
    assert store.current_id("small_cnn") != first
    store.promote(second, slot="koch")
    assert store.rollback("koch") == first
    assert [info.current for info in store.list()] == [True, True, False]


def test_an_unknown_id_is_refused_with_those_that_are_known(store):
    with pytest.raises(UserError) as told:
        store.promote("small_cnn-000000000000")
    assert all(each in str(told.value) for each in ids(store))


def test_a_checkpoint_that_does_not_load_is_not_promoted(store):
    _, first, second = ids(store)
    store.promote(first)
    damage(store, second)
    with pytest.raises(UserError, match=ENCODER_FILE):
        store.promote(second)
    assert store.current_id("small_cnn") == first


def test_rolling_back_passes_over_checkpoints_that_are_gone(store):
    shipped, first, second = ids(store)
    store.promote(first)
    store.promote(second)
    shutil.rmtree(store.folder(first))
    assert store.rollback("small_cnn") == shipped


def test_a_promoted_checkpoint_that_is_gone_gives_way_to_the_shipped_one(store):
    shipped, first, _ = ids(store)
    store.promote(first)
    shutil.rmtree(store.folder(first))
    assert store.current_id("small_cnn") == shipped
    assert first in store.problem(SlotPlace("small_cnn")) and "gone" in store.problem(SlotPlace("small_cnn"))


def test_what_is_offered_does_not_hide_that_the_pointers_are_damaged(store):
    offered, damaged = ids(store)[1], store.own_folder / "current.json"
    damaged.write_text("{")
    store.offer(offered, "small_cnn")
    assert damaged.read_text() == "{"
    damaged.unlink()
    store.offer(offered, "small_cnn")
    assert store.photographs_id("small_cnn") == offered


def test_a_damaged_pointer_gives_way_to_the_shipped_one_and_is_mended_by_promoting(store):
    shipped, first, _ = ids(store)
    (store.own_folder / "current.json").write_text('{"small_cnn": ')
    assert store.current_id("small_cnn") == shipped
    assert "current.json" in store.problem(SlotPlace("small_cnn"))
    store.promote(first)
    assert store.current_id("small_cnn") == first and store.problem(SlotPlace("small_cnn")) is None


def test_the_revision_changes_when_another_is_promoted_and_only_then(store):
    _, first, second = ids(store)
    revisions = [store.revision("small_cnn"), store.revision("small_cnn")]
    store.promote(first)
    revisions += [store.revision("small_cnn"), store.revision("small_cnn")]
    store.promote(second)
    revisions.append(store.revision("small_cnn"))
    assert [a == b for a, b in zip(revisions, revisions[1:], strict=False)] == [True, False, True, False]


def test_a_new_folder_is_free_and_what_is_saved_there_is_listed_last(store):
    folders = {store.new_folder("small_cnn") for _ in range(20)}
    assert len(folders) == 20 and not any(folder.exists() for folder in folders)
    saved = save_checkpoint(small_checkpoint(7), folders.pop(), quantise=True)
    assert store.list()[-1].id == saved.id and store.list()[-1].origin == "workspace"


def test_what_a_killed_process_left_is_cleared_after_a_while(store):
    old, young = store.own_folder / ".old.01", store.own_folder / ".young.02"
    for folder in (old, young):
        folder.mkdir()
        (folder / ENCODER_FILE).write_bytes(b"half")
    stray = store.own_folder / ".current.json.03"
    stray.write_text("{")
    for each in (old, stray):
        os.utime(each, (0, time.time() - LEFTOVER_SECONDS - 10))
    store.new_folder("small_cnn")
    assert young.exists() and not old.exists() and not stray.exists()
    assert len(store.list()) == 3


def test_processes_killed_while_promoting_leave_store_and_pointer_valid(store, made):
    shipped, first, second = ids(store)
    command = [sys.executable, "-c", PROMOTE_FOR_EVER, str(store.own_folder.parent), str(made / "shipped")]
    processes = [
        subprocess.Popen([*command, *order], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for order in ((first, second), (second, first))
    ]
    for process in processes:
        assert process.stdout.readline() == "promoting\n"
    for delay, process in zip((0.05, 0.11), processes, strict=True):
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert store.current_id("small_cnn") in (first, second)
        assert store.problem(SlotPlace("small_cnn")) is None
    assert load_checkpoint(store.current_folder("small_cnn")).id == store.current_id("small_cnn")
    assert ids(store) == (shipped, first, second)
    store.promote(shipped)
    assert store.current_id("small_cnn") == shipped
