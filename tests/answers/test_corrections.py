"""Which answers contradict an encoder, and how its verdicts are kept in a row."""

import numpy as np
import pytest

from siamese_core.answers.corrections import (
    Verdict,
    abstention,
    correction_of,
    logged_verdicts,
    verdict_cells,
)
from siamese_core.answers.label_row import LabelRow, completed, row_problem


def verdict(encoder: str, same: bool) -> Verdict:
    return Verdict(encoder, f"{encoder}-1", 0.75 if same else 0.25, 0.5, same)


@pytest.mark.parametrize(
    ("answer", "verdicts", "correction"),
    [
        ("same", (True, True), "0"),
        ("same", (True, False), "1"),
        ("different", (True, False), "1"),
        ("different", (False, False), "0"),
        ("unsure", (True, False), "0"),
        ("same", (), "0"),
    ],
)
def test_a_correction_contradicts_at_least_one_encoder(answer, verdicts, correction):
    spoken = [verdict(name, same) for name, same in zip(("koch", "resnet50"), verdicts, strict=False)]
    assert correction_of(answer, spoken) == correction


def test_verdicts_read_back_from_their_cells_exactly():
    verdicts = [
        Verdict("koch", "koch-1", float(np.float32(0.1)), 0.1, True),
        Verdict("resnet50", "resnet50-1", 1e-9, 0.0, True),
    ]
    row = LabelRow(left_id="a", right_id="b", answer="same", **verdict_cells(verdicts))
    assert row_problem(completed(row)) is None
    assert logged_verdicts(row) == verdicts
    assert logged_verdicts(LabelRow()) == []


def test_only_the_encoders_that_have_columns_are_logged():
    assert verdict_cells([verdict("small_cnn", True)]) == {}


def test_an_encoder_that_abstains_is_not_corrected_and_logs_no_numbers():
    silent = abstention("koch", "koch-1")
    asked_anyway = Verdict("koch", "koch-1", 0.9, 0.5, True, abstains=True)
    for each in (silent, asked_anyway):
        assert correction_of("different", [each]) == "0"
        assert verdict_cells([each]) == {"koch_checkpoint": "koch-1"}
