"""Each fault of a network is found where it was planted, and nothing in a network that is well."""

import numpy as np
import pytest

from siamese_core.diagnosis.layer_units import LayerUnits, layer_units
from siamese_core.diagnosis.network_checks import (
    check_answers,
    check_dead_units,
    check_effective_rank,
    check_embedding_spread,
    check_preprocessing,
    check_rewarded_differences,
    check_saturated_units,
    check_similarity_range,
    check_weights,
    compare_treatments,
    effective_rank,
    nearest_is_right,
)

RNG = np.random.default_rng(0)


def layer(activation: str, stuck: float, flat: float, finite: bool = True, units: int = 100) -> LayerUnits:
    return LayerUnits("dense", activation, np.arange(units) < stuck * units, flat, finite)


def test_finite_weights_are_left_alone():
    assert check_weights([("conv/kernel", np.ones(3)), ("dense/bias", np.zeros(2))]).level == "ok"


def test_the_first_weight_that_is_no_number_is_named_and_all_are_counted():
    weights = [
        ("conv/kernel", np.ones(3)),
        ("dense/kernel", np.array([np.nan, 1, np.inf])),
        ("x", np.full(2, np.nan)),
    ]
    found = check_weights(weights)
    assert (found.level, found.measured) == ("error", 4)
    assert "dense/kernel" in found.cause


def test_the_first_layer_whose_answers_are_no_numbers_is_named():
    spoilt = [
        LayerUnits(name, "relu", np.zeros(2, bool), 0.0, name == "conv") for name in ("conv", "pool", "dense")
    ]
    found = check_answers(spoilt)
    assert (found.level, found.measured) == ("error", 2)
    assert "the layer pool" in found.cause
    assert check_answers(spoilt[:1]).level == "ok"


@pytest.mark.parametrize(
    ("activation", "share", "level"),
    [
        ("relu", 0.35, "ok"),
        ("relu", 0.7, "warning"),
        ("relu", 1.0, "error"),
        ("sigmoid", 0.76, "ok"),
        ("sigmoid", 0.95, "warning"),
    ],
)
def test_units_that_answer_alike_to_everything_are_found(activation, share, level):
    found = check_dead_units([layer("relu", 0.0, 0.0), layer(activation, share, share)])
    assert (found.level, found.measured) == (level, share)


def test_the_layer_that_is_furthest_beyond_its_own_limit_is_told():
    sigmoid, relu = layer("sigmoid", 0.85, 0.85), layer("relu", 0.8, 0.8)
    found = check_dead_units([sigmoid, relu])
    assert (found.level, found.measured) == ("warning", 0.8)


def test_a_network_without_such_layers_has_no_dead_units():
    assert "nothing to judge" in check_dead_units([layer("", 0.0, 0.0)]).expected


@pytest.mark.parametrize(
    ("stuck", "flat", "measured"),
    [(0.0, 0.99, 0.99), (0.76, 0.94, 0.75), (1.0, 1.0, 1.0), (0.5, 0.99, 0.98)],
)
def test_saturation_is_that_of_the_units_that_work(stuck, flat, measured):
    found = check_saturated_units([layer("sigmoid", stuck, flat)])
    assert found.measured == pytest.approx(measured)
    assert found.level == ("error" if measured > 0.95 else "ok")


def test_a_softmax_that_chooses_one_is_saturated():
    one_hot = LayerUnits("dense", "softmax", np.array([True]), 1.0, True)
    assert check_saturated_units([one_hot]).level == "error"
    assert check_saturated_units([LayerUnits("dense", "softmax", np.array([False]), 0.2, True)]).level == "ok"


def test_rectifiers_do_not_saturate():
    assert check_saturated_units([layer("relu", 1.0, 1.0)]).level == "ok"


@pytest.mark.parametrize("directions", [1, 2, 5])
def test_the_effective_rank_of_even_directions_is_their_number(directions):
    axes = np.concatenate([np.eye(8)[:directions], -np.eye(8)[:directions]])
    assert effective_rank(axes + 3) == pytest.approx(directions)


def test_a_point_has_no_effective_rank():
    assert effective_rank(np.full((5, 3), 0.5)) == 0.0


@pytest.mark.parametrize(("directions", "level"), [(16, "ok"), (3, "warning"), (1, "error"), (0, "error")])
def test_embeddings_that_collapsed_are_found(directions, level):
    embeddings = np.zeros((60, 16))
    embeddings[:, :directions] = np.random.default_rng(1).normal(size=(60, directions))
    found = check_effective_rank(embeddings)
    assert found.level == level
    assert found.measured <= directions + 1e-9


def test_few_images_need_no_more_directions_than_they_can_have():
    assert check_effective_rank(np.eye(4)).level == "ok"


@pytest.mark.parametrize(("noise", "level"), [(0.3, "ok"), (0.02, "warning"), (1e-4, "error")])
def test_embeddings_that_are_all_alike_are_found(noise, level):
    embeddings = 1 + noise * np.random.default_rng(2).normal(size=(50, 64))
    found = check_embedding_spread(embeddings)
    assert (found.level, found.measured) == (level, pytest.approx(noise, rel=0.1))


@pytest.mark.parametrize(("below", "level"), [(0.0, "ok"), (-0.03, "ok"), (-1.0, "warning")])
def test_a_head_that_rewards_differences_is_found(below, level):
    found = check_rewarded_differences(np.r_[np.full(150, below), np.ones(50)])
    assert (found.level, found.measured) == (level, pytest.approx(-150 * below / (50 - 150 * below)))
    assert ("150 of 200 weights" in found.cause) == (level == "warning")


def test_a_head_without_weights_rewards_nothing():
    assert check_rewarded_differences(np.zeros(5)).level == "ok"


def test_embeddings_of_nothing_but_zeros_are_found():
    assert check_embedding_spread(np.zeros((4, 3))).level == "error"


@pytest.mark.parametrize(("width", "level"), [(0.8, "ok"), (0.06, "warning"), (0.001, "error")])
def test_similarities_that_are_all_alike_are_found(width, level):
    similarity = np.linspace(0.5 - width / 2, 0.5 + width / 2, 101)
    found = check_similarity_range(similarity)
    assert (found.level, found.measured) == (level, pytest.approx(0.9 * width))


def test_the_nearest_other_image_decides():
    embeddings = np.array([[1, 0], [2, 0.1], [0, 1], [0.1, 1], [-1, 0.0]])
    assert nearest_is_right(embeddings, [0, 0, 1, 0, 1]).tolist() == [True, True, False, False, True]


# What an encoder that was trained on one treatment of the pixels makes of the others.

LABELS = np.repeat(np.arange(20), 4)
CLASSES = RNG.normal(128, 12, (20, 4, 4, 3))
PIXELS = np.clip(np.repeat(CLASSES, 4, axis=0) + RNG.normal(size=(80, 4, 4, 3)) * 4, 0, 255).astype("float32")


def trained_on(treat):
    """Embeddings that tell classes apart on pixels treated in this way, and are all alike on others."""
    centre = treat(PIXELS).reshape(80, -1).mean(axis=0)
    scale = treat(PIXELS).reshape(80, -1).std(axis=0)

    def embed(pixels):
        return np.clip(np.rint((pixels.reshape(len(pixels), -1) - centre) / scale), -3, 3)

    return embed


def test_pixels_as_the_network_knows_them_are_left_alone():
    found = check_preprocessing(trained_on(lambda pixels: pixels), PIXELS, LABELS)
    assert found.level == "ok"
    assert found.measured > 0.9


@pytest.mark.parametrize(
    ("treat", "words"),
    [
        (lambda pixels: pixels / 255, "pixels in 0..1"),
        (lambda pixels: pixels / 127.5 - 1, "pixels in -1..1"),
        (lambda pixels: pixels[..., ::-1] - np.array([103.939, 116.779, 123.68]), "less ImageNet's mean"),
    ],
)
def test_a_network_trained_on_another_range_is_found_with_its_own(treat, words):
    found = check_preprocessing(trained_on(treat), PIXELS, LABELS)
    assert found.level == "error"
    assert words in found.cause


def test_pixels_that_were_divided_before_are_found():
    found = check_preprocessing(trained_on(lambda pixels: pixels), PIXELS / 255, LABELS)
    assert found.level == "error"
    assert "pixels in 0..255" in found.cause


def test_a_gain_that_chance_explains_is_not_told():
    as_given = np.arange(20) < 10
    assert compare_treatments(as_given, {"pixels in 0..1": np.arange(20) < 13}).level == "ok"


def test_the_channels_of_a_network_that_knows_bgr_are_found():
    first = np.zeros((80, 4, 4, 3), "float32")
    first[..., 2] = PIXELS[..., 0]  # all that tells classes apart is in the last channel

    def embed(pixels):
        return pixels[..., 0].reshape(len(pixels), -1) + np.random.default_rng(0).normal(
            size=(len(pixels), 16)
        )

    found = check_preprocessing(embed, first, LABELS)
    assert found.level == "error"
    assert "channels turned to BGR" in found.cause


@pytest.mark.parametrize("encoder", ["small_cnn", "koch"])
def test_an_untrained_encoder_is_well(encoder):
    """On noise of several sizes, before any training: nothing is dead, flat or collapsed."""
    from siamese_core.networks.encoders import ENCODERS
    from siamese_core.training.prepared_images import embed_pixels

    spec = ENCODERS[encoder]
    size = {"small_cnn": 48, "koch": 80}[encoder]
    network = spec.build(size)
    coarse = np.random.default_rng(4).integers(0, 256, (24, size // 8, size // 8, spec.channels))
    pixels = np.uint8(coarse.repeat(8, axis=1).repeat(8, axis=2))
    layers, embeddings = layer_units(network, pixels), embed_pixels(network, pixels)
    findings = [
        check_weights([(weight.path, np.asarray(weight)) for weight in network.weights]),
        check_answers(layers),
        check_dead_units(layers),
        check_saturated_units(layers),
        check_effective_rank(embeddings),
        check_embedding_spread(embeddings),
    ]
    assert [finding.level for finding in findings] == ["ok"] * len(findings)
