import math

import numpy as np
import pytest
from keras import ops

from siamese_core.networks.heads import make_head
from siamese_core.networks.losses import LOSSES, MARGIN


def batch(labels: list[int], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits of about the size that distances have, symmetrical, and labels."""
    noise = np.random.default_rng(seed).normal(-0.7, 0.6, (len(labels), len(labels)))
    return (0.5 * (noise + noise.T)).astype("float32"), np.array(labels)


def truth_of(labels: np.ndarray) -> np.ndarray:
    return (labels[:, None] == labels[None]).astype("int32")


def pairs_of(truth: np.ndarray, kind: int) -> list[tuple[int, int]]:
    return [(i, j) for i, j in zip(*np.nonzero(truth == kind), strict=True) if i != j]


def mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def naive_pairwise(logits: np.ndarray, truth: np.ndarray) -> float:
    positives, negatives = pairs_of(truth, 1), pairs_of(truth, 0)
    cross_entropy = [
        mean([math.log(1 + math.exp(-logits[pair])) for pair in positives]),
        mean([math.log(1 + math.exp(logits[pair])) for pair in negatives]),
    ]
    ranking = []
    for anchor, positive in positives:
        others = [math.exp(logits[i, j]) for i, j in negatives if i == anchor]
        best = math.exp(logits[anchor, positive])
        ranking.append(-math.log(best / (best + sum(others))))
    return 0.5 * mean(cross_entropy) + mean(ranking)


def naive_contrastive(logits: np.ndarray, truth: np.ndarray) -> float:
    pull = [logits[pair] ** 2 for pair in pairs_of(truth, 1)]
    push = [max(MARGIN + logits[pair], 0) ** 2 for pair in pairs_of(truth, 0)]
    return 0.5 * (mean(pull) + mean(push))


NAIVE = {"pairwise": naive_pairwise, "contrastive": naive_contrastive}
LABELS = {
    "several classes": [0, 0, 1, 1, 1, 2, 0],
    "no positives": [0, 1, 2, 3],
    "no negatives": [4, 4, 4],
    "one image": [7],
}

each_loss = pytest.mark.parametrize("name", LOSSES)


def loss(name: str, logits: np.ndarray, known: np.ndarray) -> float:
    return float(LOSSES[name](ops.convert_to_tensor(logits), ops.convert_to_tensor(known)))


@each_loss
@pytest.mark.parametrize("case", LABELS)
def test_a_loss_is_that_of_a_naive_loop(name, case):
    logits, labels = batch(LABELS[case])
    assert loss(name, logits, labels) == pytest.approx(NAIVE[name](logits, truth_of(labels)), rel=1e-5)


@each_loss
def test_truth_of_pairs_does_what_labels_do(name):
    logits, labels = batch(LABELS["several classes"])
    assert loss(name, logits, truth_of(labels)) == pytest.approx(loss(name, logits, labels), rel=1e-6)


@each_loss
def test_unknown_pairs_count_for_nothing(name):
    logits, labels = batch(LABELS["several classes"])
    truth = truth_of(labels)
    hidden = np.random.default_rng(1).random(truth.shape) < 0.4
    truth[hidden | hidden.T] = -1
    assert loss(name, logits, truth) == pytest.approx(NAIVE[name](logits, truth), rel=1e-5)
    elsewhere = np.where(truth == -1, logits + 50, logits)
    assert loss(name, elsewhere, truth) == pytest.approx(loss(name, logits, truth), rel=1e-5)


@each_loss
def test_a_batch_about_which_nothing_is_known_costs_nothing(name):
    assert loss(name, batch([0, 0, 1])[0], np.full((3, 3), -1)) == 0


@each_loss
def test_a_better_separation_costs_less(name):
    _, labels = batch(LABELS["several classes"])
    same = truth_of(labels)
    good, bad = np.where(same, 0, -2.0), np.where(same, -2.0, 0)
    assert loss(name, good.astype("float32"), labels) < 0.5 * loss(name, bad.astype("float32"), labels)


@each_loss
@pytest.mark.parametrize("scale", [1e3, -1e3])
def test_extreme_logits_give_finite_losses(name, scale):
    _, labels = batch(LABELS["several classes"])
    assert np.isfinite(loss(name, np.full((7, 7), scale, "float32"), labels))


def test_the_contrastive_loss_at_the_margin():
    """At distance 0.4, a positive pair is pulled with 0.16 and a negative one pushed with 0.36."""
    logits = np.array([[0, -0.4], [-0.4, 0]], "float32")
    assert loss("contrastive", logits, np.array([1, 1])) == pytest.approx(0.5 * 0.16)
    assert loss("contrastive", logits, np.array([1, 2])) == pytest.approx(0.5 * 0.36)
    assert loss("contrastive", 4 * logits, np.array([1, 2])) == 0


@each_loss
@pytest.mark.parametrize("head_name", ["weighted_l1", "euclidean", "cosine"])
@pytest.mark.parametrize("case", LABELS)
def test_gradients_are_finite_for_identical_embeddings(name, head_name, case):
    import tensorflow as tf

    head = make_head(head_name)
    head.build((None, 5), (None, 5))
    embeddings = tf.Variable(np.ones((len(LABELS[case]), 5), "float32"))
    with tf.GradientTape() as tape:
        tensor = tf.convert_to_tensor(embeddings)
        value = LOSSES[name](head.pairwise(tensor, tensor), tf.constant(LABELS[case]))
    assert np.isfinite(value)
    for gradient in tape.gradient(value, [embeddings, *head.trainable_variables]):
        assert gradient is None or np.isfinite(gradient).all()
