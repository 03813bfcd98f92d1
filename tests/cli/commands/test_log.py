"""`log` as people and programs call it."""

import re

import numpy as np
import pytest

from helpers.commands import answers_csv
from helpers.samples import image_file
from siamese_core.images.store import ImageStore

LOG_KEYS = ["rows", "labels", "corrections", "conflicts", "rejected"]
IMPORT_KEYS = [*LOG_KEYS, "added", "notes"]


def test_the_log_of_a_new_workspace_is_empty(run, workspace):
    found = run("log", "check", "--json").json()
    assert found == {"rows": 0, "labels": 0, "corrections": 0, "conflicts": 0, "rejected": []}
    assert list(found) == LOG_KEYS


def test_answers_go_in_once_and_come_out_again(run, workspace, tmp_path):
    file, copy = answers_csv(workspace, tmp_path / "answers.csv", 4), tmp_path / "copy.csv"
    found = run("log", "import", file, "--json").json()
    assert (list(found), found["rows"], found["rejected"]) == (IMPORT_KEYS, 6, [])
    assert (found["added"], found["notes"]) == (6, [])
    assert "0 rows added" in run("log", "import", file).text()
    assert list(run("log", "export", copy, "--json").json()) == LOG_KEYS
    assert len(copy.read_text().splitlines()) == 7
    assert run("log", "check", "--json").json()["labels"] == 6


def test_lines_that_cannot_be_used_are_told_with_their_number(run, workspace, tmp_path):
    file = answers_csv(workspace, tmp_path / "answers.csv", 4)
    with file.open("a") as lines:
        lines.write(f"{'0' * 64},{'1' * 64},same\n")
    found = run("log", "import", file, "--json").json()
    (rejected,) = found["rejected"]
    assert list(rejected) == ["line", "why"]
    assert rejected["line"] == 8
    assert "no image" in rejected["why"]
    assert "line 8: " in run("log", "import", file).text()


def test_a_check_tells_people_that_images_are_gone(run, workspace, tmp_path):
    file = answers_csv(workspace, tmp_path / "answers.csv", 4)
    run("log", "import", file)
    assert "gone" not in run("log", "check").text()
    first_pair = file.read_text().splitlines()[1]
    ImageStore(workspace / "images").path(first_pair.split(",")[0]).unlink()
    assert "1 images of these labels are gone" in run("log", "check").text()


def test_a_torn_last_line_is_reported_and_costs_no_row(run, workspace, tmp_path):
    run("log", "import", answers_csv(workspace, tmp_path / "answers.csv", 4))
    with (workspace / "pairs.csv").open("a") as log:
        log.write('1,"torn')
    found = run("log", "check", "--json").json()
    assert found["rows"] == 6
    assert "torn" in found["rejected"][0]["why"]


def pictures(folder, count=3):
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.png").write_bytes(image_file(np.full((8, 8, 3), 60 * number, np.uint8)))


def test_images_named_by_path_are_stored_and_their_answers_taken(run, workspace, tmp_path):
    pictures(tmp_path / "img")
    file = tmp_path / "answers.csv"
    file.write_text(
        "left_path;right_path;answer\r\nimg\\0.png;img/1.png; Same\r\nimg/1.png;img/2.png;FALSE\r\n;;\r\n"
    )
    found = run("log", "import", file, "--json").json()
    assert (found["added"], found["labels"], found["rejected"]) == (2, 2, [])
    assert ImageStore(workspace / "images").count() == 3
    assert "0 rows added" in (text := run("log", "import", file).text()) and "2 were in the log" in text


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("", "no row below"),
        ("img/0.png,gone.png,same\nimg/0.png,img/1.png,maybe\n", "2 rows.*line 2: .*gone"),
    ],
)
def test_an_import_that_takes_nothing_is_no_success(run, tmp_path, rows, says):
    pictures(tmp_path / "img")
    file = tmp_path / "answers.csv"
    file.write_text(f"left_path,right_path,answer\n{rows}")
    assert re.search(says, run("log", "import", file).error())


def test_a_workbook_is_named_with_what_to_do(run, tmp_path):
    file = tmp_path / "answers.xlsx"
    file.write_bytes(b"PK\x03\x04rest")
    assert "workbook" in (said := run("log", "import", file).error()) and "save it as" in said


def test_answers_that_are_gone_are_told_and_come_back_from_the_copy(run, workspace, tmp_path):
    file = answers_csv(workspace, tmp_path / "answers.csv", 4)
    run("log", "import", file)
    run("log", "import", file)  # whose process is the first to find a log
    (copy,) = workspace.glob("pairs.backup-*.csv")
    (workspace / "pairs.csv").write_bytes(b"")
    assert "6 answers that were in the log are no longer there" in run("log", "check").text()
    assert run("log", "import", copy.name, "--json").json()["added"] == 6
    assert run("log", "check", "--json").json()["rejected"] == []


def test_answers_go_to_another_program_and_come_back(run, workspace, tmp_path):
    run("log", "import", answers_csv(workspace, tmp_path / "answers.csv", 4))
    found = run("log", "export", tmp_path / "out", "--format", "label-studio", "--json").json()
    assert list(found) == [*LOG_KEYS, "format", "path", "written"]
    assert found["written"] == {"tasks": 6, "answers": 6, "images": 12, "images_gone": 0}
    other = tmp_path / "other"
    words = ("log", "import", tmp_path / "out" / "tasks.json", "--format", "label-studio")
    taken = run(*words, "--json", home=other).json()
    assert (list(taken), taken["added"], taken["rejected"]) == (IMPORT_KEYS, 6, [])
    assert "0 rows added" in run(*words, home=other).text()


def test_classes_of_another_program_become_folders(run, workspace, tmp_path):
    run("log", "import", answers_csv(workspace, tmp_path / "answers.csv", 4))
    told = run("log", "export", tmp_path / "out", "--format", "coco").text()
    assert told.startswith("4 groups, 8 images, 0 images gone: written to ")
    words = ("log", "import", tmp_path / "out" / "annotations.json", "--format", "coco")
    found = run(*words, "--classes", tmp_path / "classes", "--json").json()
    assert (found["images"], found["rejected"]) == (8, [])
    assert len(list((tmp_path / "classes").glob("group-*/*.png"))) == 8


def test_options_of_a_format_need_one(run, tmp_path):
    assert "--images goes with --format" in run("log", "import", "a.csv", "--images", tmp_path).error()
    assert "invalid choice: 'cvat'" in run("log", "import", "a.csv", "--format", "cvat").error()
    error = run("log", "import", tmp_path / "gone.json", "--format", "dedupe").error()
    assert "gone.json" in error
