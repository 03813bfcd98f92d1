"""Lake's runs, read from zips made here in the published layout."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from siamese_core.errors import UserError
from siamese_core.evaluation.lake import read_lake_runs
from siamese_core.images.decoding import encode_png

Files = dict[str, bytes]


def png(level: int) -> bytes:
    return encode_png(np.full((4, 4, 3), level, np.uint8))


def run_files(run: int, n_way: int = 3, folder: str = "") -> Files:
    """Training image c has level 10 * run + c; test item i shows class (i + run) % n_way, 100 levels up."""
    base = f"{folder}run{run:02d}"
    files, lines = {}, []
    for item in range(n_way):
        true_class = (item + run) % n_way
        files[f"{base}/training/class{item + 1:02d}.png"] = png(10 * run + item)
        files[f"{base}/test/item{item + 1:02d}.png"] = png(100 + 10 * run + true_class)
        lines.append(
            f"run{run:02d}/test/item{item + 1:02d}.png run{run:02d}/training/class{true_class + 1:02d}.png"
        )
    files[f"{base}/class_labels.txt"] = ("\r\n".join(lines) + "\r\n").encode()
    return files


def zip_of(path: Path, files: Files) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("folder", ["", "all_runs/", "python/one-shot-classification/all_runs/"])
def test_every_line_becomes_a_trial_against_the_whole_run(tmp_path, folder):
    files = run_files(2, folder=folder) | run_files(1, folder=folder)
    runs = read_lake_runs(zip_of(tmp_path / "all_runs.zip", files))
    level = np.array([image[0, 0, 0] for image in runs.images])
    assert runs.support.shape == (6, 3, 1)
    np.testing.assert_array_equal(level[runs.support[:, :, 0]], [[10, 11, 12]] * 3 + [[20, 21, 22]] * 3)
    picked = level[runs.support[np.arange(6), runs.target, 0]]
    np.testing.assert_array_equal(level[runs.query], picked + 100)
    np.testing.assert_array_equal(level[runs.query], [111, 112, 110, 122, 120, 121])


def test_what_a_mac_adds_to_a_zip_is_left_alone(tmp_path):
    files = run_files(1)
    copies = {f"__MACOSX/{name}": b"resource fork" for name in files}
    runs = read_lake_runs(zip_of(tmp_path / "all_runs.zip", files | copies))
    assert len(runs.query) == 3


def test_a_line_that_names_no_training_image_of_its_run_is_named(tmp_path):
    files = run_files(1) | run_files(2)
    files["run02/class_labels.txt"] = b"run02/test/item01.png run01/training/class01.png\n"
    with pytest.raises(UserError, match=r"run02/class_labels.txt, line 1: .*run01/training"):
        read_lake_runs(zip_of(tmp_path / "all_runs.zip", files))


@pytest.mark.parametrize(
    "line", [b"run01/test/item99.png run01/training/class01.png", b"run01/test/item01.png"]
)
def test_a_line_without_both_images_is_named(tmp_path, line):
    with pytest.raises(UserError, match="line 2"):
        read_lake_runs(
            zip_of(tmp_path / "all_runs.zip", run_files(1) | {"run01/class_labels.txt": b"\n" + line})
        )


@pytest.mark.parametrize(
    ("files", "received"),
    [
        ({}, "0 runs with 0 trials"),
        ({"images/a.png": png(1)}, "0 runs with 0 trials"),
        (run_files(1) | {"run01/class_labels.txt": b""}, "1 runs with 0 trials"),
        (run_files(1) | run_files(2, n_way=4), r"\[3, 4\] training images"),
    ],
)
def test_runs_that_cannot_be_compared_are_refused(tmp_path, files, received):
    with pytest.raises(UserError, match=received):
        read_lake_runs(zip_of(tmp_path / "all_runs.zip", files))


def test_what_is_no_zip_or_not_there_is_refused(tmp_path):
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK but not really")
    for path in (broken, tmp_path / "missing.zip"):
        with pytest.raises(UserError, match=path.name) as refused:
            read_lake_runs(path)
        assert "Errno" not in str(refused.value)
