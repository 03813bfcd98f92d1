"""What is drawn: as many classes and shots as the data has, each protocol by the seed alone."""

import numpy as np
import pytest

from siamese_core.data.datasets import Dataset
from siamese_core.errors import UserError
from siamese_core.evaluation.protocols import OneShotOptions, OneShotTrials, one_shot_trials
from siamese_core.reporting.sources import FOLDERS, LAKE, EvaluationData
from siamese_core.reporting.trials import Settings, draw_trials, most_ways

FEW = Settings(episodes=5, pairs=20)


def dataset(counts: list[int], groups: list[int]) -> Dataset:
    """Classes of so many images, each in a group."""
    labels = np.repeat(np.arange(len(counts)), counts)
    names = tuple(f"g{groups[label]}/c{label}/{number}.png" for number, label in enumerate(labels))
    classes = tuple(f"g{group}/c{label}" for label, group in enumerate(groups))
    no_drawer = np.full(len(labels), -1)
    return Dataset(names, labels, classes, np.array(groups), ("g0", "g1"), no_drawer, lambda index: b"")


def folders(*arguments) -> EvaluationData:
    found = dataset(*arguments)
    return EvaluationData(
        FOLDERS, "f", found.image, tuple(found.classes[each] for each in found.labels), dataset=found
    )


def test_n_ways_need_classes_with_an_image_more_than_shots():
    found = dataset([5, 5, 3, 1], [0, 0, 1, 1])
    assert [most_ways(found, k, False) for k in (1, 2, 3, 5)] == [3, 3, 2, 0]
    assert most_ways(found, 1, True) == 2


def test_what_the_data_cannot_fill_is_told_and_the_nearest_is_drawn():
    drawn = draw_trials(folders([5, 5, 3], [0, 0, 1]), FEW)
    assert drawn.main == (3, 1)
    assert "3-way 1-shot trials, not 20-way 1-shot" in drawn.notes[0]
    assert set(drawn.one_shot) == {(2, 1), (3, 1), (3, 2)}
    assert [each.name for each in drawn.by_group] == ["g0"]
    assert "g1" in drawn.notes[1]


def test_each_protocol_draws_with_the_seed_afresh():
    data = folders([6] * 8, [0] * 4 + [1] * 4)
    drawn = draw_trials(data, FEW)
    alone = one_shot_trials(data.dataset, OneShotOptions(5, 1, 5), np.random.default_rng(0))
    assert np.array_equal(drawn.one_shot[5, 1].support, alone.support)
    for group in drawn.by_group:
        first = int(group.name[1]) * 24
        assert np.isin(group.pairs.left, np.arange(first, first + 24)).all()
        assert np.isin(group.one_shot.support, np.arange(first, first + 24)).all()
    assert set(drawn.used()) <= set(range(48))


def test_lakes_runs_are_taken_as_they_are_and_give_pairs():
    runs = OneShotTrials("lake", int, np.array([0, 1]), np.array([[[2], [3]], [[4], [5]]]), np.array([1, 0]))
    drawn = draw_trials(EvaluationData(LAKE, "runs", int, ("",) * 6, runs=runs), FEW)
    assert drawn.main == (2, 1)
    assert drawn.pairs.left.tolist() == [0, 0, 1, 1]
    assert drawn.pairs.right.tolist() == [2, 3, 4, 5]
    assert drawn.pairs.same.tolist() == [False, True, True, False]


def test_classes_of_one_image_give_no_trials():
    with pytest.raises(UserError):
        draw_trials(folders([1, 1, 1], [0, 0, 1]), FEW)
