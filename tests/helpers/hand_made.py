"""Encoders for tests whose embeddings and heads are known by hand, without TensorFlow."""

import numpy as np

from siamese_core.labelling.candidates import Candidates, disagreements, find_candidates, pair_codes
from siamese_core.labelling.strategies import Knowledge
from siamese_core.metric_learning.neighbours import View


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


def by_hand(verdict_log_odds, shared=0.0) -> Candidates:
    """All pairs of a few images, in the order of their codes; each threshold is 0.5."""
    verdict_log_odds = np.asarray(verdict_log_odds, float)
    images = next(n for n in range(2, 99) if n * (n - 1) // 2 == len(verdict_log_odds))
    codes = pair_codes(*np.triu_indices(images, 1), images)
    none = np.zeros(len(codes), bool)
    limits, shared = np.zeros(verdict_log_odds.shape[1]), np.full(len(codes), shared)
    return Candidates(
        images, codes, verdict_log_odds, limits, disagreements(verdict_log_odds), shared, none, none, True
    )


def mined_pool(n_classes: int, n_images: int, seed: int = 0) -> tuple[Candidates, np.ndarray]:
    rng = np.random.default_rng(seed)
    embeddings, classes = clusters(rng, n_classes, n_images, spread=0.6)
    views = [l1_view(embeddings + 0.2 * rng.normal(size=embeddings.shape), bias=9) for _ in range(2)]
    return find_candidates(views, rng), classes


def knowing(candidates: Candidates, **facts) -> Knowledge:
    return Knowledge(
        **(vars(Knowledge.none(candidates)) | {name: np.array(fact) for name, fact in facts.items()})
    )


def drawn_codes(candidates: Candidates, drawn) -> list[int]:
    return [each.left * candidates.images + each.right for each in drawn]
