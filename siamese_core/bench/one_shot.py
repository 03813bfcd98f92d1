"""Benchmark `one-shot`: embed every image once for all trials, against every trial embedding its own."""

from dataclasses import replace

import numpy as np

from siamese_core.bench.benchmark import Benchmark, LoadModel, check_agreement, timed
from siamese_core.evaluation.protocols import OneShotOptions, one_shot_trials
from siamese_core.retraining.replay import Replay

TRIALS, WAYS = 60, 20  # trials; classes of a trial


def measure(load_model: LoadModel) -> list[Benchmark]:
    """Measure one-shot trials on the replay set."""
    model = load_model()
    options = OneShotOptions(n_way=WAYS, episodes=TRIALS, within_group=True)
    trials = one_shot_trials(Replay().dataset, options, np.random.default_rng(0))

    def obvious() -> np.ndarray:
        parts = [
            replace(trials, query=trials.query[[n]], support=trials.support[[n]], target=trials.target[[n]])
            for n in range(TRIALS)
        ]
        return np.concatenate([each.scores(model) for each in parts])

    model.embed([trials.read(int(trials.query[0]))] * 2)  # compiles
    ours, first = timed(lambda: trials.scores(model))
    baseline, second = timed(obvious)
    check_agreement(np.allclose(first, second, atol=1e-3), "taking trials")
    return [Benchmark("one-shot", ours, baseline, TRIALS)]
