"""The simulated gate on made embeddings: better candidates are promoted, worse and random ones not."""

import numpy as np
import pytest

from helpers.small_checkpoints import small_checkpoint
from siamese_core.bench import gate
from siamese_core.bench.gate import (
    BETTER,
    DISTURBED,
    RANDOM,
    TRUE,
    WORSE,
    gate_trials,
)
from siamese_core.bench.gate_curve import power_curve
from siamese_core.bench.loop import Domain
from siamese_core.bench.true_errors import one_shot_error, pair_error
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.data.datasets import Dataset
from siamese_core.evaluation.protocols import ProtocolResult
from siamese_core.metrics import Calibration
from siamese_core.networks.heads import make_head

CLASSES, EACH, DIM, ANSWERS = 40, 8, 48, 150


@pytest.fixture(scope="module")
def model() -> Checkpoint:
    checkpoint = small_checkpoint(0)
    checkpoint.note(head="cosine")
    checkpoint.head = make_head("cosine")
    checkpoint.calibration = Calibration(20.0, -19.0)
    checkpoint.encoder = type("Encoder", (), {"output_shape": (None, DIM)})()
    return checkpoint


def domain() -> Domain:
    """Twelve numbers tell the classes apart, twelve others vary as much within a class."""
    labels = np.repeat(np.arange(CLASSES), EACH)
    rng = np.random.default_rng(0)
    found = 4 + 0.3 * rng.normal(size=(len(labels), DIM))
    found[:, :12] += 0.6 * rng.normal(size=(CLASSES, 12))[labels]
    found[:, 12:24] += rng.normal(size=(len(labels), 12))
    names, classes = tuple(f"{each}.png" for each in range(len(labels))), tuple(map(str, range(CLASSES)))
    data = Dataset(
        names, labels, classes, np.zeros(CLASSES, int), ("all",), np.full(len(labels), -1), lambda _: b""
    )
    return Domain("made", data, np.maximum(found, 0).astype("float32"))


def base(model: Checkpoint) -> ProtocolResult:
    return ProtocolResult("base", "", "", np.ones(100, bool), 0.0)


@pytest.fixture(scope="module")
def rows(model) -> list[dict]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "ANSWERS", (ANSWERS,))
        patch.setattr(gate, "ERRING_ANSWERS", ())
        return list(gate_trials(model, domain(), 0, base))


def test_a_candidate_from_true_answers_that_is_better_is_promoted(rows):
    (found,) = [row for row in rows if row["candidate"] == TRUE]
    assert found["truth"] == BETTER and found["eer_after"] < found["eer_before"]
    assert found["promoted"], found["reason"]


def test_random_answers_and_worse_candidates_are_not(rows):
    (random,) = [row for row in rows if row["candidate"] == RANDOM]
    assert not random["promoted"], random["reason"]
    worse = [row for row in rows if row["candidate"] == DISTURBED and row["truth"] == WORSE]
    assert worse and not any(row["promoted"] for row in worse)


def test_the_curve_counts_each_group_with_its_interval(rows):
    (point,) = power_curve("made", "koch", rows)
    assert (point["name"], point["answers"], point["seeds"]) == ("gate", ANSWERS, 1)
    assert point["better"]["promoted"] == point["better"]["of"] == 1
    assert point["random"]["promoted"] == 0 and point["random"]["ci95"][1] > 0.5
    assert point["better_5_percent_wrong"] == {"promoted": 0, "of": 0, "ci95": None, "by_verdicts": 0}
    assert point["identities"] > 8


def test_the_true_errors_are_those_of_all_queries_and_pairs():
    labels = np.repeat(np.arange(4), 3)
    perfect = (labels[:, None] == labels).astype(float)
    assert one_shot_error(perfect, labels) == 0 and pair_error(perfect, labels) == 0
    assert one_shot_error(-perfect, labels) == 1
    assert one_shot_error(np.zeros_like(perfect), labels) == 1  # a tie is no choice
