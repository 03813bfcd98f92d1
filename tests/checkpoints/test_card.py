"""What a card holds, what an earlier version's is read as, and that nothing on it is lost."""

import json
from dataclasses import replace

import numpy as np
import pytest

from siamese_core.atomic import unsealed
from siamese_core.checkpoints import encoder_files, weights
from siamese_core.checkpoints.card import CARD_FILE, CheckpointCard, base_card, read_card, write_card
from siamese_core.checkpoints.checkpoint_files import HEAD_FILE
from siamese_core.checkpoints.domains import HANDWRITING, PHOTOGRAPHS
from siamese_core.checkpoints.store import SHIPPED
from siamese_core.errors import UserError
from siamese_core.metrics import Calibration
from siamese_core.networks.encoders import SLOTS

SAVED = {
    "id": "koch-0123456789ab",
    "created_at": "2026-11-26T06:36:12.371605+00:00",
    "encoder": "koch",
    "head": "weighted_l1",
    "size": 105,
    "channels": 1,
    "preparation": "ink",
    "parent": None,
    "calibration": {"slope": 0.5, "intercept": -1.0},
    "threshold": 0.5,
    "libraries": {"keras": "3.15.1"},
    "canary": {"images": [], "prepared": "ab", "similarities": []},
}


def of_json(**entries) -> CheckpointCard:
    return CheckpointCard.from_json(SAVED | entries)


@pytest.mark.parametrize("slot", SLOTS)
def test_a_shipped_card_is_written_as_it_was_read(slot, tmp_path):
    card = read_card(SHIPPED / slot)
    assert card.to_json() == unsealed((SHIPPED / slot / CARD_FILE).read_bytes())
    write_card(tmp_path, card)
    assert read_card(tmp_path) == card


def test_entries_that_are_not_known_survive_reading_and_writing():
    entries = {"weights": "a mean of two", "rated": None, "data": "a list of pairs", "turns": 8.0}
    card = of_json(**entries)
    assert card.data is card.turns is None
    assert replace(card, steps=3).to_json() == SAVED | entries | {"steps": 3}


@pytest.mark.parametrize("name", [name for name in SAVED if name != "parent"])
def test_a_card_without_an_entry_that_every_checkpoint_has_is_none(name):
    with pytest.raises(KeyError, match=name):
        CheckpointCard.from_json({each: value for each, value in SAVED.items() if each != name})
    with pytest.raises(TypeError, match=f"{name} is no"):
        of_json(**{name: None})


def test_the_base_card_follows_the_encoder():
    assert base_card("koch") == CheckpointCard(
        encoder="koch",
        head="weighted_l1",
        size=105,
        channels=1,
        preparation="ink",
        turns=(-8.0, 8.0),
    )
    assert base_card("small_cnn", 32).size == 32
    with pytest.raises(UserError, match="koch"):
        base_card("none")


def test_the_network_is_the_encoder_s_own_unless_the_card_names_another():
    assert of_json().embedding.network == "koch"
    photographs = of_json(network="resnet50_photographs", mirrored=True).embedding
    assert (photographs.network, photographs.mirrored) == ("resnet50_photographs", True)
    assert of_json(turns=[-8.0, 8.0]).embedding.turns == (-8.0, 8.0)


def test_the_part_of_the_id_that_a_card_gives_is_what_it_always_was():
    """Byte for byte: the ids of earlier checkpoints are made of it."""
    scoring = '"calibration": {"intercept": -1.0, "slope": 0.5}, "channels": 1, "head": "weighted_l1"'
    plain = of_json(network="resnet50_photographs", parent="koch-0")
    assert json.dumps(plain.identity(), sort_keys=True) == (
        f'{{{scoring}, "preparation": "ink", "size": 105, "threshold": 0.5}}'
    )
    copied = replace(plain, turns=(), mirrored=True)
    assert json.dumps(copied.identity(), sort_keys=True) == (
        f'{{{scoring}, "mirrored": true, "preparation": "ink", "size": 105, "threshold": 0.5, "turns": []}}'
    )


def test_a_first_version_s_card_tells_its_images_by_the_name_of_its_data():
    assert of_json(data={"name": "Omniglot, images_background"}).training_domain == HANDWRITING
    assert of_json(data={"name": "faces"}).training_domain is of_json().training_domain is None
    told = of_json(data={"name": "Omniglot"}, trained_on=PHOTOGRAPHS)
    assert told.training_domain == PHOTOGRAPHS


def test_what_it_was_trained_on_is_told_whatever_it_serves():
    assert of_json(trained_on=PHOTOGRAPHS).training_domain == PHOTOGRAPHS
    assert of_json(trained_on=PHOTOGRAPHS).serving_domain == HANDWRITING  # where nothing names another
    assert of_json(trained_on=None, domain=PHOTOGRAPHS).training_domain == PHOTOGRAPHS
    both = of_json(trained_on=HANDWRITING, domain=PHOTOGRAPHS)
    assert (both.training_domain, both.serving_domain) == (HANDWRITING, PHOTOGRAPHS)
    assert of_json(domain="sketches").serving_domain == HANDWRITING


def test_a_checkpoint_warns_of_images_of_the_other_domain_and_only_where_its_own_is_known():
    photographs = of_json(domain=PHOTOGRAPHS)
    told = photographs.warning_for(HANDWRITING)
    assert told.startswith("Trained on photographs, asked about handwriting")
    assert photographs.warning_for(PHOTOGRAPHS) is None
    assert of_json().warning_for(PHOTOGRAPHS) is None
    both = of_json(trained_on=HANDWRITING, domain=PHOTOGRAPHS)
    assert both.warning_for(PHOTOGRAPHS).startswith("Trained on handwriting")


def test_a_candidate_inherits_what_the_encoder_is_but_not_what_the_parent_did():
    parent = of_json(network="resnet50_photographs", mirrored=True, domain=PHOTOGRAPHS, steps=5, metrics={})
    child = parent.inherited(parent.id)
    assert child == CheckpointCard(
        encoder="koch",
        head="weighted_l1",
        size=105,
        channels=1,
        preparation="ink",
        network="resnet50_photographs",
        mirrored=True,
        domain=PHOTOGRAPHS,
        trained_on=PHOTOGRAPHS,
        parent="koch-0123456789ab",
    )
    assert child.inherited("").trained_on == PHOTOGRAPHS


def test_a_calibration_is_one_on_the_card_too():
    assert of_json().calibration == Calibration(0.5, -1.0)
    with pytest.raises(TypeError):
        of_json(calibration={"slope": 1.0})


@pytest.mark.parametrize("slot", SLOTS)
def test_a_shipped_checkpoint_s_id_is_still_that_of_its_contents(slot):
    folder, card = SHIPPED / slot, read_card(SHIPPED / slot)
    identity = np.frombuffer(json.dumps(card.identity(), sort_keys=True).encode(), np.uint8)
    parts = [*encoder_files.read(folder), weights.read_packed(folder / HEAD_FILE), {"identity": identity}]
    assert card.id == f"{slot}-{weights.digest(*parts)[:12]}"
