"""What all case studies share: who is kept from training, how pairs are judged, what a report looks like."""

import json

import numpy as np
import pytest

from helpers.samples import write_class_folders
from siamese_core.casestudies.study import StudyReport, hold_out, of_variant, part, verification
from siamese_core.data.datasets import load_dataset
from siamese_core.diagnosis.findings import Check
from siamese_core.errors import UserError


@pytest.fixture(scope="module")
def drawings(tmp_path_factory):
    """2 alphabets of 4 characters by 3 drawers."""
    return load_dataset(
        [write_class_folders(tmp_path_factory.mktemp("data"), np.random.default_rng(0), 2, 4, 3)]
    )


@pytest.mark.parametrize("seed", range(5))
def test_training_and_judging_share_no_class(drawings, seed):
    training, held_out = hold_out(drawings, 0.25, np.random.default_rng(seed))
    assert not set(drawings.labels[training]) & set(drawings.labels[held_out])
    assert sorted([*training, *held_out]) == list(range(24))
    assert len(held_out) == 2 * 3


def test_classes_with_one_image_are_on_neither_side(drawings):
    several = drawings.subset(np.flatnonzero((drawings.labels > 0) | (drawings.drawers == 1)))
    training, held_out = hold_out(several, 0.5, np.random.default_rng(0))
    assert 0 not in several.labels[training] and 0 not in several.labels[held_out]


def test_three_classes_are_too_few(drawings):
    with pytest.raises(UserError, match="Received: 3"):
        hold_out(drawings.subset(np.flatnonzero(drawings.labels < 3)), 0.25, np.random.default_rng(0))


def test_every_pair_is_judged_once():
    labels = np.array([0, 0, 1, 1])
    scores = np.where(labels[:, None] == labels[None], 1.0, 0.0)
    assert verification(scores, labels) == {"eer": 0.0, "roc_auc": 1.0}
    assert verification(-scores, labels) == {"eer": 1.0, "roc_auc": 0.0}


def test_scores_that_are_no_numbers_have_no_error_rate():
    assert verification(np.full((3, 3), np.nan), np.array([0, 0, 1])) == {"eer": None, "roc_auc": None}


def test_findings_say_which_variant_they_are_about():
    (found,) = of_variant("as published", [Check("dead-units", "none").ok(0)])
    assert found.check == "dead-units (as published)"


def test_the_progress_of_a_variant_is_a_part_of_the_whole():
    told = []
    part(lambda share, words: told.append((share, words)), 1, 4, "as published")(0.5, "step 3")
    assert told == [(0.375, "as published: step 3")]


def test_a_report_is_the_json_of_the_contract():
    report = StudyReport(
        "name", (Check("a", "b").ok(1),), ({"variant": "one", "eer": 1 / 3, "nan_step": None},)
    )
    answer = json.loads(json.dumps(report.json(), allow_nan=False))
    assert list(answer) == ["name", "findings", "table"]
    assert answer["table"] == [{"variant": "one", "eer": 0.3333, "nan_step": None}]
