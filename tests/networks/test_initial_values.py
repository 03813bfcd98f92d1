"""Networks that are filled after they are built."""

import threading

import keras
import numpy as np

from siamese_core.networks.architectures import without_initial_values


def kernels() -> list[np.ndarray]:
    layers = [keras.layers.Dense(4), keras.layers.Dense(4, kernel_initializer="orthogonal")]
    layers.append(keras.layers.Conv2D(2, 3, kernel_initializer="he_normal"))
    for layer in layers:
        layer.build((None, 5, 5, 4) if "conv" in layer.name else (None, 4))
    return [layer.get_weights()[0] for layer in layers]


def test_random_numbers_are_zeros_in_the_block_and_in_its_thread_only():
    elsewhere = []
    with without_initial_values():
        here = kernels()
        other = threading.Thread(target=lambda: elsewhere.extend(kernels()))
        other.start()
        other.join()
        layer = keras.layers.Dense(3, kernel_initializer="ones")  # which is not random
        layer.build((None, 2))
    assert not any(kernel.any() for kernel in here)
    assert all(kernel.all() for kernel in elsewhere) and layer.get_weights()[0].all()
    assert all(kernel.all() for kernel in kernels())


def test_a_seed_gives_the_numbers_that_it_gave():
    keras.utils.set_random_seed(3)
    before = kernels()
    with without_initial_values():
        kernels()
    keras.utils.set_random_seed(3)
    for first, again in zip(before, kernels(), strict=True):
        np.testing.assert_array_equal(first, again)
