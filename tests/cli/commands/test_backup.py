"""`backup` and `restore` as people and programs call them."""

from helpers.commands import answers_csv


def test_a_workspace_goes_into_a_zip_and_comes_out_of_it(run, workspace, tmp_path):
    run("log", "import", answers_csv(workspace, tmp_path / "answers.csv", 4))
    file, new = tmp_path / "backup.zip", tmp_path / "new"
    made = run("backup", file, "--json").json()
    assert made == {"path": str(file), "files": made["files"], "bytes": file.stat().st_size}
    assert run("restore", file, "--into", new, "--json").json() == {
        "workspace": str(new.resolve()),
        "files": made["files"],
        "labels": 6,
    }
    assert run("log", "check", "--json", home=new).json()["labels"] == 6
    assert "6 answers, verified" in run("restore", file, home=tmp_path / "another").text()


def test_what_can_be_mended_is_told_in_a_line(run, workspace, tmp_path):
    assert "is no folder" in run("backup", tmp_path / "a.zip", home=tmp_path / "nowhere").error()
    assert "which is not there" in run("restore", tmp_path / "b.zip", "--into", tmp_path / "new").error()
    (tmp_path / "text.zip").write_text("text")
    assert "text.zip" in run("restore", tmp_path / "text.zip", "--into", tmp_path / "new").error()
    assert not (tmp_path / "new").exists()
