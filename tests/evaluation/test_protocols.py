"""Protocols on models whose answers are known by hand: an image is one grey level, its embedding too."""

import json
import os
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from siamese_core.data.datasets import Dataset, load_dataset
from siamese_core.data.left_out import LeftOut, PassedOver
from siamese_core.data.pair_lists import PairList
from siamese_core.errors import UserError
from siamese_core.evaluation.baselines import BASELINES
from siamese_core.evaluation.protocols import (
    OneShotOptions,
    OneShotTrials,
    VerificationTrials,
    lake_trials,
    listed_pairs,
    one_shot_trials,
    sampled_pairs,
    with_baselines,
)
from siamese_core.evaluation.scoring import EMBED_AT_ONCE, pair_logits
from siamese_core.images.decoding import encode_png
from siamese_core.metrics import Calibration, mcnemar_exact, wilson_interval


@dataclass(frozen=True)
class LevelModel:
    """Finds images alike that are of nearly the same grey: logit = 10 - distance of the levels."""

    encoder_name: str = "level"
    id: str = "level-1"
    threshold: float = 0.5
    width: int = 1
    seen: list[int] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)

    def embed(self, images):
        self.seen.extend(int(image[0, 0, 0]) for image in images)
        return np.array([[image[0, 0, 0]] * self.width for image in images], np.float32)

    def logits(self, left, right):
        self.batches.append(len(left))
        return 10 - np.abs(left[:, 0] - right[:, 0])

    def similarity(self, logits):
        return Calibration(1.0, 0.0).similarity(logits)


def grey(level: int) -> np.ndarray:
    return np.full((4, 4, 3), level, np.uint8)


def trials(query, support, target) -> OneShotTrials:
    """Numbers of images are their grey levels."""
    return OneShotTrials("one-shot", grey, np.array(query), np.array(support), np.array(target))


def level_dataset(n_groups: int = 3, n_classes: int = 5, n_drawers: int = 4) -> Dataset:
    """Image of group g, class c, drawer d: a level of its own, close to those of its class."""
    names, labels, drawers, files = [], [], [], []
    for label in range(n_groups * n_classes):
        for drawer in range(n_drawers):
            names.append(f"g{label // n_classes}/c{label}/{label:04d}_{drawer + 1:02d}.png")
            labels.append(label)
            drawers.append(drawer + 1)
            files.append(encode_png(grey(16 * label + drawer)))
    classes = tuple(f"g{label // n_classes}/c{label}" for label in range(n_groups * n_classes))
    return Dataset(
        tuple(names),
        np.array(labels),
        classes,
        np.arange(n_groups * n_classes) // n_classes,
        tuple(f"g{group}" for group in range(n_groups)),
        np.array(drawers),
        files.__getitem__,
    )


def test_a_trial_is_right_where_the_target_scores_highest():
    asked = trials(query=[50, 50, 200], support=[[[40], [52]], [[40], [52]], [[10], [20]]], target=[1, 0, 1])
    model = LevelModel()
    np.testing.assert_allclose(asked.scores(model), [[0, 8], [0, 8], [-180, -170]])
    assert asked.evaluate(model).correct.tolist() == [True, False, True]


def test_the_score_of_several_shots_is_their_mean_logit():
    asked = trials(query=[50], support=[[[50, 90], [60, 70]]], target=[1])
    np.testing.assert_allclose(asked.scores(LevelModel()), [[-10, -5]])
    assert asked.evaluate(LevelModel()).correct.tolist() == [True]


def test_a_model_that_answers_always_the_same_is_never_right():
    asked = trials(query=[50, 50], support=[[[60], [40]], [[50], [50]]], target=[0, 1])
    assert asked.evaluate(LevelModel()).correct.tolist() == [False, False]


def test_answers_that_are_no_number_are_wrong():
    class Broken(LevelModel):
        def logits(self, left, right):
            return np.full(len(left), np.nan)

    asked = trials(query=[50, 50], support=[[[50], [40]], [[40], [50]]], target=[0, 1])
    assert asked.evaluate(Broken()).correct.tolist() == [False, False]


def test_every_image_is_embedded_once_and_pairs_are_compared_in_bounded_batches():
    rng = np.random.default_rng(0)
    left, right = rng.integers(0, 200, (2, 3000))
    model = LevelModel(width=2**14)  # 64 KiB an embedding
    read = []

    def image(number: int) -> np.ndarray:
        read.append(number)
        return grey(number)

    logits = pair_logits(model, image, left, right)
    np.testing.assert_allclose(logits, 10 - np.abs(left - right))
    assert sorted(model.seen) == sorted(set(left) | set(right)) == read
    assert max(model.batches) * 2**16 <= 2**24
    assert sum(model.batches) == 3000


def test_embedding_asks_for_few_images_at_once():
    sizes = []

    class Counting(LevelModel):
        def embed(self, images):
            sizes.append(len(images))
            return super().embed(images)

    pair_logits(Counting(), grey, np.arange(100), np.arange(100, 200))
    assert max(sizes) <= EMBED_AT_ONCE
    assert sum(sizes) == 200


def test_one_shot_trials_draw_n_way_classes_with_other_drawers_than_the_query():
    dataset = level_dataset()
    options = OneShotOptions(n_way=4, k_shot=2, episodes=50, within_group=True)
    asked = one_shot_trials(dataset, options, np.random.default_rng(0))
    assert asked.support.shape == (50, 4, 2)
    for query, support, target in zip(asked.query, asked.support, asked.target, strict=True):
        classes = dataset.labels[support]
        assert len(set(classes[:, 0])) == 4
        assert len(set(dataset.class_group[classes[:, 0]])) == 1
        assert (classes[target] == dataset.labels[query]).all()
        assert dataset.drawers[query] not in dataset.drawers[support]


def test_one_shot_across_groups_takes_more_classes_than_a_group_has():
    dataset = level_dataset(n_groups=3, n_classes=5)
    rng = np.random.default_rng(0)
    result = one_shot_trials(dataset, OneShotOptions(n_way=12, episodes=30), rng).evaluate(LevelModel())
    assert result.correct.all()
    with pytest.raises(UserError, match="12"):
        one_shot_trials(dataset, OneShotOptions(n_way=12, within_group=True), rng)


def test_the_same_seed_gives_the_same_trials():
    options = OneShotOptions(n_way=3, episodes=20)
    first, again, other = (
        one_shot_trials(level_dataset(), options, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.support, again.support)
    assert not np.array_equal(first.support, other.support)


def test_lake_runs_are_asked_as_published(tmp_path):
    with zipfile.ZipFile(tmp_path / "all_runs.zip", "w") as archive:
        for name, level in [("training/class01", 10), ("training/class02", 50), ("test/item01", 48)]:
            archive.writestr(f"all_runs/run01/{name}.png", encode_png(grey(level)))
        archive.writestr(
            "all_runs/run01/class_labels.txt", "run01/test/item01.png run01/training/class02.png\n"
        )
    result = lake_trials(tmp_path / "all_runs.zip").evaluate(LevelModel())
    assert (result.protocol, result.correct.tolist()) == ("lake", [True])


def test_verification_judges_at_the_stored_threshold():
    # similarities: sigmoid of 10 - distance
    asked = VerificationTrials(
        grey, np.array([50] * 4), np.array([50, 59, 62, 90]), np.array([1, 1, 1, 0], bool)
    )
    assert asked.evaluate(LevelModel(threshold=0.5)).correct.tolist() == [True, True, False, True]
    assert asked.evaluate(LevelModel(threshold=0.99)).correct.tolist() == [True, False, False, True]
    result = asked.evaluate(LevelModel(threshold=0.99)).json()
    assert (result["accuracy"], result["threshold"], result["roc_auc"], result["eer"]) == (
        0.5,
        0.99,
        1.0,
        0.0,
    )


def test_sampled_pairs_are_half_same():
    dataset = level_dataset()
    asked = sampled_pairs(dataset, 200, np.random.default_rng(0))
    assert asked.same.sum() == 100
    np.testing.assert_array_equal(dataset.labels[asked.left] == dataset.labels[asked.right], asked.same)
    assert asked.evaluate(LevelModel()).correct.all()


def test_listed_pairs_need_both_kinds():
    images = tuple(grey(level) for level in (10, 12, 90))
    pairs = PairList(images, np.array([0, 0]), np.array([1, 2]), np.array([True, False]))
    assert listed_pairs(pairs).evaluate(LevelModel()).correct.all()
    with pytest.raises(UserError, match="2 same, 0 different"):
        listed_pairs(PairList(images, np.array([0, 1]), np.array([1, 0]), np.array([True, True])))
    left_out = LeftOut((PassedOver("pairs.csv, line 3", "of the list's rows", "received '-1'"),))
    with pytest.raises(UserError, match="left out: 1 of the list's rows"):
        listed_pairs(PairList(images, np.array([0]), np.array([1]), np.array([True]), left_out))


ONE_SHOT_KEYS = ["protocol", "encoder", "checkpoint", "accuracy", "ci95", "correct", "trials", "seconds"]


def test_json_of_one_shot_has_the_keys_of_the_contract():
    asked = trials(query=[50] * 4, support=[[[40], [52]]] * 4, target=[1, 1, 1, 0])
    answer = json.loads(json.dumps(asked.evaluate(LevelModel()).json()))
    assert list(answer) == ONE_SHOT_KEYS
    assert (answer["protocol"], answer["encoder"], answer["checkpoint"]) == ("one-shot", "level", "level-1")
    assert (answer["accuracy"], answer["correct"], answer["trials"]) == (0.75, 3, 4)
    assert answer["ci95"] == pytest.approx(wilson_interval(3, 4))
    assert answer["seconds"] >= 0


def test_json_of_verification_adds_its_keys():
    asked = sampled_pairs(level_dataset(), 40, np.random.default_rng(0))
    answer = json.loads(json.dumps(asked.evaluate(LevelModel()).json()))
    assert list(answer) == [*ONE_SHOT_KEYS, "roc_auc", "eer", "tpr_at_fpr_0.01", "ece", "threshold"]
    assert (answer["roc_auc"], answer["eer"], answer["tpr_at_fpr_0.01"]) == (1.0, 0.0, 1.0)
    assert answer["ece"] < 0.01


@pytest.mark.parametrize("protocol", ["one-shot", "verification"])
def test_the_baselines_take_the_same_trials_as_the_model(protocol):
    rng = np.random.default_rng(0)
    dataset = level_dataset()
    asked = (
        one_shot_trials(dataset, OneShotOptions(n_way=5, episodes=40), rng)
        if protocol == "one-shot"
        else sampled_pairs(dataset, 40, rng)
    )
    model, *baselines = with_baselines(asked, LevelModel())
    assert [row.result.encoder for row in baselines] == list(BASELINES)
    assert model.mcnemar_p is None
    for row in baselines:
        assert len(row.result.correct) == 40
        assert row.mcnemar_p == mcnemar_exact(model.result.correct, row.result.correct)
        assert row.json()["mcnemar_p"] == row.mcnemar_p
    # levels without any shape tell a baseline that sees only ink and its place next to nothing
    assert baselines[-1].result.correct.mean() < model.result.correct.mean() == 1.0


@pytest.mark.data
def test_modified_hausdorff_on_real_handwriting():
    archive = Path(os.environ["SIAMESE_DATA"]) / "omniglot" / "images_validation.zip"
    options = OneShotOptions(n_way=20, episodes=200, within_group=True)
    asked = one_shot_trials(load_dataset([archive]), options, np.random.default_rng(0))
    accuracy = asked.evaluate(BASELINES["modified_hausdorff"]).correct.mean()
    assert 0.5 < accuracy < 0.75
