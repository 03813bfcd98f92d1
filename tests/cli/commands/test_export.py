"""`export`: the JSON of the contract, and what is refused in words."""

import pytest

from helpers.commands import answers_csv

pytest.importorskip("onnx")


def test_an_encoder_is_exported_and_named_by_its_path(run, slots, tmp_path):
    out = tmp_path / "new folder" / "koch.onnx"
    told = run(
        "--json", "export", "small_cnn", "--checkpoint", own_folder(slots), "--format", "onnx", "--out", out
    ).json()
    assert (told["format"], told["path"]) == ("onnx", str(out))
    assert 0 <= told["largest_difference"] <= 1e-4
    assert sorted(told) == ["format", "largest_difference", "path"]
    again = run("export", "koch", "--format", "onnx", "--out", out)
    assert "which exists" in again.error()


def test_a_checkpoint_of_another_encoder_is_refused(run, slots, tmp_path):
    options = ("--checkpoint", own_folder(slots), "--format", "onnx", "--out", tmp_path / "a.onnx")
    assert "Name small_cnn" in run("export", "koch", *options).error()


def test_photographs_without_a_checkpoint_are_not_exported_as_handwriting(run, tmp_path):
    options = ("--domain", "photographs", "--format", "onnx", "--out", tmp_path / "a.onnx")
    assert "checkpoint of their own" in run("export", "resnet50", *options).error()


def own_folder(slots):
    return next(folder for folder in (slots / "checkpoints").iterdir() if folder.is_dir())


def test_for_the_hub_a_checkpoint_and_the_answers_become_folders(run, slots, workspace, tmp_path):
    out = tmp_path / "repository"
    told = run(
        "--json", "export", "hf", out, "--encoder", "small_cnn", "--checkpoint", own_folder(slots)
    ).json()
    assert told["path"] == str(out) and told["checkpoint"] in (out / "README.md").read_text()
    assert (out / "example.py").is_file() and (out / "card.json").is_file()
    assert "which exists" in run("export", "hf", out).error()
    assert "answered pair" in run("export", "dataset", tmp_path / "pairs").error()
    run("log", "import", answers_csv(workspace, tmp_path / "answers.csv", 4)).text()
    counted = run("--json", "export", "dataset", tmp_path / "pairs").json()
    assert (counted["pairs"], counted["same"], counted["without_images"]) == (6, 4, 0)


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("hf",), "no folder"),
        (("dataset", "a", "--format", "onnx"), "one of them"),
        (("koch", "--format", "onnx"), "no --out"),
        (("koch", "a", "--format", "onnx", "--out", "b"), "Received: a"),
    ],
)
def test_each_form_takes_its_own_options(run, words, wrong):
    assert wrong in run("export", *words).error()
