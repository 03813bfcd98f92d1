"""Folders and zips of images, listed as they are found in the wild."""

import zipfile
from pathlib import Path

import pytest

from helpers.samples import corner_mark, image_file
from siamese_core.errors import UserError
from siamese_core.labelling import pool_sources
from siamese_core.labelling.pool_sources import pool_folder, pool_zip

PNG = image_file(corner_mark())
TREE = {
    "b/two.PNG": PNG,
    "a.jpg": b"1",
    "b/c/three.webp": b"22",
    "d.txt": b"3",
    "._a.jpg": b"4",
    ".hid/e.png": b"5",
}
TREE["__MACOSX/b/two.png"] = b"6"
NAMES = ["a.jpg", "b/c/three.webp", "b/two.PNG"]


def in_folder(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def in_zip(file: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file


def listed(where: str, tmp_path: Path, files: dict[str, bytes]):
    if where == "folder":
        return pool_folder(in_folder(tmp_path / "images", files)).images
    return pool_zip(in_zip(tmp_path / "images.zip", files), "images.zip").images


both = pytest.mark.parametrize("where", ["folder", "zip"])


@both
def test_images_are_found_at_any_depth_and_nothing_else(where, tmp_path):
    found = listed(where, tmp_path, TREE)
    assert sorted(each.name for each in found) == NAMES
    contents = {each.name: each.read() for each in found}
    assert contents == {name: TREE[name] for name in NAMES}


@both
def test_a_changed_file_has_another_stamp(where, tmp_path):
    before = {each.name: each.stamp for each in listed(where, tmp_path, TREE)}
    after = {each.name: each.stamp for each in listed(where, tmp_path, TREE | {"a.jpg": b"other"})}
    assert before["a.jpg"] != after["a.jpg"]


@both
def test_no_images_are_told(where, tmp_path):
    with pytest.raises(UserError, match=r"1 to 50000 images.*Received: 0 in images.*\.png"):
        listed(where, tmp_path, {"notes.txt": b"1"})


@both
def test_too_many_images_are_told(where, tmp_path, monkeypatch):
    monkeypatch.setattr(pool_sources, "MAX_IMAGES", 2)
    with pytest.raises(UserError, match="1 to 2 images to label. Received: 3 in images"):
        listed(where, tmp_path, TREE)


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(UserError, match="Images to label lie in a folder. Received: .*nowhere"):
        pool_folder(tmp_path / "nowhere")


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04" + bytes(40)])
def test_what_is_no_zip_is_told_by_its_name(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(UserError, match="a zip that can be read. Received: mine.zip, "):
        pool_zip(tmp_path / "x", "mine.zip")


def test_a_damaged_or_locked_entry_spoils_only_itself(tmp_path):
    file = in_zip(tmp_path / "x.zip", {"good.png": PNG, "bad.png": PNG * 9})
    content = bytearray(file.read_bytes())
    start = content.index(b"bad.png") + 20
    content[start : start + 30] = bytes(30)
    file.write_bytes(content)
    found = {each.name: each for each in pool_zip(file, "x.zip").images}
    assert found["good.png"].read() == PNG
    with pytest.raises(UserError, match="must be whole.* Received: bad.png"):
        found["bad.png"].read()


def test_names_that_lead_out_of_a_zip_are_no_images(tmp_path):
    file = in_zip(tmp_path / "x.zip", {"../../evil.png": PNG, "good.png": PNG})
    assert [each.name for each in pool_zip(file, "x.zip").images] == ["good.png"]
