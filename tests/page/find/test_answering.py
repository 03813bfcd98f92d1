"""A page of answers to a search: a row a pair, once, taken back together."""

import numpy as np
import pytest

from siamese_core.errors import UserError
from siamese_core.page.find.answering import search_handlers
from siamese_core.page.parts.answers import answer_handlers
from siamese_core.workspace.workbench import Workbench

SAID = {"koch": {"checkpoint": "koch-1", "similarity": 0.9, "threshold": 0.5, "abstains": False}}
SAID |= {"resnet50": {"checkpoint": "resnet50-1", "abstains": True}}
WHO = {"session": "0123456789abcdef", "annotator": "Ada"}


@pytest.fixture
def workbench(workspace) -> Workbench:
    return Workbench(workspace)


@pytest.fixture
def event(workbench) -> dict:
    """A query and three images, of which the person called one the same."""
    ids = [workbench.images.add(np.full((8, 8, 3), 60 * n, np.uint8)) for n in range(4)]
    answers = [
        {"id": image_id, "answer": answer, "said": SAID}
        for image_id, answer in zip(ids[1:], ("same", "different", "different"), strict=True)
    ]
    return WHO | {"id": "a" * 32, "query": ids[0], "answers": answers, "milliseconds": 3000}


def save(workbench, event) -> dict:
    return search_handlers(workbench)["search"](event)


def test_every_pair_is_a_row_with_its_reason_and_what_the_encoders_said(workbench, event):
    assert save(workbench, event) == {"pairs": 3}
    rows = workbench.log.rows()
    assert [row.answer for row in rows] == ["same", "different", "different"]
    assert {row.left_id for row in rows} == {event["query"]}
    assert {(row.task, row.reason, row.probability) for row in rows} == {("compare", "search", "1.0")}
    assert {(row.group_id, row.milliseconds) for row in rows} == {("a" * 32, "1000")}
    assert [row.correction for row in rows] == ["0", "1", "1"]
    assert {(row.koch_similarity, row.resnet50_similarity) for row in rows} == {("0.9", "")}


def test_a_page_that_is_sent_twice_is_logged_once(workbench, event):
    save(workbench, event)
    assert save(workbench, event) == {}
    assert len(workbench.log.rows()) == 3


def test_undo_takes_the_whole_page_back(workbench, event):
    save(workbench, event)
    answer_handlers(workbench)["undo_latest"](WHO | {"id": "b" * 32})
    assert workbench.log.labels() == []


def test_a_page_with_one_unfit_answer_is_refused_as_a_whole(workbench, event):
    event["answers"][2]["answer"] = "perhaps"
    with pytest.raises(UserError, match="perhaps"):
        save(workbench, event)
    assert workbench.log.rows() == []


@pytest.mark.parametrize("answers", [None, [], [{}] * 241, ["x"]])
def test_what_is_no_page_of_answers_is_refused(workbench, event, answers):
    with pytest.raises(UserError):
        save(workbench, event | {"answers": answers})
