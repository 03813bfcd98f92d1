"""The first attempt: preprocessing, the published head and the parts of the cure, on a small backbone."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from helpers.samples import image_file
from siamese_core.casestudies import resnet50_attempt as attempt
from siamese_core.casestudies.frozen_features import DIVIDED, OWN, TREATMENTS, Photos
from siamese_core.casestudies.resnet50_attempt import compare, train, variants
from siamese_core.casestudies.study import StudyOptions, StudyReport, hold_out
from siamese_core.data.datasets import Dataset, load_dataset
from siamese_core.errors import UserError
from siamese_core.networks.encoders import ENCODERS

SIZE = 32


def silent(share: float, words: str) -> None:
    pass


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Dataset:
    """9 classes of 4 photographs: a colour pattern each, with noise."""
    folder: Path = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for number in range(9):
        pattern = rng.normal(128, 30, (4, 4, 3)).repeat(8, axis=0).repeat(8, axis=1)
        (folder / f"class{number}").mkdir()
        for shot in range(4):
            noisy = np.uint8(np.clip(pattern + rng.normal(size=pattern.shape) * 20, 0, 255))
            (folder / f"class{number}" / f"{shot}.png").write_bytes(image_file(noisy))
    return load_dataset([folder])


@pytest.fixture(scope="module")
def photos(dataset) -> Photos:
    pixels = np.stack([dataset.image(index) for index in range(len(dataset))])
    grey = np.pad(pixels.mean(axis=3, keepdims=True).astype(np.uint8), ((0, 0), (24, 24), (24, 24), (0, 0)))
    return Photos(dataset, pixels, grey, *hold_out(dataset, 1 / 3, np.random.default_rng(0)))


def backbone() -> keras.Model:
    """Knows pixels with ImageNet's mean taken off, in steps of 60 grey levels: sees nothing in 0..1."""
    steps = keras.layers.Lambda(lambda pixels: keras.ops.clip(keras.ops.round(pixels / 60), -2, 2))
    return keras.Sequential(
        [keras.Input((SIZE, SIZE, 3)), keras.layers.AveragePooling2D(8), steps, keras.layers.Flatten()]
    )


def one_layer(size: int) -> keras.Model:
    """A network from scratch that is smaller than Koch's."""
    return keras.Sequential(
        [
            keras.Input((size, size, 1)),
            keras.layers.AveragePooling2D(8),
            keras.layers.Flatten(),
            keras.layers.Dense(16, activation="sigmoid"),
        ]
    )


@pytest.fixture(scope="module")
def report(photos) -> StudyReport:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ENCODERS, "koch", replace(ENCODERS["koch"], build=one_layer))
        return compare(backbone(), photos, StudyOptions(photos.dataset, steps=1), silent)


def row(report: StudyReport, variant: str) -> dict:
    return next(each for each in report.table if each["variant"] == variant)


def finding(report: StudyReport, check: str, variant: str):
    return next(each for each in report.findings if each.check == f"{check} ({variant})")


def test_the_preprocessing_of_the_weights_is_told_apart_from_the_advice(report):
    nearest = {words: row(report, f"frozen features, {words}")["nearest_neighbour"] for words in TREATMENTS}
    assert nearest[OWN] > 0.9
    assert nearest[DIVIDED] < 0.3
    assert finding(report, "preprocessing", f"frozen features, {OWN}").level == "ok"
    advised = finding(report, "preprocessing", f"frozen features, {DIVIDED}")
    assert advised.level == "error"
    assert advised.measured == nearest[DIVIDED]
    assert OWN in advised.cause


def test_every_version_is_trained_for_as_many_steps(report, photos):
    features = {words: np.zeros((len(photos.photos), 4)) for words in TREATMENTS}
    names = [variant.name for variant in variants(features, photos)]
    assert [each["variant"] for each in report.table[len(TREATMENTS) + 1 :]] == names
    assert {row(report, name)["steps"] for name in names} == {1}
    assert all(0 <= row(report, name)["eer"] <= 1 for name in names)
    assert {row(report, name)["images"] for name in names} == {len(photos.held_out)}


def test_what_the_features_are_worth_untrained_is_told_of_the_same_images(report, photos):
    untrained = row(report, "own preprocessing, cosine, nothing trained")
    assert untrained["images"] == len(photos.held_out)
    assert untrained["nearest_neighbour"] > 0.9 and untrained["eer"] < 0.1


def test_the_features_that_the_advice_leaves_are_all_alike(report):
    spread = finding(report, "embedding-spread", "published head, divided by 255 as advised")
    assert spread.level == "error"


@pytest.mark.parametrize(
    ("with_units", "without", "levels"),
    [(0.33, 0.08, ["error"]), (0.09, 0.08, ["ok"]), (0.05, 0.2, ["ok"]), (None, 0.08, [])],
)
def test_what_the_sigmoid_units_cost_is_told(with_units, without, levels):
    rows = [
        {"variant": attempt.SIGMOIDS, "eer": with_units},
        {"variant": attempt.NO_SIGMOIDS, "eer": without},
    ]
    found = attempt.cost_of_sigmoids(rows)
    assert [each.level for each in found] == levels
    assert [each.measured for each in found] == pytest.approx([with_units - without] if levels else [])
    assert all("0.080 to 0.330" in each.cause for each in found if each.level == "error")


def test_the_cure_learns_what_the_published_head_does_not(photos):
    """The same features and steps: with all pairs of a batch, new classes are told apart."""
    features = np.concatenate([photos.photos[:, ::8, ::8].reshape(36, -1) / 255.0 - 0.5] * 2, axis=1)
    options = StudyOptions(photos.dataset, steps=30)
    every = variants({words: features for words in TREATMENTS}, photos)
    rows = {each.name: train(each, options, silent)[0] for each in every[2:5]}
    published, ours = (
        rows["published head, own preprocessing"],
        rows["own preprocessing, no sigmoids, all pairs"],
    )
    assert ours["eer"] <= published["eer"]
    assert ours["nearest_neighbour"] > 0.9


def test_weights_that_are_not_there_or_no_weights_are_told_of(dataset, tmp_path):
    for weights in (tmp_path / "absent.h5", tmp_path / "text.weights.h5"):
        (tmp_path / "text.weights.h5").write_text("not weights")
        with pytest.raises(UserError, match=weights.name):
            attempt.run(StudyOptions(dataset, steps=1, size=SIZE, weights=weights), silent)
