"""Splitting answered pairs: held for random graphs of answers, and on graphs whose right split is known."""

import functools

import numpy as np
import pytest

from siamese_core.data.components import named_components
from siamese_core.retraining.holdout import SHARE, Split, identities, split

SEEDS = range(5)


def answers(seed: int, n_images: int, n_classes: int, count: int) -> tuple[list[str], list[str], np.ndarray]:
    """True answers to pairs of images of random classes, half of them same."""
    rng = np.random.default_rng(seed)
    label = rng.integers(n_classes, size=n_images)
    left, right = [], []
    while len(left) < count:
        first, second = rng.choice(n_images, 2, replace=False)
        if (label[first] == label[second]) == (len(left) % 2 == 0):
            left.append(f"image {first}")
            right.append(f"image {second}")
    return left, right, np.arange(count) % 2 == 0


def pairs_of_their_own(count: int) -> tuple[list[str], list[str], np.ndarray]:
    return (
        [f"left {i}" for i in range(count)],
        [f"right {i}" for i in range(count)],
        np.arange(count) % 2 == 0,
    )


def images_of(left: list[str], right: list[str], chosen: np.ndarray) -> set[str]:
    return {side[i] for side in (left, right) for i in np.flatnonzero(chosen)}


GRAPHS = {
    "pairs of their own": lambda seed: pairs_of_their_own(40 + seed),
    "few answers": lambda seed: answers(seed, 20, 5, 8 + seed),
    "many small groups": lambda seed: answers(seed, 900, 300, 200),
    "one giant group": lambda seed: answers(seed, 120, 30, 400),
    "giant and small groups": lambda seed: tuple(
        np.concatenate([np.asarray(one), np.asarray(other)])
        for one, other in zip(answers(seed, 40, 10, 90), pairs_of_their_own(60), strict=True)
    ),
}


@functools.cache
def case(graph: str, seed: int) -> tuple[list[str], list[str], np.ndarray, Split]:
    left, right, same = GRAPHS[graph](seed)
    return left, right, same, split(left, right, same, np.random.default_rng(seed))


each_graph = pytest.mark.parametrize("graph", GRAPHS)


def test_identities_are_tied_by_same_only():
    found = identities(["a", "b", "c"], ["b", "c", "d"], np.array([True, False, True]))
    assert found.shape == (3, 2)
    assert found[0, 0] == found[0, 1] == found[1, 0]
    assert found[1, 1] == found[2, 0] == found[2, 1] != found[0, 0]


@each_graph
@pytest.mark.parametrize("seed", SEEDS)
def test_no_image_and_no_identity_is_on_both_sides(graph, seed):
    left, right, same, parts = case(graph, seed)
    assert not images_of(left, right, parts.training) & images_of(left, right, parts.holdout)
    identity = identities(left, right, same)
    assert not set(identity[parts.training].ravel()) & set(identity[parts.holdout].ravel())


@each_graph
@pytest.mark.parametrize("seed", SEEDS)
def test_a_pair_trains_or_judges_or_is_dropped(graph, seed):
    left, right, same, parts = case(graph, seed)
    np.testing.assert_array_equal(
        parts.training.astype(int) + parts.holdout + parts.dropped, np.ones(len(same), int)
    )


@each_graph
@pytest.mark.parametrize("seed", SEEDS)
def test_a_different_pair_that_could_stand_on_one_side_is_not_dropped(graph, seed):
    """Pairs are dropped only where an image would train and judge, or where the holdout is full.

    Dropped `different` pairs tie an identity that judges to one that does not, or are surplus in the holdout;
    `same` pairs are surplus in the holdout: none has an image that trains on both its sides.
    """
    left, right, same, parts = case(graph, seed)
    training = images_of(left, right, parts.training)
    for i in np.flatnonzero(parts.dropped):
        assert not {left[i], right[i]} <= training


@each_graph
@pytest.mark.parametrize("seed", SEEDS)
def test_about_the_wanted_share_judges_and_most_train(graph, seed):
    left, right, same, parts = case(graph, seed)
    assert 0.1 <= parts.holdout.mean() <= 0.45
    assert parts.training.mean() >= 0.2
    assert 0 < same[parts.training].sum() < parts.training.sum()


@pytest.mark.parametrize("seed", SEEDS)
def test_pairs_of_their_own_are_split_by_the_share_and_none_is_dropped(seed):
    left, right, same = pairs_of_their_own(100)
    parts = split(left, right, same, np.random.default_rng(seed))
    assert parts.holdout.sum() == SHARE * 100 and not parts.dropped.any()
    assert same[parts.holdout].sum() == 15


@pytest.mark.parametrize("seed", SEEDS)
def test_a_large_group_trains_where_the_others_are_enough_to_judge_by(seed):
    left, right, same = pairs_of_their_own(100)
    left[:50] = ["hub"] * 50
    same[:50] = np.arange(50) % 2 == 1
    parts = split(left, right, same, np.random.default_rng(seed))
    assert parts.training[:50].all() and not parts.dropped.any()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_giant_group_is_cut_along_identities_and_stays_balanced(seed):
    left, right, same, parts = case("one giant group", seed)
    assert len(set(named_components(left, right).values())) == 1
    assert parts.dropped.any()
    assert abs(same[parts.holdout].mean() - same.mean()) < 0.02


def test_answers_that_call_everything_the_same_are_cut_nevertheless():
    images = [f"image {number}" for number in range(40)]
    left, right = [*images[:-1], images[0]], [*images[1:], images[5]]
    same = np.array([True] * 39 + [False])
    parts = split(left, right, same, np.random.default_rng(0))
    assert not images_of(left, right, parts.training) & images_of(left, right, parts.holdout)
    assert parts.training[-1] and not parts.holdout.any()  # the only different pair trains


def test_a_few_wrong_answers_do_not_make_one_identity_of_all_identities():
    """Thirty true identities of four images; some of their images are wrongly called the same."""
    rng = np.random.default_rng(0)
    true = [
        (4 * identity + a, 4 * identity + b) for identity in range(30) for a in range(4) for b in range(a)
    ]
    wrong = [tuple(rng.choice(120, 2, replace=False)) for _ in range(40)]
    left, right = ([str(pair[side]) for pair in [*true, *wrong]] for side in (0, 1))
    found = identities(left, right, np.ones(len(left), bool))
    number = dict(zip([*left, *right], found.T.ravel(), strict=True))
    sizes = np.unique(list(number.values()), return_counts=True)[1]
    assert np.bincount(list(named_components(left, right).values())).max() > 100
    assert len(sizes) >= 5 and sizes.max() <= 0.2 * 120
    whole = [len({number[str(4 * identity + image)] for image in range(4)}) == 1 for identity in range(30)]
    assert np.mean(whole) > 0.7


@pytest.mark.parametrize("rare", [True, False])
def test_the_only_pair_of_a_kind_trains(rare):
    left, right, _ = pairs_of_their_own(8)
    same = np.full(8, not rare)
    same[3] = rare
    parts = split(left, right, same, np.random.default_rng(0))
    assert parts.training[3] and parts.holdout.sum() == 2


@pytest.mark.parametrize("graph", ["pairs of their own", "one giant group"])
def test_the_same_generator_gives_the_same_split_and_another_seed_another(graph):
    left, right, same = GRAPHS[graph](0)

    def of(seed: int) -> Split:
        return split(left, right, same, np.random.default_rng(seed))

    first, again = of(1), of(1)
    for name in ("training", "holdout", "dropped"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    assert any(not np.array_equal(of(seed).holdout, first.holdout) for seed in range(2, 8))
