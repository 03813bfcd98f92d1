"""The verbs of an opened workspace, on disk and with real small checkpoints in both slots."""

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.workspaces import (
    ANNE,
    noise,
    support,
)
from siamese_core.answers.corrections import Verdict
from siamese_core.errors import UserError
from siamese_core.images import seen_files
from siamese_core.images.decoding import encode_png, image_id
from siamese_core.workspace import workbench as workbench_module
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


# Files that were seen before


@pytest.fixture
def decoded(monkeypatch) -> list[str]:
    """The names of the files that the workbench decodes."""
    names, decode = [], workbench_module.decode_image

    def counting(file, name=None):
        names.append(file.name)
        return decode(file, name)

    monkeypatch.setattr(workbench_module, "decode_image", counting)
    return names


def written(folder: Path, count: int, monkeypatch) -> list[Path]:
    """Write image files, an hour ago as the program sees it."""
    monkeypatch.setattr(seen_files.time, "time", lambda now=time.time: now() + 3600)
    files = [folder / f"{number}.png" for number in range(count)]
    for file, image in zip(files, noise(count), strict=True):
        file.write_bytes(encode_png(image))
    return files


def test_files_that_were_seen_before_are_not_decoded_again(
    workspace, shipped, tmp_path, decoded, monkeypatch
):
    files, said = written(tmp_path, 4, monkeypatch), []
    for _ in range(2):
        bench = Workbench(workspace, shipped)
        named = [(file.stem, bench.file_image(file)) for file in files[1:]]
        said.append(bench.one_shot(bench.file_image(files[0]), named).json())
    assert len(decoded) == len(files)
    assert [each["ranking"] for each in said[1]["results"]] == [
        [ranked | {"similarity": pytest.approx(ranked["similarity"], abs=1e-5)} for ranked in each["ranking"]]
        for each in said[0]["results"]
    ]


@pytest.mark.skipif(os.name == "nt", reason="there only times that can be set are told")
def test_a_file_with_other_pixels_of_the_same_size_and_time_is_decoded_anew(workbench, tmp_path, monkeypatch):
    file, other = (tmp_path / name for name in ("a.bmp", "b.bmp"))
    monkeypatch.setattr(seen_files.time, "time", lambda now=time.time: now() + 3600)
    for path, image in zip((file, other), noise(2), strict=True):
        Image.fromarray(image).save(path)
    before = file.stat()
    first, partner = workbench.file_image(file), workbench.file_image(other)
    workbench.compare(first, partner)
    time.sleep(0.02)  # more than the clock's resolution
    file.write_bytes(other.read_bytes())
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    assert workbench.file_image(file).id == partner.id != first.id


def test_a_file_whose_image_is_gone_from_the_workspace_is_decoded_anew(
    workbench, tmp_path, decoded, monkeypatch
):
    files = written(tmp_path, 2, monkeypatch)
    for _ in range(2):
        left, right = (workbench.file_image(file) for file in files)
        workbench.compare(left, right)
        workbench.images.path(left.id).unlink()
    assert decoded == ["0.png", "1.png", "0.png"]


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
