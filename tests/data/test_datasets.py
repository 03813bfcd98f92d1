import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from helpers.samples import OMNIGLOT_SIDE, bad_files, image_file, write_class_folders
from siamese_core.data.datasets import Dataset, load_dataset
from siamese_core.errors import UserError


def picture(level: int = 0) -> bytes:
    return image_file(np.full((4, 5, 3), level, np.uint8))


def write_files(folder: Path, *names: str) -> Path:
    for level, name in enumerate(names):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture(level))
    return folder


def write_zip(file: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file


def zip_of(folder: Path, file: Path) -> Path:
    entries = {
        path.relative_to(folder.parent).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    return write_zip(file, entries)


def by_class(dataset: Dataset) -> dict[str, list[str]]:
    found = {name: [] for name in dataset.classes}
    for name, label in zip(dataset.names, dataset.labels, strict=True):
        found[dataset.classes[label]].append(Path(name).name)
    return found


@pytest.fixture
def omniglot(tmp_path) -> Path:
    return write_class_folders(tmp_path / "images_background", np.random.default_rng(0))


def test_the_folder_of_an_image_is_its_class_and_the_folder_above_it_the_group(tmp_path):
    names = ("cats/tabby/1.png", "cats/tabby/2.png", "cats/siam/1.png", "dogs/pug/1.png")
    dataset = load_dataset([write_files(tmp_path / "pets", *names)])
    assert by_class(dataset) == {
        "pets/cats/siam": ["1.png"],
        "pets/cats/tabby": ["1.png", "2.png"],
        "pets/dogs/pug": ["1.png"],
    }
    assert dataset.groups == ("pets/cats", "pets/dogs")
    assert [dataset.groups[group] for group in dataset.class_group] == ["pets/cats", "pets/cats", "pets/dogs"]
    assert len(dataset) == 4
    assert dataset.image(0).shape == (4, 5, 3)


def test_folders_may_lie_at_any_depth(tmp_path):
    dataset = load_dataset([write_files(tmp_path / "top", "a/1.png", "b/c/d/e/2.png")])
    assert dataset.classes == ("top/a", "top/b/c/d/e")


@pytest.mark.parametrize("suffix", ["png", "PNG", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"])
def test_images_are_known_by_their_suffix(tmp_path, suffix):
    assert len(load_dataset([write_files(tmp_path / "top", f"a/1.{suffix}")])) == 1


def test_other_and_hidden_files_are_left_out(tmp_path):
    names = ("a/1.png", "a/readme.txt", "a/._1.png", ".cache/a/1.png", "__MACOSX/a/1.png", "a/Thumbs.db")
    folder = write_files(tmp_path / "top", *names)
    assert load_dataset([folder]).names == ("top/a/1.png",)
    assert load_dataset([zip_of(folder, tmp_path / "top.zip")]).names == ("top/a/1.png",)


def test_a_zip_reads_as_its_folder_does(omniglot, tmp_path):
    folder = load_dataset([omniglot])
    archive = load_dataset([zip_of(omniglot, tmp_path / "elsewhere.zip")])
    assert archive.names == folder.names
    assert archive.classes == folder.classes
    assert archive.groups == folder.groups
    assert np.array_equal(archive.labels, folder.labels)
    assert np.array_equal(archive.class_group, folder.class_group)
    assert np.array_equal(archive.image(3), folder.image(3))
    assert archive.fingerprint() == folder.fingerprint()


def test_the_layout_of_omniglot_tells_alphabets_characters_and_drawers(omniglot):
    dataset = load_dataset([omniglot])
    assert dataset.groups == ("images_background/Alphabet_1", "images_background/Alphabet_2")
    assert dataset.classes[0] == "images_background/Alphabet_1/character01"
    assert np.bincount(dataset.labels).tolist() == [4] * 6
    assert np.bincount(dataset.class_group).tolist() == [3, 3]
    for index, name in enumerate(dataset.names):
        assert dataset.drawers[index] == int(Path(name).stem[-2:])
    assert dataset.image(0).shape == (OMNIGLOT_SIDE, OMNIGLOT_SIDE, 3)


def test_drawers_are_unknown_where_the_names_do_not_tell(tmp_path):
    names = ("a/1.png", "a/0001.png", "a/0001_1.png", "a/0001_01_2.png", "a/x0001_01.png", "a/0001_07.png")
    dataset = load_dataset([write_files(tmp_path / "top", *names)])
    assert sorted(dataset.drawers.tolist()) == [-1, -1, -1, -1, -1, 7]


def test_several_places_make_one_dataset(tmp_path):
    first = write_files(tmp_path / "one", "a/1.png")
    second = zip_of(write_files(tmp_path / "two", "b/1.png", "b/2.png"), tmp_path / "two.zip")
    dataset = load_dataset([first, second])
    assert by_class(dataset) == {"one/a": ["1.png"], "two/b": ["1.png", "2.png"]}


def test_a_place_that_is_named_twice_is_read_once(tmp_path):
    folder = write_files(tmp_path / "one", "a/1.png")
    assert len(load_dataset([folder, folder])) == 1


def test_the_working_folder_has_a_name_too(tmp_path, monkeypatch):
    monkeypatch.chdir(write_files(tmp_path / "here", "a/1.png"))
    assert load_dataset(["."]).names == ("here/a/1.png",)


def test_a_subset_keeps_classes_and_groups(omniglot):
    dataset = load_dataset([omniglot])
    part = dataset.subset(np.array([20, 3, 3]))
    assert part.names == (dataset.names[20], dataset.names[3], dataset.names[3])
    assert part.labels.tolist() == dataset.labels[[20, 3, 3]].tolist()
    assert part.drawers.tolist() == dataset.drawers[[20, 3, 3]].tolist()
    assert (part.classes, part.groups) == (dataset.classes, dataset.groups)
    assert np.array_equal(part.image(0), dataset.image(20))
    assert np.array_equal(part.subset([2]).image(0), dataset.image(3))


def test_the_fingerprint_changes_with_a_name_a_pixel_and_an_image(tmp_path):
    folder = write_files(tmp_path / "top", "a/1.png", "b/1.png")
    first = load_dataset([folder]).fingerprint()
    assert load_dataset([shutil.copytree(folder, tmp_path / "copy" / "top")]).fingerprint() == first
    seen = {first}
    (folder / "b/1.png").write_bytes(picture(99))
    seen.add(load_dataset([folder]).fingerprint())
    (folder / "b/1.png").rename(folder / "b/2.png")
    seen.add(load_dataset([folder]).fingerprint())
    write_files(folder, "c/1.png")
    seen.add(load_dataset([folder]).fingerprint())
    assert len(seen) == 4


def test_a_class_may_have_a_single_image(tmp_path):
    dataset = load_dataset([write_files(tmp_path / "top", "a/1.png", "b/1.png", "b/2.png")])
    assert np.bincount(dataset.labels).tolist() == [1, 2]


def test_a_corrupt_image_is_named_and_spoils_no_other(tmp_path):
    folder = write_files(tmp_path / "top", "a/1.png", "a/2.png")
    (folder / "a/1.png").write_bytes(bad_files()["cut-short.png"])
    dataset = load_dataset([folder])
    assert dataset.names == ("top/a/2.png",) and dataset.image(0).shape == (4, 5, 3)
    assert dataset.left_out.line() == "left out: 1 unreadable (top/a/1.png)"
    assert "cut short" in dataset.left_out.json()["files"][0]["why"]


def test_what_lies_beside_the_class_folders_is_told(tmp_path):
    folder = write_files(tmp_path / "top", "a/1.png", "loose.png")
    (folder / "a" / "notes.txt").write_text("words")
    assert load_dataset([folder]).left_out.counts() == {".txt": 1, "beside the class folders": 1}


def test_a_file_that_went_away_is_named(tmp_path):
    folder = write_files(tmp_path / "top", "a/1.png")
    dataset = load_dataset([folder])
    (folder / "a/1.png").unlink()
    with pytest.raises(UserError, match="readable.*1.png"):
        dataset.image(0)


def write_nothing_usable(folder: Path) -> dict[str, list[Path]]:
    (folder / "empty" / "a" / "b").mkdir(parents=True)
    inner = zip_of(write_files(folder / "inner", "a/1.png"), folder / "inner.zip")
    return {
        "no path": [],
        "empty folders": [folder / "empty"],
        "images without class folders": [write_files(folder / "flat", "1.png", "2.png")],
        "text only": [write_files(folder / "text", "a/1.txt")],
        "an empty zip": [write_zip(folder / "empty.zip", {})],
        "a zip without class folders": [write_zip(folder / "flat.zip", {"1.png": picture()})],
        "a zip in a zip": [write_zip(folder / "outer.zip", {"a/inner.zip": inner.read_bytes()})],
    }


def test_data_without_class_folders_is_refused_with_what_to_do(tmp_path):
    for paths in write_nothing_usable(tmp_path).values():
        with pytest.raises(UserError, match=r"class folders.*Received: none in.*folder of its own"):
            load_dataset(paths)


def test_a_path_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UserError, match="exists.*nowhere"):
        load_dataset([tmp_path / "nowhere"])


def test_a_file_that_is_no_zip_is_refused(tmp_path):
    whole = zip_of(write_files(tmp_path / "top", *(f"a/{n}.png" for n in range(9))), tmp_path / "top.zip")
    for content in (b"", b"no zip", whole.read_bytes()[:300], picture()):
        file = tmp_path / "bad.zip"
        file.write_bytes(content)
        with pytest.raises(UserError, match=r"a zip that can be read.*once more"):
            load_dataset([file])


def test_a_damaged_entry_is_named_and_spoils_no_other(tmp_path):
    file = tmp_path / "top.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a/1.png", "a/2.png"):
            archive.writestr(name, np.random.default_rng(0).bytes(500) if name == "a/1.png" else picture())
        start = archive.getinfo("a/1.png").header_offset + 80
    content = bytearray(file.read_bytes())
    content[start : start + 40] = bytes(40)
    file.write_bytes(content)
    dataset = load_dataset([file])
    assert dataset.names == ("a/2.png",) and dataset.image(0).shape == (4, 5, 3)
    assert dataset.left_out.line() == "left out: 1 unreadable (a/1.png)"


def test_an_encrypted_zip_is_refused(tmp_path):
    file = write_zip(tmp_path / "secret.zip", {"a/1.png": picture()})
    content = bytearray(file.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag in the directory of the zip
    content[6] |= 1  # and before the entry
    file.write_bytes(content)
    with pytest.raises(
        UserError, match=r"none in .*secret.zip \(left out: 1 locked by a password \(a/1.png\)\)"
    ):
        load_dataset([file])


def test_an_unknown_compression_is_reported(tmp_path):
    file = write_zip(tmp_path / "odd.zip", {"a/1.png": picture()})
    content = bytearray(file.read_bytes())
    content[content.index(b"PK\x01\x02") + 10] = 98
    content[8] = 98
    file.write_bytes(content)
    with pytest.raises(UserError, match="1 of a packing method that is not read .a/1.png"):
        load_dataset([file])


@pytest.mark.parametrize("name", ["../a/1.png", "a/../../b/1.png", "/etc/a/1.png"])
def test_names_that_leave_the_zip_are_left_out(tmp_path, name):
    dataset = load_dataset([write_zip(tmp_path / "evil.zip", {name: picture(), "a/1.png": picture()})])
    assert dataset.names == ("a/1.png",)
    assert dataset.left_out.line() == "left out: 1 name that leads outside"


def test_entries_of_a_zip_can_be_read_by_several_threads(tmp_path):
    entries = {f"a/{level}.png": picture(level) for level in range(40)}
    dataset = load_dataset([write_zip(tmp_path / "top.zip", entries)])
    with ThreadPoolExecutor(8) as threads:
        levels = list(threads.map(lambda index: int(dataset.image(index)[0, 0, 0]), range(40)))
    assert levels == [int(Path(name).stem) for name in dataset.names]
