"""Adapting a head on embeddings made by hand, where what is to be found was planted."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from siamese_core.retraining.adapting import (
    AXES,
    LEAST_SCALE,
    REPLAYED,
    SCALE_PRECISION,
    SHIFT_PRECISION,
    STRENGTHS,
    Adaptation,
    Evidence,
    adapt,
    fit,
)

DIM = 12


def evidence(seed: int, count: int, planted: np.ndarray | None = None, dim: int = DIM) -> Evidence:
    """Pairs of images of their own. Their answers are drawn from the log-odds base - gaps @ planted."""
    rng = np.random.default_rng(seed)
    gaps = np.abs(rng.normal(size=(count, dim))).astype("float32")
    base = 1.5 * rng.normal(size=count)
    log_odds = base if planted is None else base - gaps @ planted
    same = rng.random(count) < 1 / (1 + np.exp(-log_odds))
    return Evidence(base, gaps, same, np.ones(count), np.arange(2 * count).reshape(-1, 2))


def random_labels(seed: int, count: int) -> Evidence:
    return replace(evidence(seed, count), same=np.random.default_rng([seed, 1]).random(count) < 0.5)


def planted_weights(size: float = 3.0) -> np.ndarray:
    """One dimension that the parent overlooks, centred so that the balance of the answers stays."""
    weights = np.zeros(DIM)
    weights[4], weights[5] = size, -size
    return weights


def log_loss(found: Adaptation, on: Evidence) -> float:
    log_odds = found.log_odds(on.base, on.gaps)
    return float(np.mean(np.logaddexp(0, log_odds) - on.same * log_odds))


PARENT = Adaptation(1.0, 0.0, np.zeros(DIM), 1.0)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def posterior(coefficients: np.ndarray, on: Evidence, strength: float) -> float:
    """Minus the log of likelihood times prior, pair by pair."""
    scale, shift, weights = coefficients[0], coefficients[1], coefficients[2:]
    loss = SCALE_PRECISION * (scale - 1) ** 2 / 2 + SHIFT_PRECISION * shift**2 / 2
    loss += strength * sum(weight**2 for weight in weights) / 2
    for base, gap, same, weight in zip(on.base, on.gaps, on.same, on.weight, strict=True):
        log_odds = scale * base + shift - sum(gap * weights)
        chance = 1 / (1 + np.exp(-log_odds))
        loss -= weight * np.log(chance if same else 1 - chance)
    return loss


@pytest.mark.parametrize("strength", [0.01, 1.0, 100.0])
def test_the_fit_is_the_optimum_that_another_optimiser_finds(strength):
    on = evidence(1, 40, planted_weights(), dim=DIM)
    on = replace(on, weight=np.random.default_rng(2).uniform(0.2, 3, 40))
    found = fit(on, strength)
    start = np.r_[1.0, np.zeros(DIM + 1)]
    best = minimize(posterior, start, (on, strength), method="BFGS", options={"gtol": 1e-6})
    got = np.r_[found.scale, found.shift, found.weights]
    np.testing.assert_allclose(got, best.x, atol=2e-4)
    assert posterior(got, on, strength) <= best.fun + 1e-8


def test_a_pair_of_weight_two_counts_as_two():
    on = evidence(3, 30, planted_weights())
    twice = np.r_[np.arange(30), np.arange(10)]
    doubled, weighted = fit(on.part(twice), 1.0), fit(replace(on, weight=1.0 + (np.arange(30) < 10)), 1.0)
    np.testing.assert_allclose(weighted.weights, doubled.weights, atol=1e-6)
    assert weighted.scale == pytest.approx(doubled.scale) and weighted.shift == pytest.approx(doubled.shift)


def test_no_answers_leave_the_parent_as_it_was():
    found = fit(evidence(0, 10).part(np.zeros(10, bool)), 1.0)
    assert (found.scale, found.shift) == (1.0, 0.0) and not found.weights.any()


def test_a_planted_weight_is_recovered():
    planted = planted_weights()
    found = adapt(evidence(5, 3000, planted), rng())
    assert found.scale == pytest.approx(1.0, abs=0.2) and abs(found.shift) < 0.5
    np.testing.assert_allclose(found.weights, planted, atol=0.5)


def test_it_predicts_new_pairs_better_than_the_parent_does():
    planted, new = planted_weights(), evidence(6, 2000, planted_weights())
    losses = [log_loss(adapt(evidence(7, count, planted), rng()), new) for count in (100, 400, 1600)]
    assert log_loss(PARENT, new) > losses[0] > losses[1] > losses[2]


def test_more_dimensions_than_pairs_are_learned_from():
    wide = 300
    planted = np.zeros(wide)
    planted[:2] = 4.0, -4.0
    on, new = evidence(8, 210, planted, wide), evidence(9, 500, planted, wide)
    assert AXES < 210 < wide
    found, parent = adapt(on, rng()), replace(PARENT, weights=np.zeros(wide))
    assert found.weights.shape == (wide,)
    assert log_loss(found, new) < log_loss(parent, new)


def test_twenty_answers_that_agree_with_the_parent_move_little():
    new = evidence(99, 500)
    found = [adapt(evidence(seed, 20), rng()) for seed in range(8)]
    moved = [np.abs(each.log_odds(new.base, new.gaps) - new.base).mean() for each in found]
    assert np.median(moved) < 0.5 * np.abs(new.base).mean()
    assert np.median([log_loss(each, new) for each in found]) < log_loss(PARENT, new) + 0.05


@pytest.mark.parametrize("seed", range(3))
def test_random_labels_choose_a_strong_prior_and_lose_confidence(seed):
    found, new = adapt(random_labels(seed, 300), rng()), evidence(99, 500)
    assert found.strength >= STRENGTHS[-3]
    log_odds = found.log_odds(new.base, new.gaps)
    assert np.abs(log_odds).mean() < 0.5 * np.abs(new.base).mean()


@pytest.mark.parametrize("seed", range(2))
def test_true_labels_of_another_domain_choose_a_weak_prior(seed):
    assert adapt(evidence(seed, 1000, planted_weights()), rng()).strength <= STRENGTHS[3]


def test_answers_that_say_the_contrary_never_turn_the_parents_order_round():
    on = evidence(11, 200)
    found = fit(replace(on, same=~on.same), 1e4)
    assert found.scale == pytest.approx(LEAST_SCALE)
    flat = np.zeros((3, DIM))
    order = found.log_odds(np.array([-1.0, 0.0, 1.0]), flat)
    assert order[0] < order[1] < order[2]


def test_at_the_least_scale_the_rest_is_still_the_best_there_is():
    on = evidence(12, 100)
    on = replace(on, same=~on.same, base=on.base + 1.0)
    found = fit(on, 1.0)
    best = minimize(
        lambda rest: posterior(np.r_[LEAST_SCALE, rest], on, 1.0), np.zeros(DIM + 1), method="BFGS"
    )
    np.testing.assert_allclose(np.r_[found.shift, found.weights], best.x, atol=1e-3)


def test_where_what_is_found_is_not_allowed_a_stronger_prior_takes_its_place():
    on, seen = evidence(21, 300, planted_weights()), []

    def allowed(found: Adaptation) -> bool:
        seen.append(found)
        return np.abs(found.weights).max() < 0.5

    free, held = adapt(on, rng()), adapt(on, rng(), allowed)
    assert np.abs(free.weights).max() > 1 > 0.5 > np.abs(held.weights).max()
    assert [each.strength for each in seen] == sorted(each.strength for each in seen)
    assert seen[0].strength == free.strength < seen[-1].strength == held.strength


def test_where_nothing_is_allowed_the_strongest_prior_remains():
    on = evidence(21, 100, planted_weights())
    assert adapt(on, rng(), lambda found: False).strength == STRENGTHS[-1]


def test_replayed_pairs_always_train_and_hold_the_answers_back():
    answers = evidence(13, 60, planted_weights(6.0))
    known = replace(evidence(14, 400), identity=np.full((400, 2), REPLAYED))
    alone, held = adapt(answers, rng()), adapt(answers.joined(known), rng())
    new = evidence(15, 500)
    assert log_loss(held, new) < log_loss(alone, new)


def test_pairs_of_the_same_identities_do_not_judge_each_other():
    """Else what was learned by heart would look like knowledge."""
    shown_again = np.repeat(np.arange(20), 10)
    of_identities = random_labels(16, 20).part(shown_again)
    of_pairs = replace(of_identities, identity=np.arange(400).reshape(-1, 2))
    assert adapt(of_identities, rng()).strength > adapt(of_pairs, rng()).strength


def test_a_head_without_weights_gets_a_scale_and_a_shift_only():
    on = evidence(17, 500)
    on = replace(on, base=3 * on.base - 2, gaps=np.zeros((500, 1), "float32"))
    found = adapt(on, rng())
    assert not found.weights.any()
    assert found.scale == pytest.approx(1 / 3, abs=0.1)
    assert found.shift == pytest.approx(2 / 3, abs=0.3)


def test_gaps_of_any_length_give_the_same_log_odds():
    on, new = evidence(18, 300, planted_weights()), evidence(19, 100)
    long = replace(on, gaps=1000 * on.gaps)
    np.testing.assert_allclose(
        adapt(long, rng()).log_odds(new.base, 1000 * new.gaps),
        adapt(on, rng()).log_odds(new.base, new.gaps),
        atol=1e-3,
    )


def test_the_same_generator_gives_the_same_adaptation():
    on = evidence(20, 100, planted_weights())
    first, again = adapt(on, rng()), adapt(on, rng())
    assert first.scale == again.scale and first.strength == again.strength
    np.testing.assert_array_equal(first.weights, again.weights)
