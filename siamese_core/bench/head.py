"""Benchmark `head`: fit a head to answers on stored embeddings, against embedding the images anew."""

import numpy as np

from siamese_core.bench.benchmark import Benchmark, LoadModel, check_agreement, timed
from siamese_core.metric_learning.cross_validation import LabelledPairs
from siamese_core.retraining.head_training import learned_head
from siamese_core.retraining.replay import Replay

IMAGES = 60  # of one alphabet of the replay set; twice as many pairs of either kind are answered


def measure(load_model: LoadModel) -> list[Benchmark]:
    """Measure fitting a head to pairs of the replay set."""
    model = load_model()
    data, rng = Replay().dataset, np.random.default_rng(0)
    rows = np.flatnonzero(data.class_group[data.labels] == 0)[:IMAGES]
    images, labels = [data.image(int(row)) for row in rows], data.labels[rows]
    left, right = np.triu_indices(len(rows), 1)
    same = labels[left] == labels[right]
    kinds = [rng.permutation(np.flatnonzero(kind))[: 2 * IMAGES] for kind in (same, ~same)]
    chosen = np.concatenate(kinds)
    answers = LabelledPairs(left[chosen], right[chosen], same[chosen])
    embeddings = model.embed(images)

    def fit(embeddings: np.ndarray) -> object:
        return learned_head(model, embeddings, answers, np.random.default_rng(0))

    ours, first = timed(lambda: fit(embeddings))
    baseline, second = timed(lambda: fit(model.embed(images)))
    check_agreement((first is None) == (second is None), "learning a head")
    return [Benchmark("head", ours, baseline, len(chosen))]
