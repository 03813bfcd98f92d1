"""What the page's scripts may send to be logged, and what becomes of it; with small real checkpoints."""

import uuid

import numpy as np
import pytest

from helpers.servers import free_port
from helpers.small_checkpoints import ship_small
from siamese_core.answers.corrections import logged_verdicts
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import PairLog
from siamese_core.networks.encoders import SLOTS
from siamese_core.page.one_shot.corrections import correction_handlers
from siamese_core.page.parts.answers import answer_handlers
from siamese_core.page.parts.outbox import once, saved
from siamese_core.page.review.answering import review_handlers
from siamese_core.workspace.workbench import Workbench

SAID = {
    "koch": {"checkpoint": "koch-of-then", "similarity": 0.125, "threshold": 0.75},
    "resnet50": {"checkpoint": "resnet50-of-then", "similarity": 0.875, "threshold": 0.5},
}
ANNE, BOB = {"session": "a" * 32, "annotator": "Anne"}, {"session": "b" * 32, "annotator": "Bob"}


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    return ship_small(tmp_path_factory.mktemp("shipped"), *SLOTS)


@pytest.fixture
def bench(tmp_path, shipped) -> Workbench:
    """A workspace with four images whose encoders are loaded."""
    bench = Workbench(tmp_path / "workspace", shipped)
    bench.matcher.load_in_background().join()
    for pixels in np.random.default_rng(0).integers(0, 256, (4, 24, 24, 3), dtype=np.uint8):
        bench.images.add(pixels)
    return bench


def send(bench: Workbench, **event) -> dict:
    """Send an event, with an id of its own unless it has one, and return the reply."""
    handlers = answer_handlers(bench) | correction_handlers(bench) | review_handlers(bench)
    return saved(handlers, {"id": uuid.uuid4().hex, **ANNE, **event})


def test_a_disk_that_takes_nothing_makes_an_answer_wait_and_tells_no_path():
    def fails(event):
        raise OSError(28, "No space left on device", "/srv/workspace/pairs.csv")

    reply = saved({"any": fails}, {"id": uuid.uuid4().hex, "kind": "any"})
    words = "The workspace cannot be written to: pairs.csv: No space left on device."
    assert reply == {"waiting": words}


def test_an_answer_waits_for_a_database_that_is_not_there(tmp_path):
    bench = Workbench(tmp_path / "workspace", log_url=f"postgresql://127.0.0.1:{free_port()}/people")
    for shade in range(2):
        bench.images.add(np.full((8, 8, 3), shade, np.uint8))
    assert "The log must be a database" in send(bench, **compared(bench))["waiting"]
    assert "The log must be a database" in send(bench, kind="undo_latest")["waiting"]


def test_an_event_that_another_server_logs_at_the_same_moment_is_logged_once(bench):
    send(bench, **compared(bench))
    (label,) = bench.log.rows()
    other = PairLog(bench.log.path)

    def both_at_once(event):
        taken_back = LabelRow(label_id=event["id"], event="undo", target_id=label.label_id)
        other.append(taken_back)
        bench.log.append(taken_back)

    event = {"id": uuid.uuid4().hex, "kind": "any"}
    assert saved({"any": once(bench.log, both_at_once)}, event) == {"saved": True}
    assert [row.label_id for row in bench.log.rows()] == [label.label_id, event["id"]]


def pair(bench: Workbench, first: int = 0, second: int = 1) -> dict:
    ids = sorted(bench.images.ids())
    return {"left_id": ids[first], "right_id": ids[second]}


def compared(bench: Workbench, **cells) -> dict:
    return {"kind": "compare", "answer": "same", "said": SAID, "milliseconds": 12.4, **pair(bench), **cells}


def corrected(bench: Workbench, **cells) -> dict:
    query, *support = sorted(bench.images.ids())
    named = [[name, image_id] for name, image_id in zip("abc", support, strict=True)]
    return {
        "kind": "one_shot",
        "query": query,
        "support": named,
        "class": "a",
        "picks": {"koch": "b", "resnet50": "c"},
        **cells,
    }


def test_what_the_encoders_had_said_on_screen_is_logged_however_late_it_comes(bench):
    assert send(bench, **compared(bench)) == {"saved": True}
    (row,) = bench.log.rows()
    said = {each.encoder: (each.checkpoint, each.similarity, each.threshold) for each in logged_verdicts(row)}
    assert said == {slot: tuple(told.values()) for slot, told in SAID.items()}
    assert (row.correction, row.milliseconds, row.annotator, row.task) == ("1", "12.0", "Anne", "compare")


def test_an_encoder_that_abstained_on_screen_leaves_its_numbers_empty(bench):
    told = {"koch": {**SAID["koch"], "abstains": True}, "resnet50": SAID["resnet50"]}
    assert send(bench, **compared(bench, said=told)) == {"saved": True}
    (row,) = bench.log.rows()
    assert (row.koch_checkpoint, row.koch_similarity, row.koch_threshold) == ("koch-of-then", "", "")
    assert [each.encoder for each in logged_verdicts(row)] == ["resnet50"] and row.correction == "0"


@pytest.mark.parametrize("kind", ["compare", "one_shot", "relabel", "settle", "undo", "undo_latest"])
def test_an_event_that_is_sent_twice_is_logged_once(bench, kind):
    first = uuid.uuid4().hex
    send(bench, **compared(bench), id=first)
    send(bench, **compared(bench, answer="different", **BOB))
    event = {
        "compare": compared(bench, **pair(bench, 2, 3)),
        "one_shot": corrected(bench),
        "relabel": {"kind": "relabel", "label_id": first, "answer": "unsure"},
        "settle": {"kind": "settle", "answer": "same", **pair(bench)},
        "undo": {"kind": "undo", "target": first},
        "undo_latest": {"kind": "undo_latest"},
    }[kind]
    own, before = uuid.uuid4().hex, len(bench.log.rows())
    replies = [send(bench, **event, id=own) for _ in range(2)]
    assert all(reply["saved"] for reply in replies)
    new = bench.log.rows()[before:]
    assert new[0].label_id == own and len(new) == (3 if kind == "one_shot" else 1)


def test_a_correction_names_the_picks_that_were_on_screen(bench):
    assert send(bench, **corrected(bench)) == {"saved": True, "pairs": 3}
    query, a, b, c = sorted(bench.images.ids())
    rows = bench.log.rows()
    assert [(row.left_id, row.right_id, row.answer) for row in rows] == [
        (query, a, "same"),
        (query, b, "different"),
        (query, c, "different"),
    ]
    assert len({row.group_id for row in rows}) == 1 and all(row.koch_checkpoint for row in rows)


def test_another_correction_takes_the_place_of_the_one_before_also_when_it_is_sent_again(bench):
    send(bench, **corrected(bench))
    own = uuid.uuid4().hex
    for _ in range(2):
        assert send(bench, **corrected(bench, **{"class": "b"}), id=own)["pairs"] == 2
    assert [row.group_id for row in bench.log.labels()] == [own, own]
    send(bench, kind="undo_latest")
    assert bench.log.labels() == []


def test_all_of_a_one_shot_answer_is_taken_back_at_once(bench):
    send(bench, **compared(bench))
    send(bench, **corrected(bench))
    assert send(bench, kind="undo_latest") == {"saved": True}
    assert [row.task for row in bench.log.labels()] == ["compare"]
    assert send(bench, kind="undo_latest") == {"saved": True}
    assert "nothing left to undo" in send(bench, kind="undo_latest")["refused"]


def test_a_log_that_cannot_be_written_makes_an_answer_wait(bench):
    (bench.workspace / "pairs.csv").mkdir()
    reply = send(bench, **compared(bench))
    assert list(reply) == ["waiting"] and "Move it away" in reply["waiting"]
    (bench.workspace / "pairs.csv").rmdir()
    assert send(bench, **compared(bench)) == {"saved": True}


@pytest.mark.parametrize("kind", ["one_shot", "relabel", "settle"])
def test_an_answer_whose_verdicts_are_asked_for_waits_until_the_encoders_are_loaded(tmp_path, shipped, kind):
    starting = Workbench(tmp_path / "workspace", shipped)
    assert list(send(starting, kind=kind)) == ["waiting"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "short"},
        {"session": ""},
        {"kind": "drop"},
        {"answer": "maybe"},
        {"left_id": "../../x"},
        {"said": [1]},
        {"said": {"koch": 0.5}},
        {"said": {"koch": {"checkpoint": "=1+1", "similarity": 0.5, "threshold": 0.5}}},
        {"said": {"koch": {"checkpoint": "k", "similarity": 1.5, "threshold": 0.5}}},
        {"said": {"koch": {"checkpoint": "k", "similarity": 0.5, "threshold": "0.5"}}},
        {"kind": "undo", "target": "0" * 32},
        {"kind": "one_shot", "query": "../x", "support": [["a", "b"]]},
        {"kind": "one_shot", "class": ["a"]},
        {"kind": "relabel", "label_id": "unknown"},
        {"kind": "settle"},
    ],
)
def test_what_is_no_answer_of_the_page_is_refused_and_not_logged(bench, wrong):
    assert "Received" in send(bench, **compared(bench, **wrong))["refused"]
    assert bench.log.rows() == []
