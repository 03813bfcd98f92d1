"""Benchmark `compare`: compare every image with every other in one call, against a call for each pair."""

import numpy as np

from siamese_core.bench.benchmark import Benchmark, LoadModel, check_agreement, timed

IMAGES = 40  # compared each with the next one


def measure(load_model: LoadModel) -> list[Benchmark]:
    """Measure the head on random embeddings."""
    model = load_model()
    embeddings = np.random.default_rng(0).random((IMAGES, model.encoder.output_shape[-1]), np.float32)

    def obvious() -> np.ndarray:
        return np.array([[model.logits(a[None], b[None])[0] for b in embeddings] for a in embeddings])

    ours, first = timed(lambda: model.pairwise_logits(embeddings, embeddings))
    baseline, second = timed(obvious)
    check_agreement(np.allclose(first, second, atol=1e-2), "comparing")
    return [Benchmark("compare", ours, baseline, IMAGES**2)]
