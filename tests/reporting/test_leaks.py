"""The same picture twice, and images that were trained on, are named."""

import numpy as np

from helpers.small_checkpoints import small_checkpoint
from siamese_core.answers.label_row import LabelRow
from siamese_core.evaluation.protocols import OneShotTrials, VerificationTrials
from siamese_core.reporting.embedding import SeenImages
from siamese_core.reporting.leaks import MILD, SERIOUS, SamePictures, picture_leaks, training_leaks
from siamese_core.reporting.measured_models import MeasuredModel
from siamese_core.reporting.sources import FOLDERS, SAMPLES, EvaluationData, sample_drawings

SIGNATURES = np.eye(5, dtype=np.float32)[[0, 1, 2, 3, 1]]  # the last image is the second once more


def copies() -> SamePictures:
    return SamePictures.among(SeenImages(np.arange(5), signatures=SIGNATURES))


def test_copies_are_found_in_either_order():
    found = copies()
    assert (found.first.tolist(), found.second.tolist()) == ([1], [4])
    assert found.holds(np.array([4, 1, 1]), np.array([1, 4, 1])).tolist() == [True, True, False]


def test_a_query_in_its_support_set_a_copied_pair_and_two_labels_of_a_picture_are_told():
    trials = OneShotTrials(
        "one-shot", int, np.array([1, 0]), np.array([[[4], [2]], [[2], [3]]]), np.array([0, 1])
    )
    pairs = VerificationTrials(int, np.array([1, 0]), np.array([4, 2]), np.array([True, False]))
    found = picture_leaks(copies(), ["a", "a", "b", "c", "b"], trials, pairs)
    assert [each.level for each in found] == [SERIOUS, SERIOUS, MILD]
    assert found[0].words.startswith("1 pictures lie in two classes")
    assert "In 1 of 2 trials (50 %)" in found[1].words
    assert "1 of 1 same pairs" in found[2].words
    none = SamePictures.among(SeenImages(np.arange(4), signatures=SIGNATURES[:4]))
    assert picture_leaks(none, ["a"] * 4, trials, pairs) == []


def test_a_checkpoint_that_was_trained_on_the_data_or_on_answers_about_it_is_told():
    data = sample_drawings()
    trained = small_checkpoint(data={"sha256": data.dataset.fingerprint()})
    retrained = small_checkpoint(answers={"training": 3})
    models = [
        MeasuredModel("koch", "serves", "koch", "First", trained),
        MeasuredModel("resnet50", "serves", "resnet50", "Second", retrained),
    ]
    seen = SeenImages(np.arange(2), ids=["a" * 64, "b" * 64])
    found = training_leaks(data, models, seen, [])
    assert [each.words[:40] for each in found] == [
        "First was trained on exactly these image",
        "Second was retrained with half of these ",
    ]
    other = EvaluationData(FOLDERS, "f", int, ("", ""))
    rows = [LabelRow(left_id="a" * 64, right_id="c" * 64, answer="same")]
    (leak,) = training_leaks(other, models, seen, rows)
    assert leak.words == "Second learned from answers about 50 % of these images."
    assert data.kind == SAMPLES and training_leaks(other, models, seen, []) == []
