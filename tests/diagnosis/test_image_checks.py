"""Each fault of images is found where it was planted, and nothing in images that are well."""

import io

import numpy as np
import pytest
from PIL import Image

from helpers.samples import alphabet, write_class_folders
from siamese_core.data.datasets import load_dataset
from siamese_core.diagnosis.image_checks import (
    check_channel_order,
    check_contrast,
    check_ink_polarity,
    check_input_range,
    check_near_duplicates,
    check_split_images,
    near_duplicates,
    signatures,
)

SIDE = 64


def photograph(rng: np.random.Generator, warmth: float = 20.0) -> np.ndarray:
    """Smooth coloured noise, red above blue by `warmth` grey levels on average, as in photographs."""
    noise = rng.normal(size=(6, 6, 3)) * 40 + 120 + np.array([warmth / 2, 0, -warmth / 2])
    coarse = Image.fromarray(np.uint8(np.clip(noise, 0, 255)))
    return np.asarray(coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


@pytest.fixture(scope="module")
def photos() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [photograph(rng) for _ in range(20)]


@pytest.fixture(scope="module")
def drawings() -> list[np.ndarray]:
    return list(alphabet(np.random.default_rng(1), 6, 4, SIDE).reshape(-1, SIDE, SIDE, 3))


@pytest.fixture(params=["photos", "drawings"])
def healthy(request) -> list[np.ndarray]:
    return request.getfixturevalue(request.param)


def names(images: list[np.ndarray]) -> list[str]:
    return [f"image{number}" for number in range(len(images))]


def test_healthy_images_are_left_alone(healthy):
    findings = [
        check_input_range(healthy),
        check_contrast(healthy),
        check_ink_polarity(healthy),
        check_channel_order(healthy),
        check_near_duplicates(healthy, np.arange(len(healthy)), names(healthy)),
        check_split_images(healthy[:10], healthy[10:]),
    ]
    assert [finding.level for finding in findings] == ["ok"] * len(findings)


@pytest.mark.parametrize(
    ("plant", "measured", "cause"),
    [
        (lambda image: image / 255, 1.0, "divided by 255"),
        (lambda image: image / 127.5 - 1, -1.0, "centred"),
        (lambda image: image.astype("float32") * 257, 65535.0, "more than 8 bits"),
        (lambda image: np.where(image > 250, np.nan, image), None, "NaN"),
    ],
)
def test_a_wrong_range_is_found(drawings, plant, measured, cause):
    found = check_input_range([plant(image) for image in drawings])
    assert found.level == "error"
    assert cause in found.cause
    assert found.measured == (measured if measured is not None else found.measured)


def test_blank_images_are_found(drawings):
    found = check_contrast([image // 64 for image in drawings])
    assert (found.level, found.measured) == ("error", 3.0)


def test_a_few_blank_images_are_no_reason_to_complain(drawings):
    assert check_contrast([*drawings, np.full_like(drawings[0], 255)]).level == "ok"


def test_light_ink_on_a_dark_ground_is_found(drawings):
    found = check_ink_polarity([255 - image for image in drawings])
    assert (found.level, found.measured) == ("warning", 1.0)
    assert f"{len(drawings)} of {len(drawings)}" in found.cause


def test_one_polarity_among_the_other_is_found(drawings):
    mixed = [255 - image if number % 4 == 0 else image for number, image in enumerate(drawings)]
    assert check_ink_polarity(mixed).measured == pytest.approx(0.25)


def test_photographs_have_no_polarity(photos):
    assert check_ink_polarity([255 - image for image in photos]).level == "ok"


def test_blue_in_the_place_of_red_is_found(photos):
    found = check_channel_order([image[..., ::-1] for image in photos])
    assert found.level == "warning"
    assert -30 < found.measured < -10
    assert "OpenCV" in found.cause


def test_blue_ink_is_no_reversed_photograph(drawings):
    blue = [
        np.where(image < 128, np.array([30, 30, 200], np.uint8), 255).astype(np.uint8) for image in drawings
    ]
    assert check_channel_order(blue).level == "ok"


def test_a_dozen_cool_photographs_are_needed_to_be_sure(photos):
    found = check_channel_order([image[..., ::-1] for image in photos[:11]])
    assert found.level == "ok"
    assert "nothing to judge" in found.expected


def jpeg(image: np.ndarray) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=60)
    return np.asarray(Image.open(file))


COPIES = {
    "exact": lambda image: image.copy(),
    "jpeg": jpeg,
    "brighter": lambda image: np.uint8(image * 0.7 + 60),
    "smaller": lambda image: np.asarray(Image.fromarray(image).resize((40, 40), Image.Resampling.BOX)),
    "grey": lambda image: np.asarray(Image.fromarray(image).convert("L").convert("RGB")),
}


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_of_a_photograph_is_found_however_it_was_made(photos, copy):
    images = [*photos, COPIES[copy](photos[7])]
    found = check_near_duplicates(images, np.zeros(len(images)), names(images))
    assert (found.level, found.measured) == ("warning", 1)
    assert "image7 and image20" in found.cause


def test_a_copy_under_another_label_is_worse_and_is_the_example(photos):
    images = [*photos, photos[3], photos[5]]
    labels = np.zeros(len(images))
    labels[-1] = 1
    found = check_near_duplicates(images, labels, names(images))
    assert (found.level, found.measured) == ("error", 2)
    assert "1 of them under two labels, image5 and image21" in found.cause


def test_every_pair_is_compared_across_the_blocks(monkeypatch, photos):
    rows = signatures([*photos, *photos])
    expected = {(i, j) for i in range(40) for j in range(40) if rows[i] @ rows[j] > 0.99}
    monkeypatch.setattr("siamese_core.diagnosis.image_checks.COMPARED_AT_ONCE", 7)
    assert {tuple(pair) for pair in near_duplicates(rows, rows)} == expected
    assert len(expected) == 80


def test_blank_images_are_no_copies_of_each_other():
    blank = [np.full((SIDE, SIDE, 3), level, np.uint8) for level in (0, 255, 255)]
    assert check_near_duplicates(blank, np.arange(3), names(blank)).level == "ok"


def test_held_out_images_that_are_trained_on_are_counted_once_each(photos):
    held_out = [*photos[10:], jpeg(photos[0]), photos[1]]
    found = check_split_images([*photos[:10], photos[1]], held_out)
    assert (found.level, found.measured) == ("error", 2)


def test_drawings_of_one_character_by_many_hands_are_no_copies(tmp_path):
    data = load_dataset([write_class_folders(tmp_path / "data", np.random.default_rng(3), 1, 4, 12)])
    images = [data.image(index) for index in range(len(data))]
    assert check_near_duplicates(images, data.labels, data.names).level == "ok"
