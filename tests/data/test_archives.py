"""Zips as systems pack them, and everything that can be wrong with one."""

import os
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from helpers.samples import corner_mark, image_file
from siamese_core.data.archives import Archive, list_archive
from siamese_core.errors import UserError

PNG = image_file(corner_mark())


def packed(file: Path, *names: str, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(file, "w", method) as archive:
        for name in names:
            archive.writestr(name, PNG)
    return file


def raw_zip(file: Path, name: bytes, flags: int = 0, method: int = 0, version: int = 20) -> Path:
    """A zip with one stored PNG, every field as given: Python's own writer would mend them."""
    crc, size = zlib.crc32(PNG), len(PNG)
    fields = (version, flags, method, 0, 0x21, crc, size, size, len(name), 0)
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, *fields) + name + PNG
    central = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, *fields, 0, 0, 0, 0, 0) + name
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, len(central), len(local), 0)
    file.write_bytes(local + central + end)
    return file


def names(file: Path) -> list[str]:
    return [each.name for each in list_archive(file, file.name).images]


def test_separators_of_windows_are_those_of_everybody(tmp_path):
    assert names(raw_zip(tmp_path / "x.zip", b"data\\ab\\0.png")) == ["data/ab/0.png"]


@pytest.mark.parametrize(
    ("name", "flags"), [("ü/1.png".encode(), 0x800), ("ü/1.png".encode(), 0), ("ü/1.png".encode("cp437"), 0)]
)
def test_names_are_read_with_and_without_their_encoding_said(tmp_path, name, flags):
    assert names(raw_zip(tmp_path / "x.zip", name, flags)) == ["ü/1.png"]


@pytest.mark.parametrize("name", [b"../1.png", b"/1.png", b"a/../../1.png", b"C:\\1.png", b"..\\1.png"])
def test_names_that_lead_outside_are_left_out(tmp_path, name):
    listing = list_archive(raw_zip(tmp_path / "x.zip", name), "x.zip")
    assert listing.images == () and listing.left_out.line() == "left out: 1 name that leads outside"


def test_a_locked_entry_is_named_and_spoils_no_other(tmp_path):
    for entry in ({"flags": 1}, {"method": 99}):
        listing = list_archive(raw_zip(tmp_path / "x.zip", b"a/1.png", **entry), "x.zip")
        assert listing.left_out.line() == "left out: 1 locked by a password (a/1.png)"


@pytest.mark.parametrize("method", [9, 93, 98])  # Deflate64, Zstandard, PPMd
def test_a_packing_method_that_is_not_read_is_told(tmp_path, method):
    listing = list_archive(raw_zip(tmp_path / "x.zip", b"a/1.png", method=method), "x.zip")
    assert listing.left_out.line() == "left out: 1 of a packing method that is not read (a/1.png)"
    assert f"({method})" in listing.left_out.json()["files"][0]["why"]


def test_a_pipe_in_place_of_a_zip_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "x.zip")
    with pytest.raises(UserError, match="x.zip, which is no regular file"):
        list_archive(tmp_path / "x.zip", "x.zip")


FAULTS = ({"flags": 1}, {"flags": 0x20}, {"method": 97}, {"method": 99}, {"version": 90})


@pytest.mark.parametrize("faults", FAULTS)
def test_what_cannot_be_unpacked_is_told_with_the_name_of_the_entry(tmp_path, faults):
    file = raw_zip(tmp_path / "x.zip", b"a/1.png", **faults)
    try:
        archive = Archive(file, "x.zip")
    except UserError as whole:  # a version that Python does not open at all
        assert "x.zip" in str(whole) and "version" in faults
        return
    with pytest.raises(UserError, match=r"Received: a/1\.png in x\.zip, which (needs|cannot)"):
        archive.read(archive.entries[0])


METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


@pytest.mark.parametrize("method", METHODS)
def test_a_damaged_entry_spoils_only_itself(tmp_path, method):
    file = packed(tmp_path / "x.zip", "a/bad.png", "a/good.png", method=method)
    content = bytearray(file.read_bytes())
    start = content.index(b"a/bad.png") + 9
    content[start + 4 : start + 40] = b"\xff" * 36
    file.write_bytes(content)
    images = {each.name: each for each in list_archive(file, "x.zip").images}
    assert images["a/good.png"].read() == PNG
    with pytest.raises(UserError, match="a/bad.png"):
        images["a/bad.png"].read()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "which is empty"),
        (b"Rar!\x1a\x07", "which is a RAR archive"),
        (b"some text", "which is text"),
        (b"PK\x03\x04" + bytes(40), "a zip that is damaged or cut short"),
        (b"\x01\x02\x03\xff" * 9, "which is no zip"),
    ],
)
def test_what_is_no_zip_is_called_by_its_name(tmp_path, content, words):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(UserError, match=f"Received: mine.zip, {words}"):
        Archive(tmp_path / "x", "mine.zip")


def test_a_zip_that_is_a_folder_or_not_there_is_told(tmp_path):
    for name, words in (("", "is a folder"), ("nowhere", "is not there")):
        with pytest.raises(UserError, match=words):
            Archive(tmp_path / name, "mine.zip")


def test_hidden_files_and_folders_do_not_count(tmp_path):
    file = packed(tmp_path / "x.zip", "a/1.png", "__MACOSX/a/._1.png", "a/.x/1.png", "b.png/")
    listing = list_archive(file, "x.zip")
    assert [each.name for each in listing.images] == ["a/1.png"] and not listing.left_out
