"""Support sets as people keep them: a folder a class, a file a class, and what is neither."""

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
    return [name for name, _ in read_support(folder)]


def test_files_are_each_a_class_of_their_own(tmp_path):
    assert class_names(write(tmp_path, "beko.png", "alu.JPG", "two words.webp")) == [
        "alu",
        "beko",
        "two words",
    ]


def test_the_images_in_a_folder_are_shots_of_its_class(tmp_path):
    folder = write(tmp_path, "beko/2.png", "beko/1.png", "alu/1.png")
    assert class_names(folder) == ["alu", "beko", "beko"]


def test_images_come_decoded(tmp_path):
    ((_, image),) = read_support(write(tmp_path, "alu/1.png"))
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
        read_support(write(tmp_path, "notes.txt", "deep/er/1.png"))


@pytest.mark.parametrize("name", ["missing", "file.png"])
def test_what_is_no_folder_is_refused(tmp_path, name):
    write(tmp_path, "file.png")
    with pytest.raises(UserError, match="is a folder"):
        read_support(tmp_path / name)


def test_a_damaged_image_is_named_with_its_folder(tmp_path):
    folder = write(write(tmp_path, "alu/1.png"), "alu/2.png", content=b"no image")
    with pytest.raises(UserError, match="alu/2.png"):
        read_support(folder)


def test_more_images_than_fit_into_memory_are_refused_before_any_is_read(tmp_path):
    folder = write(tmp_path, *(f"alu/{number}.png" for number in range(MAX_IMAGES + 1)), content=b"")
    with pytest.raises(UserError, match=str(MAX_IMAGES + 1)):
        read_support(folder)
