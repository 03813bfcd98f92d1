"""Promoted checkpoints on the hub: sent with a card, brought back where they served."""

from dataclasses import replace

import pytest

from helpers.hub import TOKEN
from helpers.paths import ROOT
from siamese_core.checkpoints.card import CARD_FILE, read_card, write_card
from siamese_core.checkpoints.pointers import Pointer, write_pointer
from siamese_core.checkpoints.slot_place import SlotPlace
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.syncing.hub import HubProblem, Repository
from siamese_core.syncing.models import PromotedCheckpoints

MODELS = "models/anne/answers-checkpoints"
PLACE = SlotPlace("koch")
SHIPPED = ROOT / "assets" / "checkpoints" / "koch"


@pytest.fixture
def new_models(served, tmp_path):
    """Open a workspace by name; nothing is shipped beside it."""

    def open_workspace(name: str) -> PromotedCheckpoints:
        store = CheckpointStore(tmp_path / name, tmp_path / "shipped")
        store.own_folder.mkdir(parents=True, exist_ok=True)
        repository = Repository("anne/answers-checkpoints", "model", TOKEN, served.url)
        return PromotedCheckpoints(store, repository, (name[0] * 16).replace("o", "0").replace("t", "1"))

    return open_workspace


def promote(models: PromotedCheckpoints, checkpoint_id: str, **entries: object) -> None:
    """Put a checkpoint with the card of the shipped one, without its weights, into the workspace's slot."""
    folder = models.store.own_folder / f"koch-{checkpoint_id}"
    folder.mkdir()
    write_card(folder, replace(read_card(SHIPPED), id=checkpoint_id, **entries))
    (folder / "head.npz").write_bytes(checkpoint_id.encode())
    write_pointer(models.store.own_folder, PLACE, Pointer(checkpoint_id))


def test_what_is_promoted_is_sent_with_a_card_and_serves_in_an_empty_workspace(served, new_models):
    models = new_models("one")
    models.restore(print)
    assert not served.repositories  # nothing is made before there is something
    promote(models, "koch-aaaaaaaaaaaa")
    assert models.waiting() == {PLACE: "koch-aaaaaaaaaaaa"}
    models.send()
    assert not models.waiting() and not new_models("one").waiting()
    files = served.files(MODELS)
    assert files["checkpoints/koch-aaaaaaaaaaaa/head.npz"] == b"koch-aaaaaaaaaaaa"
    card = files["README.md"].decode()
    assert "model-index" in card and "slope: 0.85" in card and "koch-aaaaaaaaaaaa" in card
    other = new_models("two")
    other.restore(print)
    assert other.store.promoted_id(PLACE) == "koch-aaaaaaaaaaaa" and not other.waiting()
    (info,) = other.store.list()
    assert (info.folder / "head.npz").read_bytes() == b"koch-aaaaaaaaaaaa"


def test_the_latest_promotion_of_any_server_counts_and_own_ones_stay(served, new_models):
    one, two = new_models("one"), new_models("two")
    promote(one, "koch-aaaaaaaaaaaa")
    one.send()
    promote(two, "koch-bbbbbbbbbbbb")
    two.restore(print)
    assert two.store.promoted_id(PLACE) == "koch-bbbbbbbbbbbb"
    two.send()
    third = new_models("three")
    third.restore(print)
    assert third.store.promoted_id(PLACE) == "koch-bbbbbbbbbbbb"
    assert set(served.rewritten) <= {"README.md", "example.py"}


def test_a_promotion_that_was_not_confirmed_is_sent_again(served, new_models):
    models = new_models("one")
    promote(models, "koch-aaaaaaaaaaaa")
    served.faults.append(("commit/main", 503))
    with pytest.raises(HubProblem):
        models.send()
    assert models.waiting()
    models.send()
    assert not models.waiting() and "README.md" in served.files(MODELS)


def test_a_fixed_checkpoint_that_is_released_is_released_elsewhere(served, new_models):
    one, fixed = new_models("one"), SlotPlace("koch", "fixed")
    promote(one, "koch-aaaaaaaaaaaa")
    write_pointer(one.store.own_folder, fixed, Pointer("koch-aaaaaaaaaaaa"))
    one.send()
    write_pointer(one.store.own_folder, fixed, None)
    assert one.waiting() == {fixed: None}
    one.send()
    two = new_models("two")
    two.restore(print)
    assert two.store.promoted_id(PLACE) and two.store.promoted_id(fixed) is None and not two.waiting()


def test_what_every_start_makes_anew_is_not_sent(served, new_models):
    models = new_models("one")
    promote(models, "koch-aaaaaaaaaaaa", network="efficientnet_lite2")
    models.send()
    assert not models.waiting() and not served.repositories


def test_a_checkpoint_that_is_damaged_on_the_hub_leaves_nothing_behind(served, new_models):
    models = new_models("one")
    promote(models, "koch-aaaaaaaaaaaa")
    models.send()
    served.add(MODELS, {f"checkpoints/koch-aaaaaaaaaaaa/{CARD_FILE}": b"{"})
    other = new_models("two")
    with pytest.raises(Exception, match="card"):
        other.restore(print)
    assert not list(other.store.own_folder.iterdir()) and other.store.promoted_id(PLACE) is None
