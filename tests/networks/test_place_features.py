import numpy as np
import pytest

from helpers.photographs import gradio_photograph, lite_folder
from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.networks import place_features as places
from siamese_core.networks.architectures import koch


def test_what_places_give_to_a_pooled_level_sums_to_it():
    maps = np.random.default_rng(0).gamma(1.0, size=(2, 3, 3, 5)).astype(np.float32)

    assert places.average_shares(maps).sum(axis=(1, 2)) == pytest.approx(maps.mean(axis=(1, 2)), rel=1e-5)
    mean = (maps**3).mean(axis=(1, 2)) ** (1 / 3)
    assert places.generalised_mean_shares(maps).sum(axis=(1, 2)) == pytest.approx(mean, rel=1e-5)


def test_the_places_of_an_image_and_its_mirror_image_sum_to_the_embedding():
    checkpoint = load_checkpoint(lite_folder())
    found = places.place_features(checkpoint.encoder, checkpoint.card.embedding)
    images = [gradio_photograph(name) for name in ("lion.jpg", "cheetah1.jpg")]

    shares = found.shares(checkpoint.batch(images), found.network.predict_on_batch)

    assert shares.shape == (2, 9, 9, 1280)
    assert shares.sum(axis=(1, 2)) == pytest.approx(checkpoint.embed(images), abs=1e-4)


def test_a_dense_layer_has_no_places():
    from siamese_core.checkpoints.card import base_card

    assert places.place_features(koch(105), base_card("koch").embedding) is None
