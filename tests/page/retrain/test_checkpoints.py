"""The checkpoints of each slot: what they learned from, and the way back."""

from dataclasses import replace

import pytest

from helpers.small_checkpoints import promote_small, small_checkpoint
from siamese_core.checkpoints.card import base_card
from siamese_core.checkpoints.checkpoint_files import save_checkpoint
from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.checkpoints.listing import CheckpointInfo
from siamese_core.checkpoints.naming import CheckpointNames
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.page.retrain import checkpoints
from siamese_core.page.retrain.checkpoints import checkpoint_lists, learned_from, rollbacks

WAY_BACK = "Roll back to the one before for photographs"


def test_each_domain_of_a_slot_has_its_own_way_back(tmp_path):
    store = CheckpointStore(promote_small(tmp_path / "workspace", "resnet50"))
    assert len(rollbacks(store, "resnet50")) == 1
    ids = []
    for seed in (2, 3):
        checkpoint = small_checkpoint(seed)
        checkpoint.note(domain=PHOTOGRAPHS)
        ids.append(save_checkpoint(checkpoint, store.new_folder("small_cnn"), quantise=True).id)
        store.promote(ids[-1], "resnet50")
    ways = {each.domain: each for each in rollbacks(store, "resnet50")}
    assert len(ways) == 2 and all(each.to for each in ways.values())
    assert (ways[PHOTOGRAPHS].to, ways[PHOTOGRAPHS].words) == (ids[0], WAY_BACK)


def test_nothing_to_go_back_to_is_a_button_that_cannot_be_pressed(tmp_path):
    drawn = checkpoint_lists(CheckpointNames(CheckpointStore(tmp_path / "workspace")))
    assert drawn.count("data-rollback") == drawn.count(" disabled>") == 2


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ({"data": {"name": "Omniglot"}}, "Omniglot"),
        ({"network": "resnet50_photographs"}, "ImageNet weights"),
        ({"answers": {"training": 7, "holdout": 5}, "parent": "koch-1"}, "7 answers, on top of koch-1"),
        (  # the metric that serves learned once more, from the holdout too
            {"answers": {"training": 7}, "learning": {"answers": 12}, "parent": "koch-1"},
            "12 answers, on top of koch-1",
        ),
        ({}, "made here"),
    ],
)
def test_the_list_tells_what_each_checkpoint_learned_from(tmp_path, card, words):
    card = replace(base_card("koch"), **card)
    assert learned_from(CheckpointInfo("koch-2", "koch", tmp_path, "workspace", False, card)) == words


def test_a_newer_checkpoint_for_photographs_is_offered_with_a_button(tmp_path, monkeypatch):
    names = CheckpointNames(CheckpointStore(promote_small(tmp_path / "workspace", "koch")))
    assert "Use the newer one" not in checkpoint_lists(names)
    newer = next(info for info in names.store.list() if info.origin == "workspace")
    monkeypatch.setattr(
        checkpoints, "newer_for_photographs", lambda _, slot: newer if slot == "resnet50" else None
    )
    drawn = checkpoint_lists(names)
    assert drawn.count("Use the newer one") == 1
    assert f'data-promote="{newer.id}" data-slot="resnet50">Use the newer one' in drawn
