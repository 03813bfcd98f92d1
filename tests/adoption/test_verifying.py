"""The preparation is chosen where the pairs tell it, and said to be open where they do not."""

import numpy as np
import pytest

from siamese_core.adoption.graph import Graph, ImageInput, Output
from siamese_core.adoption.known_pairs import KnownPairs
from siamese_core.adoption.pixel_values import usual_values
from siamese_core.adoption.stated import Stated
from siamese_core.adoption.verifying import bootstrap_aucs, verify
from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.errors import UserError
from siamese_core.metrics import roc_auc

SIDE = 8


def quiet(share: float, words: str) -> None:
    """No progress is shown."""


def known(identities: int = 20) -> KnownPairs:
    """Three images of each identity, grey of a level of its own."""
    rng = np.random.default_rng(0)
    levels = np.repeat(rng.permutation(np.linspace(20, 235, identities)), 3) + rng.normal(
        0, 1.5, 3 * identities
    )
    images = tuple(np.full((SIDE, SIDE, 3), level, np.uint8) for level in levels)
    identity = np.repeat(np.arange(identities), 3)
    left, right = np.triu_indices(len(images), k=1)
    return KnownPairs(images, left, right, identity[left] == identity[right], identity, "60 images")


def graph(turns: float) -> Graph:
    """An embedding on a circle, that turns by `turns` radians a unit: on large values it is a hash."""

    def run(values: np.ndarray) -> list[np.ndarray]:
        level = turns * values.mean(axis=(1, 2, 3))
        return [np.stack([np.cos(level), np.sin(level)], axis=1), np.ones((len(values), 2))]

    outputs = (Output("circle", 2, "output"), Output("flat", 2, "output"))
    return Graph("Keras", ImageInput(SIDE, SIDE, 3), "", outputs, (), run, lambda *parts: None)


def test_a_clear_preparation_is_taken():
    found = verify(graph(6.0), known(), (PHOTOGRAPHS, None), None, quiet)
    assert found.chosen.values.name == "0..1" and found.chosen.output.name == "circle"
    worse = {each.values.name for each in found.trials if each.is_worse}
    assert "0..255" in worse
    assert all(each.auc == pytest.approx(0.5) for each in found.trials if each.output.name == "flat")


def test_it_does_not_matter_where_all_ways_are_alike():
    found = verify(graph(1e-9), known(), (PHOTOGRAPHS, "flat"), None, quiet)
    assert "does not matter between these" in found.notes[0]


def test_a_card_is_followed_among_equals_and_not_against_the_images():
    zero, unit, *_ = usual_values(3)
    told = verify(graph(6.0), known(), (PHOTOGRAPHS, None), Stated("card", zero, None, None), quiet)
    assert told.chosen.values == unit and "the card is not followed" in told.notes[-1]
    alike = verify(graph(1e-9), known(), (PHOTOGRAPHS, "flat"), Stated("card", unit, None, None), quiet)
    assert alike.chosen.values == unit


def test_a_network_without_finite_numbers_or_such_an_output_is_refused():
    with pytest.raises(UserError, match="circle, flat. Received: round"):
        verify(graph(1.0), known(), (PHOTOGRAPHS, "round"), None, quiet)
    with pytest.raises(UserError, match="finite numbers"), np.errstate(invalid="ignore"):
        verify(graph(np.inf), known(), (PHOTOGRAPHS, "circle"), None, quiet)


def test_the_aucs_of_all_pairs_are_those_of_the_metric_with_ties_counted_half():
    rng, pairs = np.random.default_rng(1), known(8)
    scores = rng.integers(0, 5, (2, len(pairs.same))).astype(float)
    found = bootstrap_aucs(scores, pairs, rng)
    np.testing.assert_allclose(found[:, 0], [roc_auc(each, pairs.same) for each in scores])
    assert (np.ptp(found[:, 1:], axis=1) > 0).all()


def test_too_few_pairs_are_refused():
    with pytest.raises(UserError, match="10 pairs of each kind"):
        known(3)
