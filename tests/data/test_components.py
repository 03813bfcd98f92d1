"""What pairs tie together."""

import numpy as np

from siamese_core.data.components import components, named_components


def test_a_component_is_what_pairs_tie_together_over_any_number_of_steps():
    groups = named_components(["a", "c", "x", "d"], ["b", "b", "y", "c"])
    assert groups == {"a": 0, "b": 0, "c": 0, "d": 0, "x": 1, "y": 1}


def test_a_long_chain_is_one_component():
    chain = [str(number) for number in range(5000)]
    assert set(named_components(chain[:-1], chain[1:]).values()) == {0}


def test_components_are_numbered_in_the_order_of_their_first_images():
    found = components(np.array([5, 1]), np.array([0, 4]), 6)
    assert found.tolist() == [0, 1, 2, 3, 1, 0] and found.dtype == np.int64
    assert components(np.array([2, 2]), np.array([2, 2]), 3).tolist() == [0, 1, 2]


def test_without_pairs_nothing_is_tied():
    nothing = np.array([], "int64")
    assert components(nothing, nothing, 3).tolist() == [0, 1, 2]
    assert components(nothing, nothing, 0).tolist() == []
    assert named_components([], []) == {}
