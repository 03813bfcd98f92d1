"""Which files of a folder are images, and what becomes of the others."""

import os

import pytest

from helpers.samples import corner_mark, image_file
from siamese_core.data.files import is_hidden, is_image, list_folder

PNG = image_file(corner_mark())


def write(folder, *names, content=PNG):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def names(folder):
    return [each.name for each in list_folder(folder).images]


@pytest.mark.parametrize("name", ["a.png", "b/c.JPEG", "x.pgm", "x.JFIF", "x.avif", "x.dib", "x.pnm"])
def test_images_are_known_by_their_suffix(name):
    assert is_image(name, lambda: b"")


@pytest.mark.parametrize("name", ["photo", "photo.jpg_large", "photo.part", "photo.svg"])
def test_a_file_of_another_suffix_is_known_by_its_content(name):
    assert is_image(name, lambda: PNG) and not is_image(name, lambda: b"some text")
    assert not is_image("notes.txt", lambda: PNG)


@pytest.mark.parametrize(
    "part", [".png", "._b.png", ".git", "__MACOSX", "Thumbs.db", "@eaDir", "$RECYCLE.BIN"]
)
def test_what_systems_put_beside_files_is_hidden(part):
    assert is_hidden(part)


def test_a_folder_is_listed_in_the_order_of_its_paths_parts(tmp_path):
    write(tmp_path, "b/2.png", "b/10.png", "a c/1.png", "a/1.png", "a.png", "b/.x/1.png", "folder.png/1.png")
    assert names(tmp_path) == ["a/1.png", "a c/1.png", "a.png", "b/10.png", "b/2.png", "folder.png/1.png"]


def test_links_are_followed_and_those_that_lead_back_or_nowhere_are_told(tmp_path):
    write(tmp_path / "elsewhere", "ab/1.png")
    write(tmp_path / "data", "cd/1.png")
    os.symlink(tmp_path / "elsewhere" / "ab", tmp_path / "data" / "ab")
    os.symlink(tmp_path / "data", tmp_path / "data" / "cd" / "back")
    os.symlink(tmp_path / "nowhere", tmp_path / "data" / "gone")
    os.symlink("itself", tmp_path / "data" / "itself")
    listing = list_folder(tmp_path / "data")
    assert [each.name for each in listing.images] == ["ab/1.png", "cd/1.png"]
    assert listing.left_out.line() == "left out: 2 links that lead nowhere, 1 link that leads back"


def test_other_kinds_are_counted_by_suffix(tmp_path):
    write(tmp_path, "a/1.png")
    write(tmp_path, "a/1.txt", "a/2.TXT", "notes", "inside.zip", content=b"words")
    assert list_folder(tmp_path).left_out.counts() == {".txt": 2, ".zip": 1, "without a suffix": 1}


def test_what_is_no_regular_file_is_never_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    assert list_folder(tmp_path).left_out.line() == "left out: 1 no regular file"


def test_names_that_are_no_text_are_read_and_told(tmp_path):
    with open(os.fsencode(tmp_path) + b"/schl\xe9cht.png", "wb") as file:
        file.write(PNG)
    (image,) = list_folder(tmp_path).images
    assert image.name == "schl\\xe9cht.png" and image.read() == PNG


def test_names_that_cleaning_makes_alike_stay_two(tmp_path):
    write(tmp_path, "cat/1.png", "cat /1.png")
    assert names(tmp_path) == ["cat/1.png", "cat/1 (2).png"]


def test_a_file_replaced_in_place_has_another_stamp_though_size_and_time_be_equal(tmp_path):
    file = write(tmp_path, "a.png") / "a.png"
    (before,) = list_folder(tmp_path).images
    status = file.stat()
    file.write_bytes(bytes(len(PNG)))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    (after,) = list_folder(tmp_path).images
    assert (after.name, after.size) == (before.name, before.size) and after.stamp != before.stamp
