"""The third attempt: which of its versions go NaN, and what the table and the findings say of each."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from helpers.samples import image_file
from siamese_core.casestudies import contrastive_attempt as attempt
from siamese_core.casestudies import published
from siamese_core.casestudies.contrastive_attempt import LossVariant, try_variant
from siamese_core.casestudies.study import StudyOptions, hold_out
from siamese_core.casestudies.study_training import StudyImages
from siamese_core.data.datasets import Dataset, load_dataset
from siamese_core.errors import UserError
from siamese_core.networks.encoders import ENCODERS

SIZE = 48


def silent(share: float, words: str) -> None:
    pass


@pytest.fixture(scope="module")
def faces(tmp_path_factory) -> Dataset:
    """6 people of 3 images, all of a person identical: every same pair has the distance 0."""
    folder: Path = tmp_path_factory.mktemp("faces")
    rng = np.random.default_rng(0)
    for person in range(6):
        face = np.uint8(rng.integers(0, 256, (8, 8, 3)).repeat(6, axis=0).repeat(6, axis=1))
        (folder / "people" / f"s{person}").mkdir(parents=True)
        for number in range(3):
            (folder / "people" / f"s{person}" / f"{number}.png").write_bytes(image_file(face))
    return load_dataset([folder / "people"])


@pytest.fixture(scope="module")
def study_images(faces) -> StudyImages:
    pixels = np.stack([faces.image(index) for index in range(len(faces))])
    return StudyImages(faces, pixels, *hold_out(faces, attempt.HELD_OUT, np.random.default_rng(0)))


def one_layer(size: int) -> keras.Model:
    """No dropout, no normalisation over the batch: identical images get identical embeddings."""
    return keras.Sequential(
        [
            keras.Input((size, size, 3)),
            layers.Rescaling(1 / 255),
            layers.AveragePooling2D(6),
            layers.Flatten(),
            *published.softmax(),
        ]
    )


def tried(variant: LossVariant, study_images: StudyImages, steps: int = 3) -> tuple[dict, dict]:
    row, findings = try_variant(
        variant, study_images, StudyOptions(study_images.dataset, steps=steps), silent
    )
    return row, {finding.check: finding for finding in findings}


def collapsed(size: int) -> keras.Model:
    """A softmax that has chosen one answer for all images, of one person or of two."""
    network = one_layer(size)
    kernel, bias = network.layers[-1].get_weights()
    bias[7] = 1e4
    network.layers[-1].set_weights([kernel, bias])
    return network


# A root passes a gradient of 0 through: it takes a pair at distance 0 that is pushed apart.
PUSHED = {
    "two people in one place": LossVariant("collapsed", collapsed),
    "an image with itself, terms swapped": LossVariant(
        "one layer", one_layer, loss=published.contrastive_swapped
    ),
}


@pytest.mark.parametrize("case", PUSHED)
def test_the_published_loss_goes_nan_where_a_pair_at_distance_0_is_pushed_apart(study_images, case):
    row, findings = tried(PUSHED[case], study_images)
    assert (row["nan_step"], row["steps"], row["eer"]) == (1, 1, None)
    assert list(findings) == ["finite-training"]
    assert findings["finite-training"].measured == 1
    assert "behind the last layer" in findings["finite-training"].cause


def test_an_image_with_itself_does_no_harm_as_published(study_images):
    assert tried(LossVariant("one layer", one_layer), study_images)[0]["nan_step"] is None


def test_clamping_cures_the_nan(study_images):
    row, findings = tried(LossVariant("one layer", one_layer, clamped=True), study_images)
    assert (row["nan_step"], row["steps"]) == (None, 3)
    assert findings["finite-training"].level == "ok"
    assert 0 <= row["eer"] <= 1


def test_the_collapse_that_is_left_then_is_told(study_images):
    row, findings = tried(LossVariant("collapsed", collapsed, clamped=True), study_images, steps=12)
    assert row["loss"] == pytest.approx(0.5, abs=1e-4)
    wrong = {check for check, finding in findings.items() if finding.level == "error"}
    assert wrong == {"loss-moves", "saturated-units", "effective-rank"}


def test_ours_bears_identical_images_and_is_judged_on_people_it_never_saw(study_images):
    row, findings = tried(LossVariant("ours", ENCODERS["small_cnn"].build, ours=True), study_images)
    assert (row["nan_step"], row["steps"]) == (None, 3)
    assert row["eer"] == pytest.approx(0.0)  # all images of a person are one
    assert row["effective_rank"] == pytest.approx(1)  # of two people who are two points


def test_a_report_has_a_row_and_findings_of_every_version(study_images):
    versions = [LossVariant("one", one_layer, clamped=True), LossVariant("other", collapsed)]
    report = attempt.compare(versions, study_images, StudyOptions(study_images.dataset, steps=2), silent)
    assert [row["variant"] for row in report.table] == ["no network: correlation of pixels", "one", "other"]
    assert report.table[0]["eer"] == pytest.approx(0.0)
    levels = {finding.check: finding.level for finding in report.findings}
    assert (levels["finite-training (one)"], levels["finite-training (other)"]) == ("ok", "error")


def test_both_networks_have_every_part_of_the_cure():
    names = [variant.name for variant in attempt.variants()]
    for network, mended in (("Net_Definition", "face_cnn"), ("TestModel", "small_cnn")):
        assert names[:5] == [
            f"{network}, as published",
            f"{network}, terms swapped as advised",
            f"{network}, clamped",
            f"{network}, clamped, no softmax",
            f"{network}, ours ({mended})",
        ]
        names = names[5:]
    assert names == []


def test_three_people_are_too_few(faces):
    few = faces.subset(np.flatnonzero(faces.labels < 3))
    with pytest.raises(UserError, match="Received: 3"):
        attempt.run(StudyOptions(few, steps=1, size=SIZE), silent)
