"""`log` as people and programs call it."""

from helpers.commands import answers_csv
from siamese_core.images.store import ImageStore

LOG_KEYS = ["rows", "labels", "corrections", "conflicts", "rejected"]


def test_the_log_of_a_new_workspace_is_empty(run, workspace):
    found = run("log", "check", "--json").json()
    assert found == {"rows": 0, "labels": 0, "corrections": 0, "conflicts": 0, "rejected": []}
    assert list(found) == LOG_KEYS


def test_answers_go_in_once_and_come_out_again(run, workspace, tmp_path):
    file, copy = answers_csv(workspace, tmp_path / "answers.csv", 4), tmp_path / "copy.csv"
    found = run("log", "import", file, "--json").json()
    assert (list(found), found["rows"], found["rejected"]) == (LOG_KEYS, 6, [])
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
