"""`checkpoints` as people and programs call it."""

from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.cli.commands import checkpoints as commands


def test_checkpoints_are_listed_with_what_serves(run, own_slots):
    found = run("checkpoints", "list", "--json").json()
    assert list(found) == ["checkpoints"]
    own = [each for each in found["checkpoints"] if each["origin"] == "workspace"]
    assert len(own) == 2
    assert all(each["current"] for each in own)
    assert {"id", "encoder", "origin", "current", "created_at", "folder"} <= set(own[0])
    shown = run("checkpoints", "list").text()
    assert all(each["id"] in shown for each in found["checkpoints"])


def test_a_checkpoint_is_promoted_and_rolled_back(run, own_slots):
    store = CheckpointStore(own_slots)
    first, second = store.current_id("koch"), store.current_id("resnet50")
    listed = run("checkpoints", "promote", second, "--slot", "koch", "--json").json()["checkpoints"]
    assert store.current_id("koch") == second
    assert {each["id"]: each["current"] for each in listed}[first] is False
    listed = run("checkpoints", "rollback", "koch", "--json").json()["checkpoints"]
    assert store.current_id("koch") == first
    assert {each["id"]: each["current"] for each in listed}[first] is True


def test_one_checkpoint_is_chosen_for_a_whole_slot_until_auto(run, own_slots):
    store = CheckpointStore(own_slots)
    koch, other = store.current_id("koch"), store.current_id("resnet50")
    run("checkpoints", "use", "koch", other, "--json").json()
    assert store.fixed_id("koch") == other == store.current_id("koch")
    run("checkpoints", "use", "koch", "auto", "--json").json()
    assert store.fixed_id("koch") is None and store.current_id("koch") == koch


def test_the_list_offers_a_newer_checkpoint_for_photographs(run, own_slots, monkeypatch):
    store = CheckpointStore(own_slots)
    newer = store.list()[-1]
    assert "earlier version" not in run("checkpoints", "list").text()
    monkeypatch.setattr(
        commands, "newer_for_photographs", lambda _, slot: newer if slot == "resnet50" else None
    )
    shown = run("checkpoints", "list").text()
    assert "In the slot resnet50 photographs are compared by a checkpoint of an earlier version" in shown
    assert f"checkpoints promote {newer.id}" in shown
