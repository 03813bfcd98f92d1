"""Embeddings that collapsed are named, others are left alone."""

import numpy as np

from siamese_core.diagnosis.collapse_checks import check_negative_cosine, check_norms, check_time

LABELS = np.repeat(np.arange(6), 2)


def spread(away: float) -> np.ndarray:
    """Embeddings (12, 8) around one direction; away: their distance from it."""
    around = np.random.default_rng(0).normal(0, 1, (len(LABELS), 8))
    return np.ones(8) + away * around


def test_a_narrow_cone_is_named():
    found = check_negative_cosine(spread(0.01), LABELS)
    assert (found.level, found.check) == ("warning", "negative-cosine")
    assert "cone" in found.cause and found.measured > 0.99
    assert check_negative_cosine(spread(1.0), LABELS).level == "ok"


def test_embeddings_without_length_are_counted():
    embeddings = spread(0.1)
    assert check_norms(embeddings).level == "ok"
    embeddings[[3, 4]] = 0
    found = check_norms(embeddings)
    assert (found.level, found.measured) == ("warning", 0) and "2 of 12" in found.cause
    assert check_norms(np.zeros((4, 8))).level == "warning"


def test_the_time_of_an_image_is_measured():
    found = check_time(lambda pixels: pixels, np.zeros((3, 2)))
    assert found.check == "milliseconds-an-image" and found.measured >= 0
