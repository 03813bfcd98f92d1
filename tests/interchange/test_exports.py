"""What is written for other programs says what the log says, and is read back by the program itself."""

import json

import pytest

from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import PairLog
from siamese_core.data.pair_lists import load_pair_list
from siamese_core.errors import UserError
from siamese_core.images.store import ImageStore
from siamese_core.interchange.exports import export_answers
from siamese_core.interchange.formats import FORMATS
from siamese_core.interchange.imports import import_answers

FILES = {
    "label-studio": "tasks.json",
    "coco": "annotations.json",
    "fiftyone": "labels.json",
    "pairs": "pairs.csv",
    "dedupe": "training.json",
}


@pytest.mark.parametrize("form", FILES)
def test_an_export_is_read_back_into_another_workspace(form, export, answered, log, tmp_path):
    folder = export(form)
    assert {path.parent.name for path in folder.rglob("*.png")} == {
        "data" if form == "fiftyone" else "images"
    }
    other, store = PairLog(tmp_path / "other" / "pairs.csv"), ImageStore(tmp_path / "other" / "images")
    content = FORMATS[form].read(folder / FILES[form])
    report = import_answers(content, other, store, folder)
    assert report.rejected == [] and store.ids() == sorted(answered)
    pairs = {(row.pair, row.answer) for row in other.rows()}
    said = {(row.pair, row.answer) for row in log.rows()}
    if form in ("coco", "fiftyone"):  # classes, not pairs: the groups are the same
        same = {pair for pair, answer in pairs if answer == "same"}
        assert same == {pair for pair, answer in said if answer == "same"}
    else:
        assert pairs == (said if form == "label-studio" else {each for each in said if each[1] != "unsure"})
    assert import_answers(content, other, store, folder).added == 0


def test_tasks_come_back_to_the_log_that_wrote_them_only_where_they_say_something_new(export, log, images):
    folder = export("label-studio")
    tasks = json.loads((folder / "tasks.json").read_text())
    task = next(
        task for task in tasks if task["annotations"][0]["result"][0]["value"]["choices"] == ["unsure"]
    )
    task["annotations"][0]["result"][0]["value"]["choices"] = ["different"]
    (folder / "tasks.json").write_text(json.dumps(tasks))
    content = FORMATS["label-studio"].read(folder / "tasks.json")
    report = import_answers(content, log, images, folder)
    assert (report.added, report.known, report.rejected) == (1, 4, [])
    assert log.rows()[-1].answer == "different"
    assert sorted(row.answer for row in log.labels()) == ["different", "different", "same", "same", "same"]
    assert 'value="$left"' in (folder / "config.xml").read_text()


def test_a_table_of_pairs_is_a_list_that_evaluation_reads(export):
    pairs = load_pair_list(export("pairs") / "pairs.csv")
    assert (len(pairs.same), int(pairs.same.sum()), pairs.left_out.files) == (4, 3, ())


def test_answers_to_images_that_are_gone_are_left_out_and_counted(answered, log, images, tmp_path):
    images.path(answered[0]).unlink()
    counts = export_answers(FORMATS["dedupe"].write, log, images, tmp_path / "out")
    assert counts == {"pairs": 3, "images": 4, "images_gone": 2}


def test_an_export_is_whole_or_not_there_and_takes_no_folders_place(export, log, images, tmp_path):
    export("pairs")
    with pytest.raises(UserError, match="goes into a new folder"):
        export_answers(FORMATS["pairs"].write, log, images, tmp_path / "pairs")
    empty = PairLog(tmp_path / "empty.csv")
    empty.append(LabelRow(left_id="a", right_id="b", answer="same"))
    with pytest.raises(UserError, match="Received: 0 answers, 1 more"):
        export_answers(FORMATS["coco"].write, empty, images, tmp_path / "none")
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"pairs", "workspace"}
