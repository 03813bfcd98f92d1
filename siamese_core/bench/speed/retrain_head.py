"""Benchmark `retrain-head`: a metric fitted on cached embeddings, against `fit` with the network inside."""

import numpy as np

from siamese_core.bench.speed.benchmark import Benchmark, LoadModel, check_agreement, cost, speedup, timed
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.metric_learning.cross_validation import LabelledPairs
from siamese_core.retraining.head_training import learned_head
from siamese_core.retraining.replay import Replay

IMAGES, ANSWERS = 200, 1000  # of the replay set
EPOCHS = 10  # of the plain way
FITTED = 64  # answers that it takes for one epoch: each costs the same
MANY_IMAGES, MANY_ANSWERS, IDENTITIES = 2000, 100_000, 200  # made embeddings
MOST_SECONDS = 300.0


def measure(load_model: LoadModel) -> list[Benchmark]:
    """Measure fitting a head to pairs of the replay set, and to many answers on made embeddings.

    The plain way freezes the network and fits the head behind it for ten epochs, which embeds both images of
    every pair each time. One epoch of `FITTED` pairs stands for all.
    """
    model = load_model()
    data = Replay().dataset
    rng = np.random.default_rng(0)
    rows = rng.choice(len(data), IMAGES, replace=False)
    rows = rows[np.argsort(data.labels[rows], kind="stable")]
    images = [data.image(int(row)) for row in rows]
    answers = _answers(data.labels[rows], ANSWERS, rng)
    embeddings = model.embed(images)
    ours, head = timed(lambda: learned_head(model, embeddings, answers, np.random.default_rng(0)))
    check_agreement(head is not None, "learning from the answers")
    baseline = _plain(model, images, answers) * EPOCHS * ANSWERS / FITTED
    many, limit = _many(model), MOST_SECONDS
    return [
        speedup("retrain-head", ours, baseline, ANSWERS, "at least 50"),
        cost("retrain-head 100,000", many, limit, MANY_ANSWERS, "at most 1 (of 5 minutes)"),
    ]


def _answers(labels: np.ndarray, count: int, rng: np.random.Generator) -> LabelledPairs:
    """Draw pairs of images, half of them of one class where there are as many."""
    left, right = np.triu_indices(len(labels), 1)
    same = labels[left] == labels[right]
    kinds = [rng.permutation(np.flatnonzero(kind))[: count // 2] for kind in (same, ~same)]
    chosen = np.concatenate([kinds[0], rng.permutation(np.flatnonzero(~same))[: count - len(kinds[0])]])
    return LabelledPairs(left[chosen], right[chosen], same[chosen])


def _plain(model: Checkpoint, images: list[np.ndarray], answers: LabelledPairs) -> float:
    """Return the seconds of an epoch of `FITTED` pairs."""
    import keras

    model.encoder.trainable = False
    sides = [keras.Input(model.encoder.input_shape[1:]) for _ in range(2)]
    apart = keras.ops.abs(model.encoder(sides[0]) - model.encoder(sides[1]))
    siamese = keras.Model(sides, keras.layers.Dense(1, activation="sigmoid")(apart))
    siamese.compile("adam", "binary_crossentropy")
    prepared = model.batch(images)
    some = slice(0, FITTED)
    pairs = [prepared[side[some]] for side in (answers.left, answers.right)]
    same = answers.same[some].astype("float32")
    siamese.fit([side[:32] for side in pairs], same[:32], verbose=0)  # compiles
    return timed(lambda: siamese.fit(pairs, same, batch_size=32, verbose=0))[0]


def _many(model: Checkpoint) -> float:
    """Return the seconds that fitting to `MANY_ANSWERS` takes."""
    rng = np.random.default_rng(1)
    labels = np.repeat(np.arange(IDENTITIES), MANY_IMAGES // IDENTITIES)
    dim = model.encoder.output_shape[-1]
    centres = rng.random((IDENTITIES, dim), np.float32)
    embeddings = 0.5 * centres[labels] + 0.5 * rng.random((len(labels), dim), np.float32)
    left, right = rng.integers(len(labels), size=(2, 2 * MANY_ANSWERS))
    other = labels[left] * (MANY_IMAGES // IDENTITIES) + rng.integers(
        MANY_IMAGES // IDENTITIES, size=len(left)
    )
    right = np.where(rng.random(len(left)) < 0.5, other, right)
    kept = np.flatnonzero(left != right)[:MANY_ANSWERS]
    answers = LabelledPairs(left[kept], right[kept], (labels[left] == labels[right])[kept])
    return timed(lambda: learned_head(model, embeddings, answers, np.random.default_rng(0)))[0]
