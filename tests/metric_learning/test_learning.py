"""Metrics learned from answers, on embeddings whose useful directions are known."""

import numpy as np
import pytest

from siamese_core.metric_learning.cross_validation import LabelledPairs
from siamese_core.metric_learning.learning import (
    MOST_IMAGES,
    DefaultSetting,
    Selection,
    learn,
    unlabelled_metric,
)
from siamese_core.metric_learning.score_normalisation import normalised_by_last
from siamese_core.metric_learning.two_covariance import SETTINGS, Metric, Setting, powered
from siamese_core.metrics import roc_auc

DIM, EACH = 40, 8


def made(rng: np.random.Generator, identities: int) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings above 0: ten dimensions vary between identities, ten others only, and more, within."""
    label = np.repeat(np.arange(identities), EACH)
    found = 4 + 0.3 * rng.normal(size=(identities * EACH, DIM))
    found[:, :10] += 0.6 * rng.normal(size=(identities, 10))[label]
    found[:, 10:20] += rng.normal(size=(identities * EACH, 10))
    return np.maximum(found, 0).astype("float32"), label


def answers(label: np.ndarray, rng: np.random.Generator, wrong: float = 0.0) -> LabelledPairs:
    """150 of each kind."""
    left, right = np.triu_indices(len(label), 1)
    same = label[left] == label[right]
    chosen = np.concatenate([rng.permutation(np.flatnonzero(kind))[:150] for kind in (same, ~same)])
    answer = same[chosen] != (rng.random(len(chosen)) < wrong)
    return LabelledPairs(left[chosen], right[chosen], answer)


def cosine_of(embeddings: np.ndarray):
    points = powered(embeddings, 1.0)
    return lambda left, right: (points[left] * points[right]).sum(axis=1)


def area(metric: Metric | None, embeddings: np.ndarray, label: np.ndarray) -> float:
    """Under the ROC of all pairs; without a metric that of the cosine."""
    left, right = np.triu_indices(len(label), 1)
    if metric is None:
        return roc_auc(cosine_of(embeddings)(left, right), label[left] == label[right])
    return roc_auc(cosines(metric, embeddings)[left, right], label[left] == label[right])


def cosines(metric: Metric, embeddings: np.ndarray) -> np.ndarray:
    """Return the table of all pairs' scores, without exemplars."""
    points = powered(embeddings, metric.power) - metric.centre
    table = points @ (np.eye(DIM) + (metric.axes * metric.signs) @ metric.axes.T) @ points.T
    length = np.sqrt(np.diag(table))
    return table / length[:, None] / length


@pytest.fixture(scope="module")
def pool() -> tuple[np.ndarray, np.ndarray]:
    return made(np.random.default_rng(0), 20)


@pytest.fixture(scope="module")
def unseen() -> tuple[np.ndarray, np.ndarray]:
    return made(np.random.default_rng(1), 20)


@pytest.mark.parametrize(("wrong", "gain"), [(0.0, 0.7), (0.05, 0.6)])
def test_answers_help_with_identities_that_nobody_labelled(pool, unseen, wrong, gain):
    rng = np.random.default_rng(2)
    found = learn(pool[0], answers(pool[1], rng, wrong), cosine_of(pool[0]), rng)
    before, after = area(None, *unseen), area(found.metric, *unseen)
    assert 1 - after < (1 - gain) * (1 - before)
    assert found.loss < found.parent_loss


def test_images_alone_help_less_than_answers_do(pool, unseen):
    found = learn(
        pool[0],
        answers(pool[1], np.random.default_rng(3)),
        cosine_of(pool[0]),
        np.random.default_rng(3),
    )
    assert area(found.metric, *unseen) > area(unlabelled_metric(pool[0]), *unseen) + 0.02


@pytest.mark.parametrize("hard", [False, True])
def test_the_calibration_holds_for_random_pairs_however_hard_the_answered_ones_were(pool, unseen, hard):
    """On pairs of unseen identities both error rates are low."""
    given = answers(pool[1], np.random.default_rng(4))
    if hard:
        left, right = np.triu_indices(len(pool[1]), 1)
        hardest = np.argsort(-cosine_of(pool[0])(left, right))
        different = hardest[pool[1][left[hardest]] != pool[1][right[hardest]]][:150]
        same = np.flatnonzero(given.same)
        given = LabelledPairs(
            np.r_[given.left[same], left[different]], np.r_[given.right[same], right[different]], given.same
        )
    found = learn(pool[0], given, cosine_of(pool[0]), np.random.default_rng(4))
    left, right = np.triu_indices(len(unseen[1]), 1)
    table = cosines(found.metric, np.concatenate([unseen[0], pool[0]]))
    normalised = normalised_by_last(table, len(unseen[1]))
    called_same = found.calibration.similarity(normalised[left, right]) >= 0.5
    same = unseen[1][left] == unseen[1][right]
    missed, mistaken = 1 - called_same[same].mean(), called_same[~same].mean()
    assert missed < 0.2 and mistaken < 0.2


def test_the_best_that_is_allowed_is_learned(pool):
    given = answers(pool[1], np.random.default_rng(9))

    def learned(allowed):
        return learn(pool[0], given, cosine_of(pool[0]), np.random.default_rng(9), Selection(allowed=allowed))

    best = learned(lambda metric: True)
    other = learned(lambda metric: metric.power != best.metric.power)
    assert other.setting[0] != best.setting[0] and other.metric.power == other.setting[0]
    assert learned(lambda metric: False) is None


def test_another_setting_replaces_the_default_only_if_it_is_better_by_the_penalty(pool):
    """Much shrinkage leaves the ten dimensions that vary within identities. The default need not be one of
    `SETTINGS`."""
    given, much = answers(pool[1], np.random.default_rng(2)), (0.8, 2.0)

    def setting(penalty: float) -> Setting:
        parent, rng = cosine_of(pool[0]), np.random.default_rng(2)
        return learn(pool[0], given, parent, rng, Selection(DefaultSetting(much, penalty))).setting

    assert setting(1.0) in SETTINGS and setting(1.0)[1] < much[1]
    assert setting(3.0) == much


def test_a_setting_further_from_the_default_must_do_better_by_more():
    default = DefaultSetting((1.0, 1.5), 2.0)
    found = [
        default.penalty_of(each) for each in ((1.0, 1.5), (1.0, 4.0), (1.0, 0.7), (1.0, 0.3), (0.5, 0.3))
    ]
    assert found == [1, 2, 2, 4, 8]
    assert DefaultSetting((0.5, 0.5), 2.0).penalty_of((0.5, 0.7)) == 2  # also from between two steps


def test_too_few_answers_that_are_the_same_teach_nothing(pool):
    left, right = np.array([0, 8, 16]), np.array([1, 16, 24])
    few = LabelledPairs(left, right, np.array([True, False, False]))
    assert learn(pool[0], few, cosine_of(pool[0]), np.random.default_rng(0)) is None


def test_a_parent_that_is_always_right_is_kept(pool):
    def oracle(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return np.where(pool[1][left] == pool[1][right], 1.0, -1.0)

    rng = np.random.default_rng(5)
    assert learn(pool[0], answers(pool[1], rng), oracle, rng) is None


def test_the_same_seed_gives_the_same_metric(pool):
    given = answers(pool[1], np.random.default_rng(6))
    first, second = (learn(pool[0], given, cosine_of(pool[0]), np.random.default_rng(7)) for _ in range(2))
    assert first.setting == second.setting
    assert np.array_equal(first.metric.axes, second.metric.axes)


def test_of_many_images_that_nobody_compared_some_are_enough():
    rng = np.random.default_rng(8)
    embeddings, label = made(rng, 2 * MOST_IMAGES // EACH)
    known = label[: 20 * EACH]
    found = learn(embeddings, answers(known, rng), cosine_of(embeddings), rng)
    assert area(found.metric, embeddings[-200:], label[-200:]) > area(None, embeddings[-200:], label[-200:])
