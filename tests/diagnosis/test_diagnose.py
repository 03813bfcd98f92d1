"""All checks together: each planted fault is found in the data or the network that has it, and no other."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from helpers.samples import alphabet, image_file
from helpers.small_checkpoints import small_checkpoint
from siamese_core.data.datasets import Dataset
from siamese_core.data.pair_lists import PairList
from siamese_core.data.sampling import sample_pairs
from siamese_core.diagnosis.diagnose import diagnose_images, diagnose_network, diagnose_pairs, diagnose_split
from siamese_core.errors import UserError
from siamese_core.metrics import Calibration, best_threshold, fit_calibration

SIDE = 48


def dataset_of(images: np.ndarray, classes: list[str]) -> Dataset:
    """Images (classes, n, height, width, 3) as a data set with classes of those names."""
    files = [image_file(image) for of_class in images for image in of_class]
    labels = np.repeat(np.arange(len(images)), images.shape[1])
    names = tuple(f"{classes[label]}/{number}.png" for number, label in enumerate(labels))
    groups = tuple(sorted({name.rsplit("/", 1)[0] for name in classes}))
    class_group = np.array([groups.index(name.rsplit("/", 1)[0]) for name in classes])
    unknown = np.full(len(files), -1)
    return Dataset(names, labels, tuple(classes), class_group, groups, unknown, files.__getitem__)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """8 characters by 5 hands."""
    return alphabet(np.random.default_rng(0), 8, 5, SIDE)


@pytest.fixture(scope="module")
def drawings(images) -> Dataset:
    return dataset_of(images, [f"data/class{number}" for number in range(8)])


@pytest.fixture(scope="module")
def checkpoint():
    """An untrained network with a calibration and a threshold that suit these drawings."""
    return small_checkpoint(0, "small_cnn", SIDE)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def wrong(findings) -> dict[str, str]:
    return {finding.check: finding.level for finding in findings if finding.level != "ok"}


def test_healthy_images_are_left_alone(drawings):
    findings = diagnose_images(drawings, rng())
    assert wrong(findings) == {}
    assert {finding.check for finding in findings} == {
        "input-range",
        "contrast",
        "channel-order",
        "ink-polarity",
        "near-duplicates",
    }


@pytest.mark.parametrize(
    ("plant", "found"),
    [
        (lambda images: 255 - images, {"ink-polarity": "warning"}),
        (lambda images: images // 255, {"input-range": "error", "contrast": "error"}),
        (lambda images: images // 40, {"contrast": "error"}),
    ],
)
def test_faults_of_all_images_are_found(images, plant, found):
    planted = plant(images).astype(np.uint8)
    names = [f"data/class{number}" for number in range(len(images))]
    told = wrong(diagnose_images(dataset_of(planted, names), rng()))
    assert found.items() <= told.items()


def test_copies_are_found_and_named(images):
    planted = images.copy()
    planted[3, 0] = planted[5, 1]
    names = [f"data/class{number}" for number in range(len(images))]
    findings = diagnose_images(dataset_of(planted, names), rng())
    assert wrong(findings) == {"near-duplicates": "error"}
    (cause,) = (finding.cause for finding in findings if finding.level == "error")
    assert "data/class3/15.png and data/class5/26.png" in cause


SPLIT = ["data/train/a", "data/train/b", "data/train/c", "data/train/d"]


@pytest.mark.parametrize("word", ["test", "val", "Validation"])
def test_a_split_that_folders_name_is_looked_at(images, word):
    whole = dataset_of(images, [*SPLIT, *(f"data/{word}/{name}" for name in "efgh")])
    assert wrong(diagnose_images(whole, rng())) == {}
    assert {"split-classes", "split-images"} <= {each.check for each in diagnose_images(whole, rng())}


def test_a_class_and_its_image_on_both_sides_of_named_folders_are_found(images):
    planted = images.copy()
    planted[4, 2] = planted[0, 0]
    findings = diagnose_images(
        dataset_of(planted, [*SPLIT, *(f"data/test/{name}" for name in "afgh")]), rng()
    )
    assert wrong(findings) == {"split-classes": "error", "split-images": "error"}
    assert [finding.measured for finding in findings if finding.level == "error"] == [1, 1]


def test_two_data_sets_are_compared_below_their_roots(images):
    training = dataset_of(images[:4], [f"one/class{number}" for number in range(4)])
    held_out = dataset_of(images[4:], [f"two/class{number}" for number in range(3, 7)])
    assert wrong(diagnose_split(training, held_out, rng())) == {"split-classes": "error"}
    assert wrong(diagnose_split(training, training, rng())) == {
        "split-classes": "error",
        "split-images": "error",
    }


def pairs_of(dataset: Dataset) -> PairList:
    drawn = sample_pairs(dataset.labels, rng(), 200)
    return PairList(
        [dataset.image(index) for index in range(len(dataset))], drawn.left, drawn.right, drawn.same
    )


def inverted(pairs: PairList) -> PairList:
    return PairList(pairs.images, pairs.left, pairs.right, ~pairs.same)


def test_the_labels_of_a_list_are_judged_by_pixels_without_a_network(drawings):
    assert wrong(diagnose_pairs(pairs_of(drawings))) == {}
    assert wrong(diagnose_pairs(inverted(pairs_of(drawings)))) == {"label-convention": "error"}


def test_an_image_with_itself_called_different_is_found(drawings):
    pairs = pairs_of(drawings)
    right = np.where(np.arange(200) == 1, pairs.left, pairs.right)
    assert not pairs.same[1]
    found = diagnose_pairs(PairList(pairs.images, pairs.left, right, pairs.same))
    assert wrong(found) == {"identical-pairs": "error"}


def test_pairs_of_one_kind_have_no_convention(drawings):
    pairs = pairs_of(drawings)
    alike = PairList(pairs.images, pairs.left[::2], pairs.right[::2], pairs.same[::2])
    assert [finding.check for finding in diagnose_pairs(alike)] == ["identical-pairs"]


def test_a_healthy_network_is_left_alone(checkpoint, drawings):
    findings = diagnose_network(suited(checkpoint, drawings), drawings, rng())
    assert wrong(findings) == {}
    assert len(findings) == 13


def suited(checkpoint, dataset: Dataset):
    """The checkpoint with a calibration and threshold fitted on pairs of this data."""
    pairs = sample_pairs(dataset.labels, np.random.default_rng(1), 600)
    embeddings = checkpoint.embed([dataset.image(index) for index in range(len(dataset))])
    logits = checkpoint.logits(embeddings[pairs.left], embeddings[pairs.right])
    calibration = fit_calibration(logits, pairs.same)
    return changed(checkpoint, calibration, best_threshold(calibration.similarity(logits), pairs.same))


def changed(checkpoint, calibration: Calibration, threshold: float):
    return replace(checkpoint, calibration=calibration, threshold=threshold)


def test_a_threshold_of_another_distribution_is_found(checkpoint, drawings):
    well = suited(checkpoint, drawings)
    moved = Calibration(well.calibration.slope, well.calibration.intercept + 4)
    assert wrong(diagnose_network(changed(well, moved, well.threshold), drawings, rng())) == {
        "threshold": "warning"
    }


def test_a_calibration_that_makes_all_similarities_alike_is_found(checkpoint, drawings):
    flat = Calibration(1e-4, 0.0)
    told = wrong(diagnose_network(changed(checkpoint, flat, 0.9), drawings, rng()))
    assert told["similarity-range"] == "error"


def spoilt(layer: str, change):
    """A checkpoint whose `layer` had its weights changed."""
    broken = small_checkpoint(0, "small_cnn", SIDE)
    found = next(each for each in broken.encoder.layers if each.name.startswith(layer) and each.weights)
    found.set_weights([change(values) for values in found.get_weights()])
    return broken


def test_a_weight_that_is_no_number_is_found_and_nothing_more_is_measured(drawings):
    findings = diagnose_network(spoilt("conv2d", lambda values: values * np.nan), drawings, rng())
    assert wrong(findings) == {"finite-weights": "error", "finite-answers": "error"}
    assert len(findings) == 2
    assert all("conv2d" in finding.cause for finding in findings)


def test_dead_units_are_found(drawings):
    told = wrong(diagnose_network(spoilt("dense", lambda values: -np.abs(values)), drawings, rng()))
    assert told["dead-units"] == "error"


def test_a_collapsed_embedding_is_found(drawings):
    broken = spoilt("dense", lambda values: values)
    last = [layer for layer in broken.encoder.layers if isinstance(layer, keras.layers.Dense)][-1]
    kernel, bias = last.get_weights()
    last.set_weights([np.repeat(kernel[:, :1], kernel.shape[1], axis=1), bias])
    assert wrong(diagnose_network(broken, drawings, rng()))["effective-rank"] == "error"


def test_a_head_that_rewards_differences_is_found(drawings):
    model = small_checkpoint(0, "small_cnn", SIDE, head="weighted_l1")
    model.head.weight.assign(-model.head.weight)
    assert wrong(diagnose_network(model, drawings, rng()))["rewarded-differences"] == "warning"


def test_one_class_is_too_few_to_judge_a_network(checkpoint, drawings):
    with pytest.raises(UserError, match="Received: 1"):
        diagnose_network(checkpoint, drawings.subset(np.flatnonzero(drawings.labels == 0)), rng())
