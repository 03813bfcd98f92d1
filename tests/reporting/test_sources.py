"""What can be measured on, and what is said of what cannot."""

import zipfile

import pytest

from helpers.workspaces import noise
from siamese_core.answers.label_row import LabelRow, completed
from siamese_core.errors import UserError
from siamese_core.images.store import ImageStore
from siamese_core.labelling.pool_files import PoolImage
from siamese_core.reporting.sources import (
    from_answers,
    from_files,
    from_pool,
    from_zip,
    sample_drawings,
    short_class,
)


def test_the_shipped_drawings_are_there_at_first():
    found = sample_drawings().counts()
    assert (found["images"], found["classes"], found["groups"]) == (400, 80, 4)


def test_a_zip_is_class_folders_or_lakes_runs(class_folders, tmp_path):
    folders, runs = tmp_path / "folders.zip", tmp_path / "all_runs.zip"
    files = sorted(class_folders.rglob("*.png"))
    with zipfile.ZipFile(folders, "w") as archive:
        for file in files:
            archive.write(file, file.relative_to(class_folders.parent).as_posix())
    with zipfile.ZipFile(runs, "w") as archive:
        for place, name in enumerate(("test/item01", "test/item02", "training/class01", "training/class02")):
            archive.write(files[place], f"run01/{name}.png")
        lines = [f"run01/test/item0{n}.png run01/training/class0{n}.png" for n in (1, 2)]
        archive.writestr("run01/class_labels.txt", "\n".join(lines))
    assert from_zip(folders, "folders.zip").counts()["classes"] == 6
    found = from_zip(runs, "all_runs.zip")
    assert (found.kind, len(found), found.runs.target.tolist()) == ("lake", 4, [0, 1])


def test_files_need_their_folders(class_folders):
    file = next(class_folders.rglob("*.png"))
    with pytest.raises(UserError, match="1 of 2 without one, such as b.png"):
        from_files([(file, "a/a.png"), (file, "b.png")], "files")


def test_the_pool_counts_where_its_classes_are_known(tmp_path):
    store = ImageStore(tmp_path / "images")
    ids = [store.add(image) for image in noise(3)]
    images = [PoolImage(each, f"c{n}/{n}.png", f"c{n}") for n, each in enumerate(ids)]
    assert from_pool(images, store).classes == ("c0", "c1", "c2")
    with pytest.raises(UserError, match="3 images, none of a known class"):
        from_pool([PoolImage(each, "x.png", "") for each in ids], store)


def test_answers_are_pairs_of_images_that_are_there(tmp_path):
    store = ImageStore(tmp_path / "images")
    first, second, third = (store.add(image) for image in noise(3))
    rows = [
        completed(LabelRow(left_id=left, right_id=right, answer=answer, annotator="Ada"))
        for left, right, answer in [
            (first, second, "same"),
            (first, third, "different"),
            (second, "f" * 64, "same"),
        ]
    ]
    found = from_answers(rows, store)
    assert found.pairs.same.tolist() == [True, False] and len(found) == 3
    assert found.strata == ("asked as uploaded",) * 2
    with pytest.raises(UserError, match="1 same, 0 different"):
        from_answers(rows[:1], store)


def test_a_class_is_told_with_its_group_where_there_are_several():
    assert short_class("data/Greek/alpha", 2) == "Greek/alpha"
    assert short_class("data/Greek/alpha", 1) == "alpha"
