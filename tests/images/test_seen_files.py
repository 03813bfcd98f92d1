"""A file that was seen before is known only as long as nothing about it changed."""

import os
import time
from pathlib import Path

import pytest

from siamese_core.images import seen_files
from siamese_core.images.seen_files import FILE, SeenFiles, look_at

ONE, OTHER = "a" * 64, "b" * 64
LONG_AGO = 1_600_000_000


def old(file: Path, content: bytes) -> Path:
    """Write a file; its status has changed just now, since nobody can set that time back."""
    file.write_bytes(content)
    os.utime(file, (LONG_AGO, LONG_AGO))
    return file


@pytest.fixture
def later(monkeypatch):
    """Let an hour pass for whoever asks what time it is."""
    monkeypatch.setattr(seen_files.time, "time", lambda now=time.time: now() + 3600)


def remembered(folder: Path, file: Path) -> SeenFiles:
    seen = SeenFiles(folder)
    seen.add(file, look_at(file), ONE)
    return seen


def test_another_process_knows_a_file_by_any_way_to_name_it(tmp_path, later, monkeypatch):
    remembered(tmp_path / "kept", old(tmp_path / 'a "b"\n\\é.png', b"1"))
    monkeypatch.chdir(tmp_path)
    assert SeenFiles(tmp_path / "kept").id_of(look_at(Path('a "b"\n\\é.png'))) == ONE


def test_a_file_that_changed_lately_is_not_remembered(tmp_path):
    file = old(tmp_path / "a.png", b"1")
    assert remembered(tmp_path, file).id_of(look_at(file)) is None


def test_a_file_that_changes_while_it_is_read_is_not_remembered(tmp_path, later):
    seen, file = SeenFiles(tmp_path), old(tmp_path / "a.png", b"1")
    before = look_at(file)
    old(file, b"22")
    seen.add(file, before, ONE)
    assert seen.id_of(look_at(file)) is None and seen.id_of(before) is None


@pytest.mark.skipif(os.name == "nt", reason="there only the time of the content is told, which can be set")
@pytest.mark.parametrize("replaced", ["in place", "by another file"])
def test_other_content_of_the_same_size_and_time_is_not_taken_for_the_former(tmp_path, later, replaced):
    file = old(tmp_path / "a.png", b"1")
    seen, before = remembered(tmp_path, file), file.stat()
    time.sleep(0.02)  # more than the clock's resolution
    if replaced == "in place":
        old(file, b"2")
    else:
        old(tmp_path / "new", b"2").replace(file)
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert seen.id_of(look_at(file)) is None
    assert SeenFiles(tmp_path).id_of(look_at(file)) is None


def test_what_is_no_regular_file_is_not_known(tmp_path, later):
    assert look_at(tmp_path) is None and look_at(tmp_path / "missing") is None
    assert SeenFiles(tmp_path).id_of(None) is None
    SeenFiles(tmp_path).add(tmp_path, None, ONE)
    assert not (tmp_path / FILE).exists()


def test_damaged_lines_are_passed_over(tmp_path, later):
    files = [old(tmp_path / f"{name}.png", b"1") for name in "ab"]
    seen = SeenFiles(tmp_path)
    for file, image_id in zip(files, (ONE, OTHER), strict=True):
        seen.add(file, look_at(file), image_id)
    kept = tmp_path / FILE
    first, second = kept.read_text().splitlines()
    kept.write_text(f"{first[:100]}\n\xff{first}\n{second}\n", encoding="latin-1")
    again = SeenFiles(tmp_path)
    assert [again.id_of(look_at(file)) for file in files] == [None, OTHER]


def test_a_folder_that_cannot_be_written_to_costs_time_only(tmp_path, later):
    (tmp_path / "file").write_text("no folder")
    file = old(tmp_path / "a.png", b"1")
    assert remembered(tmp_path / "file", file).id_of(look_at(file)) == ONE


def test_it_keeps_no_more_than_its_limit(tmp_path, later, monkeypatch):
    monkeypatch.setattr(seen_files, "MOST", 3)
    seen = SeenFiles(tmp_path)
    files = [old(tmp_path / f"{number}.png", b"1") for number in range(12)]
    for file in files:
        seen.add(file, look_at(file), ONE)
    assert seen.id_of(look_at(files[-1])) == ONE and seen.id_of(look_at(files[0])) is None
    assert len((tmp_path / FILE).read_text().splitlines()) <= 8
