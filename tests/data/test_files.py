"""Which files of a folder or a zip are images."""

import os
import zipfile

import pytest

from siamese_core.data.files import folder_images, is_image_name, zip_images


@pytest.mark.parametrize("name", ["a.png", "b/c.JPEG", "a folder/.../x.tif", "../a.png", "MACOSX/a.bmp"])
def test_images_are_known_by_their_suffix(name):
    assert is_image_name(name) == (name != "a folder/.../x.tif")  # starts with a dot: hidden


@pytest.mark.parametrize("name", ["a.txt", "png", ".png", "a/._b.png", ".git/a.png", "x/__MACOSX/a.png"])
def test_other_files_and_hidden_ones_are_no_images(name):
    assert not is_image_name(name)


def test_a_folder_is_listed_in_the_order_of_its_paths_parts(tmp_path):
    for name in ("b/2.png", "b/10.png", "a c/1.png", "a/1.png", "a.png", "b/.x/1.png", "folder.png/1.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"1")
    os.symlink(tmp_path / "nowhere", tmp_path / "link.png")
    found = [each.name for each in folder_images(tmp_path)]
    assert found == ["a/1.png", "a c/1.png", "a.png", "b/10.png", "b/2.png", "folder.png/1.png"]


def test_a_zip_tells_sizes_passwords_and_names_that_lead_out_of_it(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name in ("b.png", "../a.png", "/c.png", "folder.png/", "d.txt"):
            archive.writestr(name, b"123")
    found = zip_images(tmp_path / "x.zip", "x.zip")
    assert [(each.name, each.size, each.outside, each.encrypted) for each in found] == [
        ("../a.png", 3, True, False),
        ("/c.png", 3, True, False),
        ("b.png", 3, False, False),
    ]
    assert found[-1].read() == b"123"
