"""Support sets as people keep them: a folder a class, a file a class, and what is neither."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from helpers.samples import corner_mark, image_file
from siamese_core.data.support_folder import MAX_IMAGES, read_support
from siamese_core.errors import UserError

PNG = image_file(corner_mark())


def write(folder: Path, *names: str, content: bytes = PNG) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def class_names(folder: Path) -> list[str]:
    return [name for name, _ in read_support(folder).images]


def test_files_are_each_a_class_of_their_own(tmp_path):
    assert class_names(write(tmp_path, "beko.png", "alu.JPG", "two words.webp")) == [
        "alu",
        "beko",
        "two words",
    ]


def test_names_of_files_are_cleaned_and_those_that_look_alike_are_told(tmp_path):
    support = read_support(write(tmp_path, "cat.png", "cat .png", "Dog.png", "dog.png"))
    assert sorted(name for name, _ in support.images) == ["Dog", "cat", "cat", "dog"]
    assert support.left_out.notes == ("'cat' and 'cat ' are one class", "'Dog' and 'dog' are 2 classes")


def test_the_images_in_a_folder_are_shots_of_its_class(tmp_path):
    folder = write(tmp_path, "beko/2.png", "beko/1.png", "alu/1.png")
    assert class_names(folder) == ["alu", "beko", "beko"]


def test_images_come_decoded(tmp_path):
    ((_, image),) = read_support(write(tmp_path, "alu/1.png")).images
    assert np.array_equal(image, corner_mark())


def test_what_is_no_image_and_what_is_hidden_is_left_out(tmp_path):
    write(tmp_path, "alu.png", "readme.txt", ".hidden.png", "._alu.png", ".cache/a.png", "__MACOSX/a.png")
    (tmp_path / "empty").mkdir()
    assert class_names(tmp_path) == ["alu"]


def test_files_beside_class_folders_are_refused_with_examples_of_both(tmp_path):
    folder = write(tmp_path, "alu/1.png", "beko.png")
    with pytest.raises(UserError, match="not both.*alu.*beko.png"):
        read_support(folder)


def test_a_folder_without_images_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"CLASS/image\.png or CLASS\.png.*with 0"):
        read_support(write(tmp_path, "notes.txt"))


def test_what_is_neither_folder_nor_zip_is_refused_by_what_it_is(tmp_path):
    write(tmp_path, "file.png")
    with pytest.raises(UserError, match="a folder or a zip. Received: .*missing, which is not there"):
        read_support(tmp_path / "missing")
    with pytest.raises(UserError, match="file.png, which is a PNG"):
        read_support(tmp_path / "file.png")


def test_a_zip_is_read_as_its_folder_is(tmp_path):
    write(tmp_path / "set", "alu/1.png", "beko/1.png", "beko/2.png")
    packed = Path(shutil.make_archive(str(tmp_path / "set"), "zip", tmp_path / "set"))
    assert class_names(packed) == class_names(tmp_path / "set") == ["alu", "beko", "beko"]
    wrapped = Path(shutil.make_archive(str(tmp_path / "wrapped"), "zip", tmp_path, "set"))
    assert class_names(wrapped) == ["alu", "beko", "beko"]


def test_names_of_classes_are_cleaned(tmp_path):
    folder = write(tmp_path, "cat/1.png", "cat /1.png", "cafe\u0301/1.png")
    assert class_names(folder) == ["café", "cat", "cat"]
    assert read_support(folder).left_out.line() == "'cat' and 'cat ' are one class"


def test_a_damaged_image_is_named_with_its_folder_and_spoils_no_other(tmp_path):
    folder = write(write(tmp_path, "alu/1.png"), "alu/2.png", content=b"no image")
    support = read_support(folder)
    assert len(support.images) == 1
    assert support.left_out.line() == "left out: 1 unreadable (alu/2.png)"


def test_more_images_than_fit_into_memory_are_refused_before_any_is_read(tmp_path):
    folder = write(tmp_path, *(f"alu/{number}.png" for number in range(MAX_IMAGES + 1)), content=b"")
    with pytest.raises(UserError, match=str(MAX_IMAGES + 1)):
        read_support(folder)
