"""What was published, rebuilt with its faults: the networks, the losses, the random pairs, the tasks."""

import keras
import numpy as np
import pytest
from keras import ops

from siamese_core.casestudies.published import (
    PairDistance,
    SameProbability,
    build_by_name,
    contrastive,
    contrastive_swapped,
    gen_random_batch,
    make_oneshot_task,
    net_definition,
    sigmoid_units,
    unit_length,
)
from siamese_core.casestudies.published import (
    testmodel as smaller_network,
)
from siamese_core.errors import UserError

SIZE = 48


@pytest.mark.parametrize("build", [net_definition, smaller_network])
def test_both_face_networks_end_in_128_probabilities(build):
    embeddings = ops.convert_to_numpy(
        build(SIZE)(np.random.default_rng(0).uniform(0, 255, (2, SIZE, SIZE, 3)))
    )
    assert embeddings.shape == (2, 128)
    np.testing.assert_allclose(embeddings.sum(axis=1), 1, atol=1e-5)


def test_they_can_end_in_a_unit_vector_instead():
    embeddings = ops.convert_to_numpy(smaller_network(SIZE, unit_length)(np.ones((1, SIZE, SIZE, 3))))
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)


def test_at_112_px_they_have_the_weights_of_the_published_layers():
    """By hand: (side squared x inputs + 1) x filters of a convolution, (inputs + 1) x units of a layer."""
    convolutions = (49 * 3 + 1) * 96 + (25 * 96 + 1) * 256 + (9 * 256 + 1) * 384
    normalisations = 4 * (96 + 256 + 384)
    dense = (4 * 4 * 384 + 1) * 512 + 513 * 512 + 513 * 128
    assert net_definition(112).count_params() == convolutions + normalisations + dense
    convolutions = (9 * 3 + 1) * 96 + (9 * 96 + 1) * 256
    assert smaller_network(112).count_params() == convolutions + (3 * 3 * 256 + 1) * 512 + 513 * 128


@pytest.mark.parametrize("name", ["Net_Definition", "TestModel"])
def test_one_network_is_built_whatever_name_is_asked_for(name):
    assert build_by_name(name, SIZE).count_params() == net_definition(SIZE).count_params()


def test_the_losses_are_those_of_a_naive_loop():
    rng = np.random.default_rng(0)
    distance, same = rng.uniform(0, 2, 20).astype("float32"), (np.arange(20) % 3 == 0).astype("float32")
    expected = np.mean([d * d if s else max(0, 1 - d) ** 2 for d, s in zip(distance, same, strict=True)])
    assert float(contrastive(same, distance)) == pytest.approx(expected, rel=1e-5)
    assert float(contrastive_swapped(same, distance)) == pytest.approx(
        float(contrastive(1 - same, distance)), rel=1e-5
    )


@pytest.mark.parametrize("clamped", [False, True])
def test_a_step_on_identical_images_spoils_the_weights_unless_the_square_is_clamped(clamped):
    keras.utils.set_random_seed(0)
    encoder = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    network = PairDistance(encoder, clamped)
    network.compile(keras.optimizers.SGD(0.1), loss=contrastive, jit_compile=False)
    images = np.ones((2, 2), "float32")
    network.train_on_batch((images, images), np.array([1.0, 0.0], "float32"))
    assert np.isfinite(encoder.get_weights()[0]).all() == clamped


def test_the_sigmoid_units_start_where_the_reproductions_start_them():
    kernel, bias = sigmoid_units(64).get_weights()
    assert (kernel.shape, bias.shape) == ((64, 4096), (4096,))
    assert kernel.std() == pytest.approx(0.01, rel=0.05)
    assert (bias.mean(), bias.std()) == (pytest.approx(0.5, abs=0.001), pytest.approx(0.01, rel=0.1))


def test_the_probability_of_a_pair_is_the_same_one_by_one_and_all_with_all():
    keras.utils.set_random_seed(1)
    encoder = keras.Sequential([keras.Input((2,)), keras.layers.Dense(5)])
    network = SameProbability(encoder)
    images = np.random.default_rng(0).normal(size=(4, 2)).astype("float32")
    table = network.pairwise(ops.convert_to_numpy(encoder(images)))
    row = ops.convert_to_numpy(network((np.repeat(images[:1], 4, axis=0), images)))
    np.testing.assert_allclose(table[0], row, rtol=1e-5)
    np.testing.assert_allclose(table, table.T, rtol=1e-5)


def test_half_of_the_random_pairs_are_of_one_group():
    groups = [np.arange(5), np.arange(5, 7), np.arange(7, 20)]
    group_of = np.repeat([0, 1, 2], [5, 2, 13])
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(50):
        pairs = gen_random_batch(groups, rng, halfsize=4)
        assert (group_of[pairs.left] == group_of[pairs.right]).tolist() == pairs.same.tolist()
        assert pairs.same.tolist() == [True] * 4 + [False] * 4
        seen |= {*pairs.left.tolist(), *pairs.right.tolist()}
    assert seen == set(range(20))


LANGUAGES = {
    "Alu": [np.arange(4), np.arange(4, 8), np.arange(8, 10)],
    "Beko": [np.arange(10, 14), np.arange(14, 18)],
}


@pytest.mark.parametrize(("language", "n_way"), [("Alu", 3), (None, 5), ("Beko", 2)])
def test_a_task_has_one_image_of_each_letter_and_another_of_the_true_one(language, n_way):
    letter_of = np.repeat(np.arange(5), [4, 4, 2, 4, 4])
    for seed in range(30):
        test, support, target = make_oneshot_task(LANGUAGES, np.random.default_rng(seed), n_way, language)
        assert len(set(test)) == 1 and len(test) == len(support) == n_way
        assert len(set(letter_of[support])) == n_way
        assert letter_of[support[target]] == letter_of[test[0]]
        assert support[target] != test[0]
        if language:
            assert set(support) <= set(np.concatenate(LANGUAGES[language]))


def test_the_true_letter_stands_everywhere():
    places = {make_oneshot_task(LANGUAGES, np.random.default_rng(seed), 3, None)[2] for seed in range(40)}
    assert places == {0, 1, 2}


@pytest.mark.parametrize(("language", "n_way", "has"), [("Beko", 3, "2"), (None, 6, "5")])
def test_too_few_letters_is_an_error_that_names_the_numbers(language, n_way, has):
    with pytest.raises(UserError, match=rf"{n_way} letters.*has {has}\."):
        make_oneshot_task(LANGUAGES, np.random.default_rng(0), n_way, language)


def test_an_unknown_language_gets_the_choices():
    with pytest.raises(UserError, match="Alu, Beko"):
        make_oneshot_task(LANGUAGES, np.random.default_rng(0), 2, "Cini")
