"""How the images are counted from which a measured model would abstain."""

import numpy as np

from helpers.samples import as_scan, photograph, stroke_glyph
from helpers.small_checkpoints import small_checkpoint
from siamese_core.checkpoints.domains import HANDWRITING, PHOTOGRAPHS
from siamese_core.evaluation.asked_anyway import asked_anyway
from siamese_core.evaluation.fusion import Fused, Fusion
from siamese_core.evaluation.protocols import VerificationTrials

RNG = np.random.default_rng(2)
IMAGES = [as_scan(stroke_glyph(RNG, 64)), *(photograph(RNG, 64) for _ in range(3))]
TRIALS = VerificationTrials(
    IMAGES.__getitem__, np.array([0, 0, 2]), np.array([1, 2, 3]), np.array([True, False, True])
)


def trained_on(domain: str | None):
    checkpoint = small_checkpoint(3)
    checkpoint.note(trained_on=domain)
    return checkpoint


def test_the_share_of_unknown_images_is_told_and_the_numbers_stay():
    checkpoint = trained_on(HANDWRITING)
    model = asked_anyway(checkpoint)
    found = TRIALS.evaluate(model)
    np.testing.assert_array_equal(found.similarity, TRIALS.evaluate(checkpoint).similarity)
    assert model.abstains == 0.75 and found.encoder == checkpoint.encoder_name


def test_two_as_one_abstain_from_what_neither_knows():
    model = asked_anyway(Fused(trained_on(HANDWRITING), trained_on(PHOTOGRAPHS), Fusion()))
    TRIALS.evaluate(model)
    assert model.abstains == 0.0
    model = asked_anyway(Fused(trained_on(HANDWRITING), trained_on(HANDWRITING), Fusion()))
    TRIALS.evaluate(model)
    assert model.abstains == 0.75
