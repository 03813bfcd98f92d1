"""The simulated labelling loop, on drawings of the project's own with made embeddings."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.small_checkpoints import small_checkpoint
from siamese_core.bench.loop import (
    FIGURES,
    SPLITS,
    Condition,
    Domain,
    conditions,
    domains,
    loop,
    simulated,
    summary,
)
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.data.datasets import Dataset
from siamese_core.errors import UserError
from siamese_core.evaluation.fusion import Fused, Fusion, joined
from siamese_core.evaluation.protocols import ProtocolResult
from siamese_core.labelling.candidates import find_candidates
from siamese_core.metric_learning.neighbours import View
from siamese_core.metrics import Calibration
from siamese_core.networks.encoders import SLOTS
from siamese_core.networks.heads import make_head

CLASSES, EACH, DIM = 24, 8, 128
NAME = "small_cnn"
CONDITIONS = conditions(120)[:3]  # the others differ in a number only


@pytest.fixture(scope="module")
def model() -> Checkpoint:
    """The cosine of embeddings that come from elsewhere."""
    checkpoint = small_checkpoint(0)
    checkpoint.note(head="cosine")
    checkpoint.head = make_head("cosine")
    checkpoint.calibration = Calibration(20.0, -19.0)
    return checkpoint


def dataset(groups: int = 1) -> Dataset:
    labels = np.repeat(np.arange(CLASSES), EACH)
    names = tuple(f"{number}.png" for number in range(len(labels)))
    classes = tuple(map(str, range(CLASSES)))
    class_group = np.arange(CLASSES) % groups
    drawers = np.full(len(labels), -1)
    titles = tuple(f"group {each}" for each in range(groups))
    return Dataset(names, labels, classes, class_group, titles, drawers, lambda index: b"")


def embedded(data: Dataset) -> np.ndarray:
    """Twenty numbers tell the classes apart, twenty others vary more."""
    rng = np.random.default_rng(0)
    found = 4 + 0.3 * rng.normal(size=(len(data), DIM))
    found[:, :20] += 0.6 * rng.normal(size=(CLASSES, 20))[data.labels]
    found[:, 20:40] += rng.normal(size=(len(data), 20))
    return np.maximum(found, 0).astype("float32")


@pytest.fixture(scope="module")
def domain() -> Domain:
    data = dataset()
    return domains("made", data, embedded(data))[0]


def right(count: int) -> ProtocolResult:
    """On so many of 200 trials."""
    return ProtocolResult("one-shot", "small_cnn", "small", np.arange(200) < count, 0.0)


@pytest.fixture(scope="module")
def rows(model, domain) -> list[dict]:
    return list(loop(model, domain, CONDITIONS, 0, {NAME: lambda head: right(100)}))


def test_what_forgets_the_base_protocol_is_not_learned(model, domain):
    some = [Condition("queue", 120)]
    forgetful = loop(model, domain, some, 0, {NAME: lambda head: right(100 if head is model else 98)})
    assert all(row["error_after"] == row["error_normalised"] for row in forgetful)


def test_every_condition_is_measured_on_both_splits(rows):
    assert [(row["condition"], row["split"]) for row in rows] == [
        (each, split) for each in CONDITIONS for split in SPLITS
    ]
    assert all(0 <= row[name] <= 1 for row in rows for name in FIGURES)


def test_answers_help_and_more_than_images_alone(rows):
    for row in rows[:2]:
        assert row["error_after"] < row["error_unlabelled"]
        assert row["error_after"] < 0.85 * row["error_before"]
        assert row["eer_after"] < 0.8 * row["eer_before"]


def test_half_of_the_queues_answers_reach_what_random_pairs_reach(rows):
    half, random = rows[2], rows[4]
    assert (half["condition"].queue, half["condition"].answers) == ("queue", 60)
    assert random["condition"] == Condition("random", 120)
    assert half["error_after"] <= random["error_after"]


def test_before_does_not_depend_on_the_condition(rows):
    assert len({row["error_before"] for row in rows if row["split"] == SPLITS[0]}) == 1


def test_each_large_group_is_a_domain_of_its_own():
    data = dataset(groups=3)
    found = domains("made", data, embedded(data))
    assert [each.name for each in found] == ["made: group 0", "made: group 1", "made: group 2"]
    assert all(len(np.unique(each.data.labels)) == CLASSES // 3 for each in found)
    assert all(len(each.embeddings) == len(each.data) == CLASSES // 3 * EACH for each in found)


def test_groups_that_are_too_small_are_one_domain():
    data = dataset(groups=12)
    assert [each.name for each in domains("made", data, embedded(data))] == ["made"]


def test_too_few_classes_are_told():
    data = dataset()
    few = data.subset(np.flatnonzero(data.labels < 4))
    with pytest.raises(UserError, match="needs 8 classes of 4 images each. Received: made, 32 images of 4"):
        domains("made", few, embedded(data)[: 4 * EACH])


@pytest.mark.parametrize("queue", ["queue", "random"])
def test_the_simulated_person_answers_new_pairs_and_knows_the_classes(model, domain, queue):
    labels, shown = domain.data.labels, domain.embeddings
    view = View(len(shown), lambda each: shown[each], model.logits, 0.5)
    candidates = find_candidates([view], np.random.default_rng(0))
    found = simulated(candidates, labels, Condition(queue, 50), np.random.default_rng(0))
    assert np.array_equal(found.same, labels[found.left] == labels[found.right])
    pairs = {frozenset(pair) for pair in zip(found.left, found.right, strict=True)}
    assert len(pairs) == 50 and all(len(pair) == 2 for pair in pairs)
    erring = replace(Condition(queue, 50), wrong=1.0)
    wrong = simulated(candidates, labels, erring, np.random.default_rng(0))
    assert not np.any(wrong.same == (labels[wrong.left] == labels[wrong.right]))


def test_a_summary_is_the_contracts(rows):
    other = [row | {"error_after": row["error_after"] + 0.02} for row in rows]
    found = summary("made", [*rows, *other], {NAME: 0.5})
    assert len(found) == len(rows)
    first = found[0]
    keys = {"name", "domain", "encoder", "answers", *FIGURES, "ci95", "seeds", "split", "queue"}
    assert keys <= set(first)
    assert (first["name"], first["domain"], first["encoder"], first["seeds"]) == (
        "loop",
        "made",
        NAME,
        2,
    )
    assert first["error_after"] == pytest.approx(rows[0]["error_after"] + 0.01, abs=1e-3)
    low, high = first["ci95"]
    assert low < first["error_after"] < high
    assert first["ci95"] == first["intervals"]["error_after"]


def test_one_run_has_no_interval(rows):
    assert summary("made", rows, {NAME: 0.5})[0]["ci95"] is None


def test_of_two_networks_each_learns_and_both_are_fused(model, domain):
    both = Fused(model, model, Fusion())
    twice = replace(domain, embeddings=joined({slot: domain.embeddings for slot in SLOTS}))
    bases = {name: lambda head: right(100) for name in (*SLOTS, "fused")}
    found = list(loop(both, twice, [Condition("queue", 30)], 0, bases))
    assert [row["network"] for row in found] == [*SLOTS, "fused"] * 2
    koch, resnet50, fused = found[:3]
    assert koch["eer_after"] == resnet50["eer_after"] < koch["eer_before"]
    assert fused["eer_after"] == pytest.approx(koch["eer_after"], abs=0.005)  # of the same network twice
