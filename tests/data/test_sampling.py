import numpy as np
import pytest

from siamese_core.data.datasets import Dataset
from siamese_core.data.sampling import BatchShape, class_batch, members, sample_episodes, sample_pairs
from siamese_core.errors import UserError


def dataset(sizes: list[int], groups: list[int] | None = None, drawers: bool = False) -> Dataset:
    """Classes of so many images, in these groups, shuffled; drawers are numbered 1... in each class."""
    groups = groups or [0] * len(sizes)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    hands = (
        np.concatenate([np.arange(1, size + 1) for size in sizes]) if drawers else np.full(len(labels), -1)
    )
    order = np.random.default_rng(0).permutation(len(labels))
    return Dataset(
        names=tuple(f"{label}/{hand}.png" for label, hand in zip(labels[order], hands[order], strict=True)),
        labels=labels[order],
        classes=tuple(f"class {number}" for number in range(len(sizes))),
        class_group=np.array(groups),
        groups=tuple(f"group {number}" for number in range(max(groups) + 1)),
        drawers=hands[order],
        read=lambda index: b"",
    )


OMNIGLOT = dataset([20] * 24, [0] * 8 + [1] * 12 + [2] * 4, drawers=True)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_members_lists_the_images_of_every_class_in_order():
    found = members(np.array([3, 1, 3, 1, 7]))
    assert {label: indices.tolist() for label, indices in found.items()} == {1: [1, 3], 3: [0, 2], 7: [4]}


@pytest.mark.parametrize("shape", [(2, 1), (5, 1), (8, 3), (24, 5)])
def test_an_episode_has_its_shape_its_classes_and_no_image_twice(shape):
    for episode in sample_episodes(OMNIGLOT, rng(), shape, 50):
        assert episode.support.shape == shape
        classes = OMNIGLOT.labels[episode.support]
        assert (classes == classes[:, :1]).all()
        assert len(set(classes[:, 0])) == shape[0]
        assert OMNIGLOT.labels[episode.query] == classes[episode.target, 0]
        images = [*episode.support.ravel(), episode.query]
        assert len(set(images)) == len(images)


@pytest.mark.parametrize("k_shot", [1, 3])
def test_each_shot_is_by_one_drawer_and_the_query_by_another(k_shot):
    for episode in sample_episodes(OMNIGLOT, rng(), (6, k_shot), 50):
        hands = OMNIGLOT.drawers[episode.support]
        assert (hands == hands[:1]).all()
        assert len(set(hands[0])) == k_shot
        assert OMNIGLOT.drawers[episode.query] not in hands


def test_drawers_that_not_all_classes_share_still_give_other_images():
    data = dataset([2, 3, 20, 20], drawers=True)
    for episode in sample_episodes(data, rng(), (4, 1), 30):
        assert episode.query not in episode.support


def test_images_without_drawers_do():
    data = dataset([4] * 5)
    for episode in sample_episodes(data, rng(), (5, 3), 30):
        assert episode.query not in episode.support


def test_within_a_group_all_classes_are_of_it_and_groups_come_evenly():
    episodes = sample_episodes(OMNIGLOT, rng(), (4, 1), 600, within_group=True)
    groups = [set(OMNIGLOT.class_group[OMNIGLOT.labels[e.support.ravel()]]) for e in episodes]
    assert all(len(found) == 1 for found in groups)
    counts = np.bincount([found.pop() for found in groups])
    assert (np.abs(counts - 200) < 60).all()


def test_groups_that_are_too_small_are_left_out():
    for episode in sample_episodes(OMNIGLOT, rng(), (10, 1), 20, within_group=True):
        assert set(OMNIGLOT.class_group[OMNIGLOT.labels[episode.support.ravel()]]) == {1}


def test_across_groups_classes_mix_and_targets_come_evenly():
    episodes = sample_episodes(OMNIGLOT, rng(), (5, 1), 1000)
    mixed = [len(set(OMNIGLOT.class_group[OMNIGLOT.labels[e.support.ravel()]])) > 1 for e in episodes]
    assert np.mean(mixed) > 0.8
    assert (np.abs(np.bincount([e.target for e in episodes]) - 200) < 60).all()
    assert len({int(OMNIGLOT.labels[e.query]) for e in episodes}) == 24


def test_classes_with_too_few_images_take_no_part():
    data = dataset([1, 5, 5, 2, 5])
    for episode in sample_episodes(data, rng(), (3, 2), 20):
        assert set(data.labels[episode.support.ravel()]) == {1, 2, 4}


@pytest.mark.parametrize(
    ("shape", "within_group", "says"),
    [
        ((25, 1), False, "25-way 1-shot needs 25 classes with 2 images each in all. Received: at most 24"),
        (
            (13, 1),
            True,
            "13-way 1-shot needs 13 classes with 2 images each in one group. Received: at most 12",
        ),
        ((2, 20), False, "needs 2 classes with 21 images each in all. Received: at most 0"),
        ((1, 1), False, "n_way >= 2.*Received: n_way 1, k_shot 1, count 5"),
        ((5, 0), False, "Received: n_way 5, k_shot 0, count 5"),
    ],
)
def test_too_little_data_is_an_error_with_the_numbers(shape, within_group, says):
    with pytest.raises(UserError, match=says):
        sample_episodes(OMNIGLOT, rng(), shape, 5, within_group)


def test_no_episodes_at_all_are_an_error():
    with pytest.raises(UserError, match="count 0"):
        sample_episodes(OMNIGLOT, rng(), (5, 1), 0)


def test_pairs_are_half_same_never_an_image_with_itself_and_labelled_rightly():
    labels = OMNIGLOT.labels
    for count in (1, 2, 7, 500):
        pairs = sample_pairs(labels, rng(count), count)
        assert len(pairs.left) == len(pairs.right) == len(pairs.same) == count
        assert pairs.same.sum() == (count + 1) // 2
        assert (pairs.left != pairs.right).all()
        assert np.array_equal(labels[pairs.left] == labels[pairs.right], pairs.same)


def test_pairs_draw_classes_evenly_however_large_they_are():
    labels = np.repeat([0, 1, 2, 3], [100, 10, 5, 5])
    pairs = sample_pairs(labels, rng(), 2000)
    for kind in (pairs.same, ~pairs.same):
        share = np.bincount(labels[np.concatenate([pairs.left[kind], pairs.right[kind]])]) / (2 * kind.sum())
        assert (np.abs(share - 0.25) < 0.05).all()


def test_classes_with_one_image_make_different_pairs_only():
    labels = np.array([0, 1, 1, 2])
    pairs = sample_pairs(labels, rng(), 200)
    assert set(labels[pairs.left[pairs.same]]) == {1}
    assert set(labels[pairs.left[~pairs.same]]) == {0, 1, 2}


@pytest.mark.parametrize(
    ("labels", "says"),
    [([], "0 classes, 0"), ([1, 1, 1], "1 classes, 1"), ([1, 2, 3], "3 classes, 0")],
)
def test_pairs_need_two_classes_one_with_two_images(labels, says):
    with pytest.raises(UserError, match=f"Received: {says}"):
        sample_pairs(np.array(labels, dtype="int64"), rng(), 4)


def test_no_pairs_at_all_are_an_error():
    with pytest.raises(UserError, match="Received: 0"):
        sample_pairs(OMNIGLOT.labels, rng(), 0)


def test_a_batch_holds_classes_of_one_group_with_different_images():
    by_class = members(OMNIGLOT.labels)
    for seed in range(30):
        indices, labels = class_batch(OMNIGLOT, rng(seed), BatchShape(4, 5), by_class)
        assert np.array_equal(OMNIGLOT.labels[indices], labels)
        assert np.unique(labels, return_counts=True)[1].tolist() == [5] * 4
        assert len(set(indices)) == 20
        assert len(set(OMNIGLOT.class_group[labels])) == 1


def test_a_small_group_is_filled_up_from_the_others():
    by_class = members(OMNIGLOT.labels)
    for seed in range(20):
        _, labels = class_batch(OMNIGLOT, rng(seed), BatchShape(16, 2), by_class)
        assert len(set(labels)) == 16
        counts = np.bincount(OMNIGLOT.class_group[np.unique(labels)], minlength=3)
        assert any(counts[group] == size for group, size in enumerate((8, 12, 4)))


def test_groups_come_in_proportion_to_their_classes():
    by_class = members(OMNIGLOT.labels)
    groups = [
        OMNIGLOT.class_group[class_batch(OMNIGLOT, rng(seed), BatchShape(2, 2), by_class)[1][0]]
        for seed in range(600)
    ]
    assert np.bincount(groups) / 600 == pytest.approx([8 / 24, 12 / 24, 4 / 24], abs=0.07)


def test_small_classes_repeat_images_and_single_images_take_no_part():
    data = dataset([2, 3, 1])
    indices, labels = class_batch(data, rng(), BatchShape(4, 5), members(data.labels))
    assert sorted(set(labels)) == [0, 1]
    assert len(indices) == 10
    assert set(indices[labels == 0]) == set(np.flatnonzero(data.labels == 0))


def test_a_batch_needs_two_classes_with_two_images():
    data = dataset([5, 1])
    with pytest.raises(UserError, match="Received: 1"):
        class_batch(data, rng(), BatchShape(), members(data.labels))


def drawn(seed: int) -> list:
    """Everything that is drawn from one seed, as plain numbers."""
    generator = rng(seed)
    episodes = sample_episodes(OMNIGLOT, generator, (5, 2), 5, within_group=True)
    pairs = sample_pairs(OMNIGLOT.labels, generator, 10)
    batch = class_batch(OMNIGLOT, generator, BatchShape(3, 3), members(OMNIGLOT.labels))
    arrays = [e.support for e in episodes] + [pairs.left, pairs.right, *batch]
    return [array.tolist() for array in arrays] + [(e.query, e.target) for e in episodes]


def test_the_generator_decides_everything():
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_a_batch_stays_what_a_seed_made_it():
    """A resumed run depends on it: another stream would be another run."""
    indices, labels = class_batch(OMNIGLOT, rng(3), BatchShape(2, 2), members(OMNIGLOT.labels))
    assert (indices.tolist(), labels.tolist()) == ([88, 59, 26, 204], [17, 17, 16, 16])
