"""Fitting a head anew, with real small checkpoints and embeddings made by hand."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.small_checkpoints import small_checkpoint
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import load_checkpoint, save_checkpoint
from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.data.sampling import Pairs
from siamese_core.errors import UserError
from siamese_core.evaluation.protocols import ProtocolResult, VerificationTrials
from siamese_core.metric_learning.cross_validation import LabelledPairs
from siamese_core.metric_learning.learning import (
    DEFAULT_PRETRAINED,
    DEFAULT_TRAINED,
    MOST_IMAGES,
    learn,
)
from siamese_core.metrics import Calibration
from siamese_core.networks.heads import make_head
from siamese_core.retraining import head_training
from siamese_core.retraining.adapting import REPLAYED, Adaptation, Evidence
from siamese_core.retraining.answered_pairs import AnsweredPairs
from siamese_core.retraining.head_training import (
    REPLAY_WEIGHT,
    adapted,
    answers_evidence,
    learned_head,
    pairs_evidence,
    retrained_head,
    unlabelled_head,
)
from siamese_core.retraining.holdout import Split, split
from siamese_core.retraining.judging.gate import Judgement, Measured, judge
from siamese_core.training.validation import PrecomputedModel

COUNT = 40


@pytest.fixture(scope="module")
def weighted() -> Checkpoint:
    """koch: its head has a weight for each dimension."""
    checkpoint = small_checkpoint(0, "koch", 72)
    checkpoint.calibration = Calibration(0.7, -0.3)
    checkpoint.note(metrics={"accuracy": 1.0}, steps=5, data={"sha256": "ab"})
    checkpoint.id = "koch-0123456789ab"
    return checkpoint


@pytest.fixture(scope="module")
def plain() -> Checkpoint:
    """small_cnn: the Euclidean distance, nothing to learn."""
    return small_checkpoint(0)


def embeddings(model: Checkpoint, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.random((COUNT, model.encoder.output_shape[-1])).astype("float32")


def some_pairs() -> Pairs:
    rng = np.random.default_rng(1)
    left = rng.integers(COUNT // 2, size=30)
    return Pairs(left, left + COUNT // 2, rng.random(30) < 0.5)


def log_odds(model: Checkpoint, embedded: np.ndarray, pairs: Pairs) -> np.ndarray:
    return model.calibration.log_odds(model.logits(embedded[pairs.left], embedded[pairs.right]))


def assert_as_before(model: Checkpoint, calibration: Calibration, weights: list[np.ndarray]) -> None:
    assert model.calibration == calibration
    for array, former in zip(model.head.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(array, former)


def found(model: Checkpoint, scale: float = 1.6, shift: float = -0.4) -> Adaptation:
    dim = model.encoder.output_shape[-1] if model.head.weights else 1
    weights = np.random.default_rng(2).normal(0, 0.02, dim) if model.head.weights else np.zeros(1)
    return Adaptation(scale, shift, weights, 10.0)


@pytest.mark.parametrize("name", ["weighted", "plain"])
def test_a_candidates_log_odds_are_those_of_the_adaptation(name, request):
    model = request.getfixturevalue(name)
    embedded, pairs, change = embeddings(model), some_pairs(), found(model)
    evidence = pairs_evidence(model, embedded, pairs)
    candidate = adapted(model, change)
    got = log_odds(candidate, embedded, pairs)
    np.testing.assert_allclose(got, change.log_odds(evidence.base, evidence.gaps), atol=2e-4)
    assert np.abs(got - evidence.base).min() > 0.01
    one_against_all = candidate.pairwise_logits(embedded[:2], embedded)
    np.testing.assert_allclose(
        one_against_all[1], candidate.logits(embedded[1:2].repeat(COUNT, 0), embedded), atol=2e-4
    )


@pytest.mark.parametrize("name", ["weighted", "plain"])
def test_the_parent_is_left_as_it_was(name, request):
    model = request.getfixturevalue(name)
    calibration, weights = model.calibration, [each.copy() for each in model.head.get_weights()]
    card = model.card
    adapted(model, found(model))
    assert_as_before(model, calibration, weights)
    assert model.card == card


def test_a_head_without_weights_changes_its_calibration_only(plain):
    candidate = adapted(plain, found(plain, scale=2.0, shift=0.5))
    assert not candidate.head.weights
    assert candidate.calibration.slope == pytest.approx(2 * plain.calibration.slope)
    assert candidate.calibration.intercept == pytest.approx(2 * plain.calibration.intercept + 0.5)
    assert candidate.threshold == plain.threshold


def test_a_candidate_is_saved_and_loaded_as_any_checkpoint(weighted, tmp_path):
    candidate = adapted(weighted, found(weighted))
    saved = save_checkpoint(candidate, tmp_path / "candidate", quantise=False)
    embedded, pairs = embeddings(weighted), some_pairs()
    loaded = load_checkpoint(tmp_path / "candidate")
    assert loaded.id == saved.id != weighted.id
    np.testing.assert_allclose(
        log_odds(loaded, embedded, pairs), log_odds(candidate, embedded, pairs), atol=1e-5
    )


# evidence


def answered_pairs(pairs: Pairs) -> AnsweredPairs:
    count = len(pairs.same)
    training = np.arange(count) % 3 != 0
    return AnsweredPairs(
        ids=(),
        images=(),
        left=pairs.left,
        right=pairs.right,
        same=pairs.same,
        weight=np.linspace(0.5, 1.5, count),
        identity=np.stack([pairs.left, pairs.right], axis=1),
        parts=Split(training, ~training, np.zeros(count, bool)),
        rows=(),
        gone=0,
        until="",
        earlier=np.zeros(count, bool),
    )


def test_only_answers_that_train_are_evidence(weighted):
    embedded, pairs = embeddings(weighted), some_pairs()
    given = answered_pairs(pairs)
    evidence = answers_evidence(weighted, embedded, given)
    use = given.parts.training
    np.testing.assert_allclose(evidence.base, log_odds(weighted, embedded, pairs)[use], rtol=1e-6)
    np.testing.assert_array_equal(
        evidence.gaps, np.abs(embedded[pairs.left[use]] - embedded[pairs.right[use]])
    )
    np.testing.assert_array_equal(evidence.same, pairs.same[use])
    np.testing.assert_array_equal(evidence.weight, given.weight[use])
    np.testing.assert_array_equal(evidence.identity, given.identity[use])


def test_replayed_pairs_count_alike_and_always_train(weighted):
    evidence = pairs_evidence(weighted, embeddings(weighted), some_pairs())
    assert (evidence.weight == 1).all() and (evidence.identity == REPLAYED).all()


def labelled(model: Checkpoint, seed: int, count: int = 120) -> tuple[np.ndarray, Evidence]:
    """Embeddings whose first dimension alone tells what is same, which the parent does not know."""
    rng = np.random.default_rng(seed)
    embedded = rng.random((2 * count, model.encoder.output_shape[-1])).astype("float32") * 0.01
    same = np.arange(count) % 2 == 0
    embedded[:count, 0] = 0
    embedded[count:, 0] = np.where(same, 0, 1)
    pairs = Pairs(np.arange(count), np.arange(count) + count, same)
    evidence = pairs_evidence(model, embedded, pairs)
    return embedded, replace(evidence, identity=np.arange(2 * count).reshape(-1, 2))


def test_answers_teach_the_head_what_the_parent_does_not_know(weighted):
    _, answers = labelled(weighted, 0)
    _, new = labelled(weighted, 1)
    nothing = answers.part(np.zeros(len(answers), bool))
    candidate = retrained_head(weighted, answers, nothing, np.random.default_rng(0))
    weight = np.asarray(candidate.head.weight) - np.asarray(weighted.head.weight)
    assert weight.argmax() == 0 and weight[0] > 10 * np.abs(weight[1:]).max()
    logits = np.asarray(candidate.head.bias) - new.gaps @ np.asarray(candidate.head.weight)
    np.testing.assert_array_equal(candidate.calibration.log_odds(logits) >= 0, new.same)
    assert candidate.card.adaptation["prior_precision"] > 0


def test_a_head_changes_as_far_as_the_candidate_is_allowed(weighted):
    _, answers = labelled(weighted, 0, 40)
    nothing, former = answers.part(np.zeros(len(answers), bool)), np.asarray(weighted.head.weight)
    free, held = (
        np.asarray(retrained_head(weighted, answers, nothing, np.random.default_rng(0), allowed).head.weight)
        for allowed in (lambda _: True, lambda candidate: candidate.head.weight[0] < former[0] + 1)
    )
    assert former[0] < held[0] < former[0] + 1 < free[0]


def test_replayed_pairs_together_count_as_a_share_of_the_answers(plain):
    """Five times as many of the same replayed pairs weigh no more."""
    pairs, rng = some_pairs(), np.random.default_rng(3)
    answers = pairs_evidence(plain, embeddings(plain, 1), Pairs(pairs.left, pairs.right, ~pairs.same))
    answers = replace(answers, identity=rng.integers(10, size=answers.identity.shape))
    replay = pairs_evidence(plain, embeddings(plain), pairs)
    alone, once, often = (
        retrained_head(plain, answers, known, np.random.default_rng(0)).calibration
        for known in (replay.part(np.zeros(30, bool)), replay, replay.part(np.tile(np.arange(30), 5)))
    )
    assert 0 < REPLAY_WEIGHT <= 1
    assert once.slope == pytest.approx(often.slope) and once.intercept == pytest.approx(often.intercept)
    assert abs(once.intercept - alone.intercept) > 0.01
    photographs = replace(plain, card=replace(plain.card, trained_on=PHOTOGRAPHS))
    theirs = retrained_head(photographs, answers, replay, np.random.default_rng(0)).calibration
    assert theirs == alone  # the replayed pairs are of drawings


# a metric


def answered(rng: np.random.Generator, count: int, identities: int = 40, wrong: float | None = None) -> tuple:
    """Embeddings, 8 an identity, and answers: right ones, or at random, same by the chance `wrong`."""
    label = np.repeat(np.arange(identities), 8)
    shown = 4 + 0.3 * rng.normal(size=(len(label), 128))
    shown[:, :20] += 0.6 * rng.normal(size=(identities, 20))[label]
    shown[:, 20:40] += rng.normal(size=(len(label), 20))
    left, right = np.triu_indices(len(label), 1)
    same = label[left] == label[right]
    chosen = np.concatenate([rng.permutation(np.flatnonzero(kind))[: count // 2] for kind in (same, ~same)])
    told = same[chosen] if wrong is None else rng.random(len(chosen)) < wrong
    return np.maximum(shown, 0).astype("float32"), LabelledPairs(left[chosen], right[chosen], told)


@pytest.fixture(scope="module")
def cosine() -> Checkpoint:
    checkpoint = small_checkpoint(0)
    checkpoint.note(head="cosine")
    checkpoint.head = make_head("cosine")
    checkpoint.calibration = Calibration(20.0, -19.0)
    return checkpoint


def gate(parent: Checkpoint, shown: np.ndarray, given: LabelledPairs, seed: int) -> Judgement:
    """As a retraining judges, with a base protocol that nothing moves."""
    rng = np.random.default_rng(seed)
    ids = [[str(number) for number in side] for side in (given.left, given.right)]
    parts = split(*ids, given.same, rng)
    training = LabelledPairs(*(each[parts.training] for each in vars(given).values()))
    candidate = learned_head(parent, shown, training, rng) or parent
    base = ProtocolResult("base", "", "", np.ones(100, bool), 0.0)

    def measured(model: Checkpoint) -> Measured:
        judges = (each[parts.holdout] for each in (given.left, given.right, given.same))
        return Measured(VerificationTrials(int, *judges).evaluate(PrecomputedModel(model, shown)), base)

    return judge(measured(parent), measured(candidate))


def test_true_answers_open_the_gate(cosine):
    assert gate(cosine, *answered(np.random.default_rng(0), 400), 0).better


@pytest.mark.parametrize("tries", [2, pytest.param(20, marks=pytest.mark.soak)])
def test_a_thousand_random_answers_never_do(cosine, tries):
    for seed in range(tries):
        rng = np.random.default_rng(seed)
        judgement = gate(cosine, *answered(rng, 1000, wrong=rng.uniform(0.2, 0.8)), seed)
        assert not judgement.better, (seed, judgement.reason)


def test_a_learned_head_is_saved_and_loaded_as_any_checkpoint(cosine, tmp_path):
    shown, given = answered(np.random.default_rng(1), 200)
    candidate = learned_head(cosine, shown, given, np.random.default_rng(0))
    saved = save_checkpoint(candidate, tmp_path / "learned", quantise=False)
    loaded = load_checkpoint(tmp_path / "learned")
    assert loaded.id == saved.id and loaded.card.head == "learnt_cosine"
    assert loaded.card.learning["answers"] == 200
    np.testing.assert_allclose(
        loaded.logits(shown[:50], shown[50:100]), candidate.logits(shown[:50], shown[50:100]), atol=1e-5
    )
    np.testing.assert_allclose(
        np.diag(loaded.pairwise_logits(shown[:50], shown[50:100])),
        candidate.logits(shown[:50], shown[50:100]),
        atol=1e-4,
    )


def test_a_learned_head_learns_again_as_a_parent(cosine):
    shown, given = answered(np.random.default_rng(2), 200)
    first = learned_head(cosine, shown, given, np.random.default_rng(0))
    second = learned_head(first, shown, given, np.random.default_rng(0))
    np.testing.assert_allclose(second.head.get_weights()[2], first.head.get_weights()[2], atol=1e-6)


def test_the_default_setting_depends_on_whether_the_embeddings_were_trained_to_be_compared(
    cosine, monkeypatch
):
    """A head with weights shows that they were, and so do its children's, which keep the weights."""
    trained = replace(cosine, card=replace(cosine.card, head="weighted_l1"), head=make_head("weighted_l1"))
    trained.head.build((None, 128), (None, 128))
    trained.head.weight.assign(np.random.default_rng(0).uniform(0.1, 1, 128))
    shown, given = answered(np.random.default_rng(5), 200)
    defaults = []

    def noted(embeddings, answers, parent, rng, selection):
        defaults.append(selection.default)
        return learn(embeddings, answers, parent, rng, selection)

    monkeypatch.setattr(head_training, "learn", noted)
    for parent in (cosine, trained, learned_head(trained, shown, given, np.random.default_rng(0))):
        learned_head(parent, shown, given, np.random.default_rng(0))
    assert defaults == [DEFAULT_TRAINED, DEFAULT_PRETRAINED, DEFAULT_TRAINED, DEFAULT_TRAINED]


def test_answers_about_more_images_than_unlabelled_ones_fit_beside_are_learned_from(cosine):
    shown, given = answered(np.random.default_rng(3), 500, identities=125)
    assert len(np.unique([given.left, given.right])) > MOST_IMAGES
    assert learned_head(cosine, shown, given, np.random.default_rng(0)) is not None


def test_a_metric_of_images_alone_needs_no_answers(cosine):
    shown, _ = answered(np.random.default_rng(4), 2)
    head = unlabelled_head(cosine, shown)
    assert np.isfinite(head.pairwise_logits(shown[:20], shown[:20])).all()


def test_a_normalised_candidate_keeps_its_cohort_and_a_damaged_one_is_told(plain, tmp_path):
    embedded, pairs = embeddings(plain), some_pairs()
    candidate = plain.normalised_alike(embedded)
    saved = save_checkpoint(candidate, tmp_path / "candidate", quantise=False)
    loaded = load_checkpoint(tmp_path / "candidate")
    assert loaded.id == saved.id
    np.testing.assert_allclose(
        log_odds(loaded, embedded, pairs), log_odds(candidate, embedded, pairs), atol=1e-4
    )
    (tmp_path / "candidate" / "cohort.npz").write_bytes(b"cut off")
    with pytest.raises(UserError, match=r"cohort.npz must hold embeddings"):
        load_checkpoint(tmp_path / "candidate")
