"""What a person is told where a checkpoint knows images little."""

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


def test_a_similarity_of_little_known_images_lies_near_the_threshold_with_a_warning(workbench):
    left, right = noise(2)
    checkpoint = workbench.matcher.checkpoint("koch")
    plain = workbench.matcher.compare(left, right, ["koch"])[0]
    rows = checkpoint.embed(noise(80, seed=4))
    dim = rows.shape[1]
    known = fit_familiarity(rows, 0.1 * rows[:60], np.ones(dim), unit=False, rank=4)
    checkpoint.familiarity = replace(known, trust_weights=np.array([-1e6, 0.0, 0.0]))
    try:
        said = workbench.matcher.compare(left, right, ["koch"])[0]
    finally:
        checkpoint.familiarity = None
    assert said.warning.startswith("it knows such images little")
    assert said.same == plain.same
    assert abs(said.similarity - said.threshold) <= abs(plain.similarity - plain.threshold)
    assert said.similarity == pytest.approx(said.threshold, abs=0.05)
