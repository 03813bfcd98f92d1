import keras
import numpy as np
import pytest
from keras import ops

from siamese_core.errors import UserError
from siamese_core.metric_learning.two_covariance import MOST_AXES, MOST_EXEMPLARS, Metric
from siamese_core.networks.heads import (
    EXEMPLAR_GAIN,
    EXEMPLAR_LIMIT,
    EXEMPLAR_SLOPE,
    HEADS,
    learned_cosine,
    make_head,
)

DIM = 6


def embeddings(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, DIM)).astype("float32")


def built_head(name: str) -> keras.layers.Layer:
    """A head with weights of both signs."""
    if name == "learnt_cosine":
        return learned_cosine(some_metric())
    head = make_head(name)
    head.build((None, DIM), (None, DIM))
    rng = np.random.default_rng(9)
    head.set_weights([rng.normal(size=weight.shape) for weight in head.get_weights()])
    return head


def some_metric() -> Metric:
    """One axis counts more, one less; two exemplars are known."""
    rng = np.random.default_rng(9)
    axes = np.linalg.qr(rng.normal(size=(DIM, 2)))[0] * [1.5, 0.7]
    signs, scale = np.array([1.0, -1.0]), rng.uniform(0.5, 2, DIM)
    return Metric(scale, 0.5, rng.normal(size=DIM) / 5, axes, signs, rng.normal(size=(2, DIM)))


def naive_cosine(metric: Metric, first: np.ndarray, second: np.ndarray) -> float:
    form = np.eye(DIM) + metric.axes @ np.diag(metric.signs) @ metric.axes.T
    return first @ form @ second / ((first @ form @ first) * (second @ form @ second)) ** 0.5


def naive_learned_logit(left: np.ndarray, right: np.ndarray) -> float:
    metric, points, chances = some_metric(), [], []
    for image in (left, right):
        root = np.array([np.copysign(abs(number) ** 0.5, number) for number in image * metric.scale])
        points.append(root / sum(root * root) ** 0.5 - metric.centre)
        alike = [naive_cosine(metric, points[-1], exemplar) for exemplar in metric.exemplars]
        odds = [np.exp(EXEMPLAR_SLOPE * (each - EXEMPLAR_LIMIT)) for each in alike]
        chances.append([each / (1 + sum(odds)) for each in odds])
    known = sum(a * b for a, b in zip(*chances, strict=True))
    return naive_cosine(metric, *points) + EXEMPLAR_GAIN * known


def naive_logit(head: keras.layers.Layer, left: np.ndarray, right: np.ndarray) -> float:
    """Number by number."""
    if head.name == "weighted_l1":
        weight, bias = head.get_weights()
        return bias - sum(w * abs(a - b) for w, a, b in zip(weight, left, right, strict=True))
    if head.name == "euclidean":
        return -(sum((a - b) ** 2 for a, b in zip(left, right, strict=True)) ** 0.5)
    if head.name == "learnt_cosine":
        return naive_learned_logit(left, right)
    lengths = [sum(a * a for a in vector) ** 0.5 for vector in (left, right)]
    return sum(a * b for a, b in zip(left, right, strict=True)) / (lengths[0] * lengths[1])


@pytest.mark.parametrize("name", HEADS)
def test_logits_are_those_of_a_naive_loop(name):
    head, left, right = built_head(name), embeddings(5, 1), embeddings(5, 2)
    expected = [naive_logit(head, a, b) for a, b in zip(left, right, strict=True)]
    logits = ops.convert_to_numpy(head(left, right))
    assert logits.shape == (5,)
    assert logits == pytest.approx(expected, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("name", HEADS)
def test_pairwise_agrees_with_row_by_row(name):
    head, left, right = built_head(name), embeddings(4, 1), embeddings(7, 2)
    pairwise = ops.convert_to_numpy(head.pairwise(ops.convert_to_tensor(left), ops.convert_to_tensor(right)))
    assert pairwise.shape == (4, 7)
    for column in range(7):
        rows = ops.convert_to_numpy(head(left, np.tile(right[column], (4, 1))))
        assert pairwise[:, column] == pytest.approx(rows, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("name", HEADS)
def test_arrays_and_tensors_give_the_same(name):
    head, left, right = built_head(name), embeddings(3, 1), embeddings(3, 2)
    for compare in (head, head.pairwise):
        given = [compare(left, right), compare(ops.convert_to_tensor(left), ops.convert_to_tensor(right))]
        assert np.array_equal(*(ops.convert_to_numpy(logits) for logits in given))


@pytest.mark.parametrize("name", HEADS)
def test_order_means_nothing(name):
    head, left, right = built_head(name), embeddings(5, 1), embeddings(5, 2)
    there, back = (ops.convert_to_numpy(logits) for logits in (head(left, right), head(right, left)))
    assert there == pytest.approx(back, rel=1e-6)


@pytest.mark.parametrize("name", HEADS)
def test_a_new_head_s_logit_grows_with_likeness(name):
    head, image = make_head(name), embeddings(1, 1)
    step = embeddings(1, 2)
    logits = [float(head(image, image + share * step)[0]) for share in (0, 0.1, 0.5, 1)]
    assert logits == sorted(logits, reverse=True)
    assert logits[0] > logits[-1]


@pytest.mark.parametrize("name", HEADS)
@pytest.mark.parametrize("vector", ["random", "zero"])
def test_gradients_are_finite_at_identical_pairs(name, vector):
    import tensorflow as tf

    head = make_head(name)
    same = embeddings(3, 1) if vector == "random" else np.zeros((3, DIM), "float32")
    left, right = tf.Variable(same), tf.Variable(same)
    for compare in (head, head.pairwise):
        with tf.GradientTape() as tape:
            logits = compare(tf.convert_to_tensor(left), tf.convert_to_tensor(right))
        assert np.isfinite(logits).all()
        found = tape.gradient(logits, [left, right, *head.trainable_variables])
        assert all(np.isfinite(gradient).all() for gradient in found)


@pytest.mark.parametrize(("name", "logit"), [("weighted_l1", 0.0), ("euclidean", 0.0), ("cosine", 1.0)])
def test_identical_embeddings_get_the_highest_logit(name, logit):
    assert float(make_head(name)(embeddings(1, 1), embeddings(1, 1))[0]) == pytest.approx(logit, abs=1e-5)


def test_weighted_l1_learns_a_weight_for_each_dimension_and_a_bias():
    head = make_head("weighted_l1")
    head.build((None, DIM), (None, DIM))
    assert [weight.shape for weight in head.get_weights()] == [(DIM,), ()]
    assert head.count_params() == DIM + 1


def test_an_unknown_head_gets_the_choices():
    with pytest.raises(UserError, match="weighted_l1, euclidean, cosine, learnt_cosine. Received: 'l2'"):
        make_head("l2")


def test_a_learned_cosine_has_room_for_more_than_a_metric_has():
    shapes = [weight.shape for weight in learned_cosine(some_metric()).get_weights()]
    assert shapes == [
        (DIM,),
        (),
        (DIM,),
        (DIM, MOST_AXES),
        (MOST_AXES,),
        (MOST_EXEMPLARS, DIM),
        (MOST_EXEMPLARS,),
    ]


def test_a_difference_is_never_rewarded_however_training_pulls():
    head = make_head("weighted_l1")
    head.build((None, DIM), (None, DIM))
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build(head.trainable_variables)
    pull = [ops.array([5.0, -1.0, 5.0, -1.0, 5.0, -1.0]), ops.array(0.0)]
    optimizer.apply(pull, head.trainable_variables)
    weight = ops.convert_to_numpy(head.weight)
    assert (weight[::2] == 0).all() and (weight[1::2] > 1).all()
