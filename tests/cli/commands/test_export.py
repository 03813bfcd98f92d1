"""`export`: the JSON of the contract, and what is refused in words."""

import pytest

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
