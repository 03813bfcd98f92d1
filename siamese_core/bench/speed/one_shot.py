"""Benchmark `one-shot`: every image embedded once for all trials, against a prediction for each trial."""

import numpy as np

from siamese_core.bench.speed.benchmark import Benchmark, LoadModel, check_agreement, speedup, timed
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.evaluation.protocols import OneShotOptions, OneShotTrials, one_shot_trials
from siamese_core.retraining.replay import Replay

TRIALS, WAYS = 400, 20  # trials; classes of a trial
PREDICTED = 16  # trials that the plain way takes: each costs the same, and 400 take many minutes


def measure(load_model: LoadModel) -> list[Benchmark]:
    """Measure one-shot trials on the replay set.

    The plain way is `model.predict` of a Siamese network on the `WAYS` pairs of each trial, as published
    attempts do it: both images of every pair go through the network. `PREDICTED` trials stand for all.
    """
    model = load_model()
    options = OneShotOptions(n_way=WAYS, episodes=TRIALS, within_group=True)
    trials = one_shot_trials(Replay().dataset, options, np.random.default_rng(0))
    siamese = _siamese(model)
    _predicted(siamese, model, trials, 0)  # compiles
    model.embed([trials.read(int(trials.query[0]))] * 2)
    ours, scores = timed(lambda: trials.scores(model))
    baseline, predicted = timed(
        lambda: np.stack([_predicted(siamese, model, trials, number) for number in range(PREDICTED)])
    )
    same = scores[:PREDICTED].argmax(axis=1) == predicted.argmax(axis=1)
    check_agreement(bool(same.all()), "picking")
    return [speedup("one-shot", ours, baseline * TRIALS / PREDICTED, TRIALS, "at least 20, same picks")]


def _siamese(model: Checkpoint):
    """Return the network of pairs: both images through the encoder, then the head."""
    from keras import Input, Model

    sides = [Input(model.encoder.input_shape[1:]) for _ in range(2)]
    return Model(sides, model.head(*(model.encoder(side) for side in sides)))


def _predicted(siamese, model: Checkpoint, trials: OneShotTrials, number: int) -> np.ndarray:
    """Return the logits (ways,) of one trial."""
    query = model.batch([trials.read(int(trials.query[number]))] * WAYS)
    support = model.batch([trials.read(int(each)) for each in trials.support[number, :, 0]])
    return siamese.predict([query, support], verbose=0)
