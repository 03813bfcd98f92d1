import numpy as np
import pytest

from helpers.samples import photograph, stroke_glyph
from siamese_core.errors import UserError
from siamese_core.images.ink_normalising import normalise_ink
from siamese_core.networks.preparation import PREPARATIONS, prepare


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("preparation", PREPARATIONS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (700, 1), (3, 200), (90, 90), (1024, 768)])
def test_prepared_images_have_the_encoder_s_shape(shape, preparation, channels):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    prepared = prepare(image, preparation, 40, channels)
    assert prepared.shape == (40, 40, channels)
    assert prepared.dtype == np.uint8


def test_ink_is_normalised_and_everything_else_fitted():
    rng = np.random.default_rng(1)
    glyph, photo = stroke_glyph(rng, 80), photograph(rng)
    assert np.array_equal(prepare(glyph, "ink", 64, 1)[:, :, 0], normalise_ink(glyph, 64))
    assert np.array_equal(prepare(photo, "ink", 64, 3), prepare(photo, "plain", 64, 3))
    coloured = prepare(glyph, "ink", 64, 3)
    assert (coloured == coloured[:, :, :1]).all()


def test_fitting_keeps_the_aspect_and_fills_up_with_white():
    wide = np.zeros((10, 40, 3), np.uint8)
    fitted = prepare(wide, "plain", 20, 3)
    dark = fitted[:, :, 0] < 128
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    assert (len(rows), len(columns)) == (5, 20)
    assert (fitted[: rows[0]] == 255).all()
    assert abs(rows.mean() - 9.5) <= 1


def test_stretching_and_cropping_leave_no_ground():
    wide = np.zeros((20, 80, 3), np.uint8)
    wide[:, 30:50] = 255
    stretched, cropped = prepare(wide, "stretch", 16, 3), prepare(wide, "crop", 16, 3)
    assert (stretched[:, 6:10] == 255).all() and (stretched[:, :5] == 0).all()
    assert (cropped == 255).all()  # the middle 17 or 18 columns


def test_an_input_may_be_a_rectangle():
    image = np.full((30, 20, 3), 7, np.uint8)
    for preparation in PREPARATIONS:
        assert prepare(image, preparation, (24, 8), 1).shape == (24, 8, 1)


def test_plain_colours_survive_and_grey_is_their_brightness():
    image = np.full((9, 9, 3), (200, 100, 0), np.uint8)
    assert (prepare(image, "plain", 6, 3) == (200, 100, 0)).all()
    assert np.abs(prepare(image, "plain", 6, 1).astype(int) - 118.5).max() <= 1


def test_an_unknown_preparation_is_refused():
    with pytest.raises(UserError, match="one of ink, plain, stretch, crop. Received: 'sketch'"):
        prepare(np.zeros((4, 4, 3), np.uint8), "sketch", 8, 1)
