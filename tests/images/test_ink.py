"""Drawings, however recorded, are told from photographs and textures."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter, minimum_filter

from helpers.characters import drawings, rgb
from helpers.samples import (
    pencil_photograph,
    photograph,
)
from siamese_core.images import ink
from siamese_core.images.decoding import decode_image
from siamese_core.images.ink import is_ink
from siamese_core.images.ink_normalising import normalise_if_ink, normalise_ink
from siamese_core.images.ink_separation import separate

SIZE = 105  # px


@pytest.mark.parametrize("kind", ["scan", "canvas", "pencil"])
def test_drawings_are_ink_however_they_were_recorded(recordings, kind):
    assert all(is_ink(image) for image in recordings[kind])


@pytest.mark.parametrize("thickness", [1, 2])
def test_a_tight_crop_and_a_thick_brush_are_ink(thickness):
    for drawing in drawings(3, side=100):
        dark = drawing[:, :, 0] < 128
        for _ in range(thickness - 1):
            dark[1:] |= dark[:-1].copy()
            dark[:, 1:] |= dark[:, :-1].copy()
        rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
        crop = np.pad(dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 3)
        assert is_ink(rgb(np.where(crop, 0, 255).astype(np.uint8)))


def test_photographs_of_objects_are_no_ink():
    rng = np.random.default_rng(4)
    assert sum(is_ink(photograph(rng)) for _ in range(30)) <= 1


def cut_out(photo: np.ndarray, rng: np.random.Generator, ground: int) -> np.ndarray:
    """A round part of a photograph alone on a plain ground, as catalogues show objects."""
    y, x = np.mgrid[-1 : 1 : photo.shape[0] * 1j, -1 : 1 : photo.shape[1] * 1j]
    (dy, dx), (ry, rx) = rng.uniform(-0.2, 0.2, 2), rng.uniform(0.3, 0.8, 2)
    inside = ((y - dy) / ry) ** 2 + ((x - dx) / rx) ** 2 < 1
    return np.where(inside[..., None], photo, np.uint8(ground))


@pytest.mark.parametrize("colours", [True, False])
@pytest.mark.parametrize("ground", [255, 225, 15])
def test_objects_on_a_plain_ground_are_no_ink(ground, colours):
    rng = np.random.default_rng(15)
    objects = [cut_out(photograph(rng), rng, ground) for _ in range(40)]
    if not colours:
        objects = [rgb(np.asarray(Image.fromarray(each).convert("L"))) for each in objects]
    assert np.mean([is_ink(each) for each in objects]) <= 0.3


def test_a_thick_brush_under_a_lamp_is_ink():
    rng = np.random.default_rng(16)
    thick = [minimum_filter(each, (35, 35, 1), mode="nearest") for each in drawings(5)]
    assert np.mean([is_ink(pencil_photograph(each, rng)) for each in thick]) >= 0.9


def plain_textures() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    ramp = np.linspace(0, 255, 96).astype(np.uint8)
    noise = rng.integers(0, 256, (96, 96, 3), np.uint8)
    clouds = gaussian_filter(rng.normal(size=(96, 96)), 6)
    clouds = np.uint8(255 * (clouds - clouds.min()) / np.ptp(clouds))
    waves = np.uint8(127 + 120 * np.sin(np.arange(96) / 4))
    return {
        "gradient": rgb(np.tile(ramp, (96, 1))),
        "two-way gradient": rgb(np.uint8((ramp[:, None].astype(int) + ramp) // 2)),
        "noise": noise,
        "grey noise": rgb(noise[:, :, 0]),
        "clouds": rgb(clouds),
        "coloured clouds": np.dstack([clouds, 255 - clouds, np.roll(clouds, 30)]),
        "soft stripes": rgb(np.tile(waves, (96, 1))),
        "chequers": rgb(np.uint8(255 * ((np.indices((96, 96)) // 8).sum(axis=0) % 2))),
    }


@pytest.mark.parametrize("name", plain_textures())
def test_textures_are_no_ink(name):
    assert not is_ink(plain_textures()[name])


@pytest.mark.parametrize("step", [3, 4])
def test_a_raster_of_specks_is_no_ink(step):
    raster = np.full((240, 240, 3), 255, np.uint8)
    raster[step // 2 :: step, step // 2 :: step] = 0
    assert not is_ink(raster)


@pytest.mark.parametrize("level", [0, 127, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (20, 20), (21, 21), (300, 200)])
def test_an_image_of_one_colour_has_no_ink(shape, level):
    image = np.full((*shape, 3), level, np.uint8)
    assert not is_ink(image)
    assert (normalise_ink(image, SIZE) == 255).all()


def stored_images(archive: str, step: int) -> list[np.ndarray]:
    with zipfile.ZipFile(Path(os.environ["SIAMESE_DATA"]) / archive) as images:
        names = sorted(name for name in images.namelist() if name.endswith((".png", ".jpg")))[::step]
        return [decode_image(images.read(name), name) for name in names]


@pytest.mark.data
def test_every_omniglot_glyph_is_ink_in_pencil_too():
    rng = np.random.default_rng(13)
    glyphs = stored_images("omniglot/images_validation.zip", 30)
    assert all(is_ink(glyph) for glyph in glyphs)
    large = [np.asarray(Image.fromarray(glyph).resize((420, 420))) for glyph in glyphs[::3]]
    assert np.mean([is_ink(pencil_photograph(glyph, rng)) for glyph in large]) >= 0.9


@pytest.mark.data
@pytest.mark.parametrize(("archive", "most"), [("photos_60.zip", 0.05), ("faces_orl.zip", 0.01)])
def test_photographs_are_no_ink(archive, most):
    photos = stored_images(archive, 3)
    assert np.mean([is_ink(photo) for photo in photos]) <= most


@pytest.mark.data
@pytest.mark.parametrize("ground", [255, 225, 15])
def test_photographed_objects_on_a_plain_ground_are_no_ink(ground):
    rng = np.random.default_rng(17)
    photos = stored_images("photos_60.zip", 4)
    assert np.mean([is_ink(cut_out(photo, rng, ground)) for photo in photos]) <= 0.3


def test_an_image_is_looked_at_once_for_as_long_as_it_lives(monkeypatch):
    looked = []
    monkeypatch.setattr(ink, "separate", lambda image: looked.append(1) or separate(image))
    image = np.full((40, 40, 3), 255, np.uint8)
    image[10:30, 18:22] = 0
    assert [is_ink(image), is_ink(image), normalise_if_ink(image, 64) is not None] == [True] * 3
    assert len(looked) == 1
    address = id(image)
    del image
    assert address not in ink._found
