"""Encoders for tests whose embeddings and heads are known by hand, without TensorFlow."""

import numpy as np

from siamese_core.neighbours import View


def l1_view(
    embeddings: np.ndarray, weights: np.ndarray | None = None, bias: float = 0.0, threshold: float = 0.5
) -> View:
    """log-odds = bias - |left - right| @ weights (1 each)."""
    embeddings = np.asarray(embeddings, np.float32)
    weights = np.ones(embeddings.shape[1]) if weights is None else weights

    def log_odds(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return bias - np.abs(left - right).astype(np.float64) @ weights

    return View(len(embeddings), lambda rows: embeddings[rows], log_odds, threshold)


def clusters(
    rng: np.random.Generator, n_classes: int, n_images: int, dim: int = 16, spread: float = 0.2
) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings float32 (n_classes * n_images, dim) around a centre for each class, and their classes."""
    classes = np.repeat(np.arange(n_classes), n_images)
    centres = rng.normal(size=(n_classes, dim))
    return (centres[classes] + spread * rng.normal(size=(len(classes), dim))).astype(np.float32), classes
