"""What a person is told where a checkpoint knows images little."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from helpers.workspaces import noise
from siamese_core.metric_learning.familiarity import fit_familiarity
from siamese_core.workspace.abstaining import doubt_of


@pytest.mark.parametrize(("trust", "told"), [(1.0, False), (0.3, False), (0.29, True), (0.01, True)])
def test_little_trust_is_told_with_what_to_do(trust, told):
    assert bool(doubt_of(trust)) == told
    if told:
        assert "50 of them added in Label" in doubt_of(trust)


@pytest.fixture
def unfamiliar(workbench) -> Iterator[Callable[[], None]]:
    """Makes every image one that koch hardly knows, once it is called."""
    checkpoint = workbench.matcher.checkpoint("koch")
    rows = checkpoint.embed(noise(80, seed=4))
    known = fit_familiarity(rows, 0.1 * rows[:60], np.ones(rows.shape[1]), unit=False, rank=4)

    def make() -> None:
        checkpoint.familiarity = replace(known, trust_weights=np.array([-1e6, 0.0, 0.0, 0.0]))

    yield make
    checkpoint.familiarity = None


def test_a_similarity_of_little_known_images_lies_near_the_threshold_with_a_warning(workbench, unfamiliar):
    left, right = noise(2)
    plain = workbench.matcher.compare(left, right, ["koch"])[0]
    unfamiliar()
    said = workbench.matcher.compare(left, right, ["koch"])[0]
    assert said.warning.startswith("it knows such images little")
    assert said.same == plain.same
    assert abs(said.similarity - said.threshold) <= abs(plain.similarity - plain.threshold)
    assert said.similarity == pytest.approx(said.threshold, abs=0.05)


def test_a_ranking_of_little_known_images_keeps_its_order_and_carries_the_warning(workbench, unfamiliar):
    query, given = noise(1)[0], list(zip("abc", noise(3, seed=5), strict=True))
    plain = workbench.matcher.one_shot(query, given, ["koch"])[0]
    unfamiliar()
    said = workbench.matcher.one_shot(query, given, ["koch"])[0]
    assert [each.name for each in said.ranking] == [each.name for each in plain.ranking]
    assert said.warning.startswith("it knows such images little")
    assert said.none_of_these == plain.none_of_these
    assert said.ranking[0].similarity == pytest.approx(said.threshold, abs=0.05)
