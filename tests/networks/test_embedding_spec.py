"""What decides an embedding: the network that is built, its copies, and the name of its embeddings."""

from dataclasses import replace

import numpy as np
import pytest

from siamese_core.errors import UserError
from siamese_core.networks.embedding_spec import EmbeddingSpec, build_network, with_copies

SPEC = EmbeddingSpec("small_cnn", size=48, channels=3, preparation="plain")


def test_embeddings_are_named_by_everything_that_decides_them():
    changes = (
        {"network": "face_cnn"},
        {"size": 64},
        {"channels": 1},
        {"preparation": "ink"},
        {"turns": (8.0,)},
        {"mirrored": True},
        {"width": 32},
    )
    assert {name for change in changes for name in change} == set(vars(SPEC))
    names = [replace(SPEC, **change).embeddings_id(["ab"]) for change in changes]
    names += [SPEC.embeddings_id(weights) for weights in (["ab"], ["cd"], ["ab", "cd"])]
    assert len(set(names)) == len(names)
    assert SPEC.embeddings_id(["ab"]) == replace(SPEC).embeddings_id(iter(["ab"]))
    assert SPEC.embeddings_id(["ab"]).startswith("small_cnn-")


def test_the_names_of_embeddings_of_square_inputs_have_never_changed():
    assert SPEC.embeddings_id(["ab"]) == "small_cnn-c52e0536d8ee1475"


def test_a_network_that_the_project_does_not_know_gets_the_choices():
    with pytest.raises(UserError, match="koch, resnet50, small_cnn, face_cnn. Received: 'vgg'"):
        build_network(replace(SPEC, network="vgg"))


def test_turned_copies_are_averaged_with_the_image():
    network = build_network(SPEC)
    turned = with_copies(network, replace(SPEC, turns=(-90.0, 90.0)))
    assert [id(each) for each in turned.weights] == [id(each) for each in network.weights]
    images = np.random.default_rng(0).uniform(0, 255, (3, 48, 48, 3)).astype("float32")
    quarters = [np.rot90(images, turns, axes=(1, 2)) for turns in (-1, 0, 1)]
    expected = np.mean([network.predict_on_batch(each) for each in quarters], axis=0)
    np.testing.assert_allclose(turned.predict_on_batch(images), expected, atol=1e-3)


def test_paper_comes_in_where_a_copy_is_turned_away():
    network = build_network(SPEC)
    paper = np.full((1, 48, 48, 3), 255, "float32")
    alone = network.predict_on_batch(paper)
    np.testing.assert_allclose(
        with_copies(network, replace(SPEC, turns=(8.0,))).predict_on_batch(paper), alone, atol=1e-4
    )


def test_the_mirror_image_is_averaged_with_the_image():
    network = build_network(SPEC)
    images = np.random.default_rng(0).uniform(0, 255, (3, 48, 48, 3)).astype("float32")
    expected = np.mean([network.predict_on_batch(each) for each in (images, images[:, :, ::-1])], axis=0)
    both = with_copies(network, replace(SPEC, mirrored=True)).predict_on_batch(images)
    np.testing.assert_allclose(both, expected, atol=1e-3)


def test_without_copies_a_network_is_itself():
    network = build_network(SPEC)
    assert with_copies(network, SPEC) is network
