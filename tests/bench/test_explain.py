"""Whether overlays are worth anything, on an encoder whose reasons are known."""

import numpy as np

from helpers.samples import stroke_glyph
from helpers.small_checkpoints import small_checkpoint
from siamese_core.bench.explain import Explained, effects, moved, ratio, shuffled, summary
from siamese_core.explaining.explaining import method_of

PAIRS = 12


def test_a_moved_mask_keeps_its_shape():
    mask = np.zeros((9, 9), bool)
    mask[2:5, 3] = True
    away = moved(mask, np.random.default_rng(3))
    assert away.sum() == 3 and away.any(axis=0).sum() == 1


def test_the_ratio_is_of_medians_with_an_interval_around_it():
    found = ratio(np.array([[-3.0], [3.0], [3.0], [9.0]]), np.ones((4, 2)), np.random.default_rng(0))
    assert found["ratio"] == 3.0 and found["ci95"][0] <= 3 <= found["ci95"][1]


def test_blanking_what_is_marked_moves_the_verdict_further_than_chance_and_shuffled_weights_lose_that():
    rng = np.random.default_rng(0)
    checkpoint = small_checkpoint(3)
    method = method_of(checkpoint)
    random = method_of(shuffled(checkpoint, rng))
    explained = Explained(checkpoint, method.forward, method, random)
    glyphs = [checkpoint.prepare(stroke_glyph(rng, 64)) for _ in range(2 * PAIRS)]
    images = [(glyphs[2 * place], glyphs[2 * place + 1]) for place in range(PAIRS)]

    found = summary(list(effects(explained, images, rng)), seed=0)

    assert found["pairs"] == PAIRS and found["alike"]["ratio"] > 1.5
    assert found["alike"]["ratio"] > found["shuffled"]["ratio"]
    low, high = found["own_beats_other"]["ci95"]
    assert low <= found["own_beats_other"]["share"] <= high and found["sets_apart"]["ratio"] > 0
