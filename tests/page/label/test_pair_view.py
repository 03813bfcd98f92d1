"""What the script of the Label tab may send, and what the log makes of it; with small real checkpoints."""

import uuid

import numpy as np
import pytest

from helpers.small_checkpoints import ship_small
from siamese_core.errors import UserError
from siamese_core.labelling.mining import REASONS
from siamese_core.labelling.pool import Pool, PoolProgress
from siamese_core.labelling.queue import WISHED, Questions
from siamese_core.networks.encoders import SLOTS
from siamese_core.page.label.pair_view import WHY, folder_names, pair_told, save_answer, what_goes_on
from siamese_core.page.parts.answers import undo
from siamese_core.page.parts.templates import render
from siamese_core.workspace.workbench import Workbench


@pytest.fixture(scope="module")
def questions(tmp_path_factory) -> Questions:
    """A workspace with four images, of which the queue has asked nothing."""
    folder = tmp_path_factory.mktemp("pair_view")
    bench = Workbench(folder / "workspace", ship_small(folder / "shipped", *SLOTS))
    for pixels in np.random.default_rng(0).integers(0, 256, (4, 24, 24, 3), dtype=np.uint8):
        bench.images.add(pixels)
    return Questions(bench, Pool(bench))


def event(questions: Questions, **cells) -> dict:
    left, right = questions.workbench.images.ids()[:2]
    given = {
        "id": uuid.uuid4().hex,
        "kind": "answer",
        "session": "0" * 32,
        "annotator": "Anne",
        "left_id": left,
        "right_id": right,
        "answer": "same",
        "reason": "uncertain",
        "probability": 0.25,
        "milliseconds": 700.4,
        "blind": False,
    }
    return given | cells


def logged(questions: Questions, sent: dict):
    save_answer(questions, sent)
    return next(row for row in questions.workbench.log.rows() if row.label_id == sent["id"])


def test_what_was_asked_before_a_restart_is_logged_as_the_page_remembers_it(questions):
    row = logged(questions, event(questions, blind=True))
    assert (row.task, row.reason, row.probability, row.note) == ("queue", "uncertain", "0.25", "blind")
    assert row.milliseconds == "700.0" and row.koch_checkpoint and row.annotator == "Anne"


def pool_state(**changes) -> PoolProgress:
    known = {"files": 600, "done": 0, "rejected": 0, "images": 0, "embedded": 0}
    return PoolProgress(**known | {"working": True, "seconds_left": None, "problem": None} | changes)


def test_while_images_are_prepared_the_page_says_so_and_speaks_of_no_error():
    assert "encoders are being loaded" in what_goes_on(pool_state(working=False))
    words = what_goes_on(pool_state(done=16, images=16, seconds_left=40.0))
    assert words.startswith("Preparing the images: 0 of 600 embedded, about 40 s left.")
    assert "Received" not in words


@pytest.mark.parametrize(
    ("changes", "there"),
    [({"files": 0}, "nothing to ask"), ({"files": 1}, "there is one"), ({"files": 2, "rejected": 2}, "none")],
)
def test_without_two_images_the_page_asks_for_some_and_speaks_of_no_error(changes, there):
    words = what_goes_on(pool_state(**changes))
    assert there in words and words.endswith("Add images to label.") and "Received" not in words


def test_where_work_has_stopped_the_error_is_told():
    assert what_goes_on(pool_state(problem="The disk is full.")) == ""


def test_the_same_event_twice_is_one_row(questions):
    sent, before = event(questions), len(questions.workbench.log.rows())
    save_answer(questions, sent)
    save_answer(questions, sent)
    taken_back = {**sent, "kind": "undo", "id": uuid.uuid4().hex, "target": sent["id"]}
    undo(questions.workbench, taken_back)
    undo(questions.workbench, taken_back)
    assert [row.event for row in questions.workbench.log.rows()[before:]] == ["label", "undo"]


def test_what_the_queue_knows_counts_more_than_what_the_page_says(questions, tmp_path):
    asking = Questions(questions.workbench, Pool(questions.workbench), np.random.default_rng(0))
    from helpers.samples import image_file

    for number, image_id in enumerate(questions.workbench.images.ids()):
        (tmp_path / f"{number}.png").write_bytes(image_file(questions.workbench.images.read(image_id)))
    asking.pool.files.add_folder(tmp_path)
    asking.pool.work()
    (asked,) = asking.next_pairs(1, "Bob")
    told = pair_told(asked, questions.workbench.names, {asked.left_id: "shop/cereals"})
    assert told["classes"] == ["cereals", ""]
    assert told["why"] == WHY[asked.reason] and set(told["said"]) == set(SLOTS)
    pair = {"left_id": asked.left_id, "right_id": asked.right_id}
    sent = event(questions, **pair, annotator="Robert", asked="Bob", reason="hard_negative", probability=1)
    row = logged(asking, sent)  # who was asked has corrected his name since
    assert (row.reason, float(row.probability)) == (asked.reason, asked.probability)
    assert float(row.koch_similarity) == asked.similarity["koch"]


def test_classes_are_called_as_their_folders():
    assert folder_names(["shop/tea", "shop/tea"]) == ["tea", "tea"]
    assert folder_names(["shop/tea", ""]) == ["tea", ""]
    assert folder_names(["shop/tea", "home/tea"]) == ["shop/tea", "home/tea"]


def test_a_suggestion_that_is_accepted_says_what_implied_it(questions):
    first, second = uuid.uuid4().hex, uuid.uuid4().hex
    row = logged(questions, event(questions, origin="implied", because=[first, second, "=1+1", 7]))
    assert (row.note, row.reason, row.probability) == (f"implied by {first} {second}", "", "")


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "short"},
        {"id": None},
        {"session": ""},
        {"answer": "maybe"},
        {"left_id": "../../x"},
        {"right_id": "0" * 64},
        {"reason": "because"},
        {"probability": 0},
        {"probability": "1"},
        {"probability": 2},
        {"annotator": "x" * 81},
    ],
)
def test_what_is_no_answer_of_the_page_is_refused_and_not_logged(questions, wrong):
    before = questions.workbench.log.rows()
    with pytest.raises(UserError, match="Received"):
        save_answer(questions, event(questions, **wrong))
    assert questions.workbench.log.rows() == before


def test_every_reason_has_words_and_every_key_is_shown():
    assert set(WHY) == {*REASONS, WISHED}
    drawn = render("label/pair_view.html.jinja")
    assert all(f">{key}</kbd>" in drawn for key in "SDUNZFEB")
