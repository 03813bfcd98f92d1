"""What a card beside a network says is read, and damaged ones are told."""

import json

import pytest

from siamese_core.adoption.stated import read_stated
from siamese_core.errors import UserError

CLIP = {
    "do_resize": True,
    "size": {"shortest_edge": 224},
    "do_center_crop": True,
    "crop_size": {"height": 224, "width": 224},
    "do_normalize": True,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
}
TIMM = {
    "architecture": "resnet18",
    "pretrained_cfg": {
        "input_size": [3, 224, 224],
        "crop_pct": 0.875,
        "mean": [0.485, 0.456, 0.406],
        "std": [0.229, 0.224, 0.225],
    },
}
HALVES = {"do_resize": True, "size": {"height": 96, "width": 64}, "image_mean": [0.5], "image_std": [0.5]}
HALVES |= {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}


@pytest.mark.parametrize(
    ("name", "entries", "values", "fitting", "size"),
    [
        ("preprocessor_config.json", CLIP, "CLIP mean and deviation", "crop", (224, 224)),
        ("config.json", TIMM, "ImageNet mean and deviation", "crop", (224, 224)),
        ("preprocessor_config.json", HALVES, "-1..1", "stretch", (96, 64)),
        ("preprocessor_config.json", {"do_rescale": True, "do_normalize": False}, "0..1", None, None),
    ],
)
def test_cards_of_both_kinds_are_read(tmp_path, name, entries, values, fitting, size):
    (tmp_path / name).write_text(json.dumps(entries))
    stated = read_stated(tmp_path)
    assert (stated.file, stated.values.name, stated.fitting, stated.size) == (name, values, fitting, size)


def test_a_scaling_of_its_own_is_named_after_the_card(tmp_path):
    entries = {"do_normalize": True, "image_mean": [0.1] * 3, "image_std": [0.3] * 3}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(entries))
    assert read_stated(tmp_path).values.name == "as preprocessor_config.json says"


def test_no_card_and_cards_of_other_things_say_nothing(tmp_path):
    assert read_stated(tmp_path) is None
    (tmp_path / "config.json").write_text(json.dumps({"hidden_size": 3}))
    assert read_stated(tmp_path) is None


@pytest.mark.parametrize("text", ["{", '{"do_normalize": true}', '{"size": {"height": "tall"}}'])
def test_a_damaged_card_is_told(tmp_path, text):
    (tmp_path / "preprocessor_config.json").write_text(text)
    with pytest.raises(UserError, match="Mend it"):
        read_stated(tmp_path)
