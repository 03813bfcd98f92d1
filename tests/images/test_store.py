"""The store of decoded images under several processes, full disks and other hands."""

import multiprocessing
import os
import resource
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from helpers.samples import corner_mark, stroke_glyph, texture
from siamese_core.errors import UserError
from siamese_core.images.decoding import encode_png, image_id
from siamese_core.images.store import ImageStore


def png_names(store: ImageStore) -> list[str]:
    """Every file with an image in it, hidden ones too."""
    return sorted(name for name in os.listdir(store.folder) if name != ".added")


@pytest.fixture
def store(tmp_path) -> ImageStore:
    return ImageStore(tmp_path / "workspace" / "images")


def test_a_stored_image_reads_back_identical(store):
    for image in (texture(1, 1), texture(1024, 3), stroke_glyph(np.random.default_rng(0), 105)):
        new_id = store.add(image)
        assert new_id == image_id(image)
        np.testing.assert_array_equal(store.read(new_id), image)
        assert store.path(new_id).is_file()


def test_an_empty_store_has_no_ids_and_makes_no_folder(store):
    assert store.ids() == []
    assert image_id(corner_mark()) not in store
    assert not store.folder.exists()


def test_the_store_knows_what_was_added_and_only_that(store):
    ids = [store.add(texture(4, 4, seed)) for seed in range(5)]
    (store.folder / "notes.png").write_bytes(b"")
    (store.folder / f".{ids[0]}.0.part").write_bytes(b"half")
    assert store.ids() == sorted(ids)
    assert all(one in store for one in ids)
    assert image_id(texture(4, 4, 99)) not in store
    assert None not in store
    assert "notes" not in store


def test_adding_an_image_again_leaves_its_file_alone(store):
    new_id = store.add(corner_mark())
    os.utime(store.path(new_id), (0, 0))
    assert store.add(corner_mark()) == new_id
    assert store.path(new_id).stat().st_mtime == 0
    assert png_names(store) == [f"{new_id}.png"]


@pytest.mark.parametrize(
    "bad_id", ["", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n", "g" * 64, "a" * 5000, None, 7]
)
def test_only_64_hex_digits_become_a_path(store, bad_id):
    for use in (store.path, store.read):
        with pytest.raises(UserError, match="64 hexadecimal digits. Received: .{0,80}. Use") as refused:
            use(bad_id)
        assert str(store.folder) not in str(refused.value)
    assert bad_id not in store


def test_an_unknown_id_is_told(store):
    with pytest.raises(UserError, match="Received: id aaaa.*which is not there"):
        store.read("a" * 64)


@pytest.mark.parametrize("content", [b"", b"text", encode_png(texture(9, 9))])
def test_a_stored_file_that_was_changed_is_told_and_never_returned(store, content):
    new_id = store.add(corner_mark())
    store.path(new_id).write_bytes(content)
    with pytest.raises(UserError, match=f"Received: {new_id}.png") as refused:
        store.read(new_id)
    assert str(store.folder) not in str(refused.value)


def test_an_image_that_would_not_read_back_is_not_stored(store):
    with pytest.raises(ValueError, match="at most 1024 px a side. Received: \\(1025, 1, 3\\)"):
        store.add(texture(1025, 1))


def add_and_read_all(folder: Path) -> list[str]:
    """What one process does: every image read at once while the others still write it."""
    store = ImageStore(folder)
    ids = []
    for seed in range(30):
        ids.append(store.add(texture(60, 60, seed)))
        assert all(image_id(store.read(one)) == one for one in store.ids())
        assert seed < store.count() <= 30
    return ids


def test_several_processes_add_the_same_images_at_once(store):
    with ProcessPoolExecutor(3, multiprocessing.get_context("spawn")) as pool:
        results = list(pool.map(add_and_read_all, [store.folder] * 3))
    assert results[0] == results[1] == results[2]
    assert png_names(store) == sorted(f"{one}.png" for one in results[0])
    assert store.count() == 30


def test_a_disk_that_takes_no_more_leaves_nothing_half_written(store):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
        with pytest.raises(UserError, match="Received: File too large. Free some space"):
            store.add(texture(60, 60))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert png_names(store) == [] and store.count() == 0
    assert store.add(texture(60, 60)) in store


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "images").write_text("a file where the folder should be")
    with pytest.raises(UserError, match="Received: File exists"):
        ImageStore(tmp_path / "images").add(corner_mark())


def test_the_count_follows_what_any_store_on_the_folder_adds(store):
    other = ImageStore(store.folder)
    assert store.count() == other.count() == 0
    for number in range(1, 7):
        (store if number % 2 else other).add(texture(4, 4, number))
        assert store.count() == number
    assert other.count() == 6 == ImageStore(store.folder).count()
    other.add(texture(4, 4, 1))  # is there already
    assert store.count() == other.count() == 6


def test_counting_again_does_not_list_the_folder(store, monkeypatch):
    other = ImageStore(store.folder)
    store.add(corner_mark())
    assert store.count() == 1
    monkeypatch.setattr(os, "scandir", None)
    assert store.count() == 1
    for number in range(3):
        other.add(texture(4, 4, number))
        store.add(texture(5, 5, number))
        assert store.count() == 2 * number + 3


def test_an_announced_image_counts_once_it_is_there(store):
    store.add(corner_mark())
    waiting = texture(4, 4)
    assert store.count() == 1
    (store.folder / ".added").open("a").write(f"{image_id(waiting)}\nno id\n")
    assert store.count() == store.count() == 1
    store.path(image_id(waiting)).write_bytes(encode_png(waiting))
    assert store.count() == 2


def test_images_that_came_or_went_without_the_store_are_counted(store):
    ids = [store.add(texture(4, 4, seed)) for seed in range(3)]
    assert store.count() == 3
    at = store.folder.stat().st_mtime_ns
    store.path(ids[0]).unlink()
    os.utime(store.folder, ns=(at, at + 10_000_000))  # a clock's tick later
    assert store.count() == 2
    store.path(ids[0]).write_bytes(b"from a copy")
    os.utime(store.folder, ns=(at, at + 20_000_000))
    assert store.count() == 3
    for file in store.folder.iterdir():
        file.unlink()
    assert store.count() == 0
    store.folder.rmdir()
    assert store.count() == 0
    store.add(corner_mark())
    assert store.count() == 1
