"""What a person reads in place of a checkpoint's id."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from helpers.small_checkpoints import promote_small
from siamese_core.checkpoints.card import CheckpointCard, base_card
from siamese_core.checkpoints.naming import CheckpointNames, checkpoint_words, network_title
from siamese_core.checkpoints.store import CheckpointStore

THIS_YEAR = datetime.now(UTC).year


def card(encoder: str = "koch", **entries: object) -> CheckpointCard:
    return replace(base_card(encoder), **{"created_at": f"{THIS_YEAR}-11-28T10:00:00+00:00"} | entries)


@pytest.mark.parametrize(
    ("made", "origin", "words"),
    [
        (card(), "shipped", "Koch, shipped"),
        (card("resnet50"), "shipped", "ResNet50, shipped"),
        (card(), "workspace", "Koch, trained on 28 November"),
        (card(created_at="2001-05-03T10:00:00"), "workspace", "Koch, trained on 3 May 2001"),
        (card(network="efficientnet_lite2"), "workspace", "EfficientNet-Lite2, ImageNet weights"),
        (card(answers={"training": 300}), "workspace", "Koch, retrained on 28 November, 300 answers"),
        (
            card(network="efficientnet_lite2", answers={"training": 200}, learning={"answers": 300}),
            "workspace",
            "EfficientNet-Lite2, retrained on 28 November, 300 answers",
        ),
        (
            card(network="adopted", adopted={"file": "faces.onnx"}),
            "workspace",
            "faces, adopted on 28 November",
        ),
    ],
)
def test_a_checkpoint_is_named_by_its_network_and_what_it_learned_from(made, origin, words):
    assert checkpoint_words(made, origin) == words


def test_a_heading_has_the_network_s_whole_name():
    assert network_title(card()) == "Koch CNN"
    assert network_title(card("resnet50", network="resnet50_photographs")) == "ResNet50"
    assert network_title(card(network="mine")) == "mine"


def test_names_are_found_by_id_and_one_that_is_gone_goes_by_its_id(tmp_path):
    store = CheckpointStore(promote_small(tmp_path / "workspace", "koch"))
    names, small = CheckpointNames(store), store.current_id("koch")
    assert names.network(small, "koch") == "small_cnn" and names.words(small).startswith("small_cnn, trained")
    assert (names.network("koch-0", "koch"), names.words("koch-0")) == ("Koch CNN", "koch-0")
    assert (names.network(None, "resnet50"), names.words(None)) == ("ResNet50", "")
