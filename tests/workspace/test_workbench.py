"""The verbs of an opened workspace, on disk and with real small checkpoints in both slots."""

import json

import numpy as np
import pytest

from helpers.workspaces import (
    ANNE,
    noise,
    support,
)
from siamese_core.answers.corrections import Verdict
from siamese_core.errors import UserError
from siamese_core.images.decoding import image_id
from siamese_core.workspace.recording import Annotator, Shown
from siamese_core.workspace.workbench import Workbench


def test_comparing_stores_both_images_and_gives_the_contracts_json(workbench):
    left, right = noise(2)
    result = workbench.compare(left, right)
    assert (result.left_id, result.right_id) == (image_id(left), image_id(right))
    np.testing.assert_array_equal(workbench.images.read(result.left_id), left)
    told = json.loads(json.dumps(result.json()))
    assert list(told) == ["left", "right", "results"]
    assert (told["left"], told["right"]) == (image_id(left), image_id(right))
    assert [each["encoder"] for each in told["results"]] == ["koch", "resnet50"]
    for each in told["results"]:
        assert list(each)[:5] == ["encoder", "checkpoint", "similarity", "threshold", "same"]
        assert each["checkpoint"] == workbench.checkpoints.current_id(each["encoder"])
        assert 0 <= each["similarity"] <= 1 and each["threshold"] == 0.5
        assert each["same"] is (each["similarity"] >= 0.5)


def test_one_shot_stores_the_images_and_gives_the_contracts_json(workbench):
    query, given = noise(1)[0], support("alpha", "beta", "beta")
    result = workbench.one_shot(query, given)
    assert result.support == tuple((name, image_id(image)) for name, image in given)
    assert all(stored in workbench.images for _, stored in result.support)
    told = json.loads(json.dumps(result.json()))
    assert list(told) == ["query", "results"] and told["query"] == image_id(query)
    for each in told["results"]:
        assert list(each)[:5] == ["encoder", "checkpoint", "pick", "margin", "ranking"]
        assert each["pick"] == each["ranking"][0]["class"]
        assert {ranked["class"] for ranked in each["ranking"]} == {"alpha", "beta"}
        first, second = (ranked["similarity"] for ranked in each["ranking"])
        assert each["margin"] == pytest.approx(first - second)


# Undo, the last answers, the state


def test_undo_takes_an_answer_back_once(workbench, pair):
    label_id = workbench.answer(*pair, "same", ANNE)
    workbench.undo(label_id, Annotator("Anne", "session 1", "api"))
    assert workbench.log.rows()[-1].source == "api"
    assert workbench.last_answers(10) == [] and workbench.status()["labels"] == 0
    with pytest.raises(UserError):
        workbench.undo(label_id, ANNE)
    with pytest.raises(UserError):
        workbench.undo("unknown", ANNE)


def test_the_last_answers_come_latest_first(workbench):
    ids = [workbench.images.add(image) for image in noise(4)]
    made = [workbench.answer(ids[0], other, "same", ANNE) for other in ids[1:]]
    assert [row.label_id for row in workbench.last_answers(2)] == made[:0:-1]
    assert len(workbench.last_answers(10)) == 3


def test_the_state_counts_what_there_is(workbench, pair):
    workbench.answer(*pair, "same", ANNE)
    workbench.answer(*pair, "different", Annotator("Bert"))
    status = json.loads(json.dumps(workbench.status()))
    assert set(status) == {
        "ready",
        "slots",
        "photos_problem",
        "log_problem",
        "images",
        "labels",
        "corrections",
        "conflicts",
    }
    assert (status["images"], status["labels"], status["conflicts"]) == (2, 2, 1)
    assert status["ready"] is True
    assert status["slots"]["koch"] == {
        "state": "ready",
        "checkpoint": workbench.checkpoints.current_id("koch"),
        "problem": None,
        "photographs": None,
        "fixed": None,
    }


def test_a_workspace_just_opened_is_not_ready_and_empty(workspace, shipped):
    status = Workbench(workspace, shipped).status()
    assert status["ready"] is False
    assert status["slots"]["resnet50"]["state"] == "waiting" and not status["slots"]["resnet50"]["checkpoint"]
    assert (status["images"], status["labels"], status["corrections"]) == (0, 0, 0)


def test_a_workspace_that_is_no_folder_is_told(tmp_path, shipped):
    (tmp_path / "file").write_text("text")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UserError, match="workspace is a folder"):
            Workbench(path, shipped)


def test_a_workspace_opened_again_has_kept_everything(workspace, shipped, workbench, pair):
    label_id = workbench.answer(*pair, "same", ANNE)
    again = Workbench(workspace, shipped)
    assert [row.label_id for row in again.last_answers(5)] == [label_id]
    assert again.status()["images"] == 2


def test_the_state_counts_what_other_processes_add_and_what_vanishes(workspace, shipped, workbench, pair):
    assert workbench.status()["images"] == 2
    other = Workbench(workspace, shipped)
    third = other.images.add(noise(1, seed=3)[0])
    label_id = other.answer(pair[0], third, "same", ANNE, Shown(verdicts=said(True)))
    other.answer(*pair, "different", ANNE, Shown(verdicts=said(True)))
    status = workbench.status()
    assert (status["images"], status["labels"], status["corrections"]) == (3, 2, 1)
    other.undo(label_id, ANNE)
    workbench.images.path(third).unlink()
    status = workbench.status()
    assert (status["images"], status["labels"], status["corrections"]) == (2, 1, 1)


def said(same: bool) -> tuple[Verdict, ...]:
    """Return what koch said, so that nothing is loaded."""
    return (Verdict("koch", "koch-1", 0.9 if same else 0.1, 0.5, same),)
