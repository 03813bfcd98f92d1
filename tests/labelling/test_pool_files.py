"""What is on record of the images to label: folders and uploads, found again after a restart."""

import zipfile
from pathlib import Path

import pytest

from siamese_core.errors import UserError
from siamese_core.labelling import pool_files
from siamese_core.labelling.pool_files import Imported, PoolFiles, PoolImage, Record


def folder_of(place: Path, *names: str) -> Path:
    for name in names:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(name.encode())
    return place


def zip_of(file: Path, *names: str) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, name)
    return file


def import_all(files: PoolFiles, **ids: str) -> None:
    """Notes every file that is to do as imported; its image id is its content, or what `ids` says of it."""
    for source in files.sources():
        done = [
            Imported(e.name, e.stamp, ids.get(e.read().decode(), e.read().decode())) for e in source.todo()
        ]
        files.imported(source, done)


def classes(files: PoolFiles) -> dict[str, str]:
    return {each.name: each.class_name for each in files.images()}


@pytest.fixture
def files(tmp_path) -> PoolFiles:
    return PoolFiles(tmp_path / "pool")


def test_the_folder_of_an_image_is_its_class(files, tmp_path):
    files.add_folder(folder_of(tmp_path / "x", "cat/1.png", "dog/2.png", "dog/big/3.png", "4.png"))
    assert files.images() == []
    import_all(files)
    assert classes(files) == {"cat/1.png": "cat", "dog/2.png": "dog", "dog/big/3.png": "dog/big", "4.png": ""}
    assert PoolImage("cat/1.png", "cat/1.png", "cat") in files.images()


def test_a_single_folder_tells_no_classes(files, tmp_path):
    files.add_zip(zip_of(tmp_path / "x.zip", "all/1.png", "all/2.png", "3.png"), "x.zip")
    import_all(files)
    assert set(classes(files).values()) == {""}


def test_the_same_picture_twice_is_one_image_and_in_two_classes_of_none(files, tmp_path):
    files.add_folder(folder_of(tmp_path / "x", "cat/1.png", "cat/2.png", "dog/3.png", "dog/4.png"))
    import_all(files, **{"cat/2.png": "cat/1.png", "dog/4.png": "dog/3.png"})
    assert sorted(classes(files).values()) == ["cat", "dog"]
    files.add_folder(folder_of(tmp_path / "y", "cat/5.png", "dog/6.png"))
    import_all(files, **{"dog/6.png": "cat/1.png"})
    assert {each.image_id: each.class_name for each in files.images()} == {
        "cat/1.png": "",
        "dog/3.png": "dog",
        "cat/5.png": "cat",
    }


def test_a_restart_finds_what_was_imported(files, tmp_path):
    folder = folder_of(tmp_path / "x", "cat/1.png", "dog/2.png")
    files.add_folder(folder)
    import_all(files)
    again = PoolFiles(tmp_path / "pool")
    assert again.images() == []
    again.add_folder(folder)
    assert again.images() == files.images()
    assert [source.todo() for source in again.sources()] == [[]]


def test_files_that_are_new_changed_or_gone_are_noticed(files, tmp_path):
    folder = folder_of(tmp_path / "x", "1.png", "2.png", "3.png")
    files.add_folder(folder)
    import_all(files)
    (folder / "1.png").write_bytes(b"changed")
    (folder / "2.png").unlink()
    folder_of(folder, "4.png")
    files.add_folder(folder)
    (source,) = files.sources()
    assert [each.name for each in source.todo()] == ["1.png", "4.png"]
    assert sorted(classes(files)) == ["1.png", "3.png"]


def test_what_is_no_image_is_on_record_and_no_image(files, tmp_path):
    files.add_folder(folder_of(tmp_path / "x", "1.png", "2.png"))
    (source,) = files.sources()
    files.imported(source, [Imported(each.name, each.stamp, None, "torn") for each in source.todo()])
    assert files.images() == [] and source.todo() == []
    assert [each.problem for each in source.done()] == ["torn", "torn"]


def test_an_upload_outlives_the_file_it_came_from_and_the_run_it_came_in(files, tmp_path):
    archive = zip_of(tmp_path / "x.zip", "cat/1.png", "dog/2.png")
    files.add_zip(archive, "x.zip")
    archive.unlink()
    again = PoolFiles(tmp_path / "pool")
    (source,) = again.sources()
    assert [each.read() for each in source.todo()] == [b"cat/1.png", b"dog/2.png"]
    import_all(again)
    source.archive.unlink()  # as the pool does when all is imported
    last = PoolFiles(tmp_path / "pool")
    assert classes(last) == {"cat/1.png": "cat", "dog/2.png": "dog"}
    assert PoolFiles(tmp_path / "pool", uploads=False).sources() == []


def test_files_of_one_name_are_kept_apart(files, tmp_path):
    folder = folder_of(tmp_path / "x", "a/image.png", "b/image.png")
    files.add_files([(folder / "a/image.png", "image.png"), (folder / "b/image.png", "../image.png")])
    import_all(files)
    assert {each.name: each.image_id for each in files.images()} == {
        "image.png": "a/image.png",
        "image (2).png": "b/image.png",
    }
    assert set(classes(files).values()) == {""}


def test_uploaded_files_keep_the_folders_that_are_their_classes(files, tmp_path):
    folder = folder_of(tmp_path / "x", "a/1.png", "b/1.png")
    files.add_files([(folder / "a/1.png", "cats/./1.png"), (folder / "b/1.png", "/dogs/../1.png")])
    import_all(files)
    assert set(classes(files).values()) == {"cats", "dogs"}


def test_uploads_with_names_that_are_no_text_are_added(files, tmp_path):
    folder = folder_of(tmp_path / "x", "1.png")
    files.add_files(
        [(folder / "1.png", "cats/\ud800\x1b1.png"), (folder / "1.png", "cats \u202e/\udce9.png")]
    )
    (source,) = files.sources()
    assert sorted(source.names) == ["cats/_ud8001.png", "cats/_xe9.png"]


def test_uploads_without_an_image_leave_nothing(files, tmp_path):
    folder = folder_of(tmp_path / "x", "notes.txt")
    with pytest.raises(UserError, match="Received: 0 in the files"):
        files.add_files([(folder / "notes.txt", "notes.txt")])
    with pytest.raises(UserError, match="Received: 0 in x.zip"):
        files.add_zip(zip_of(tmp_path / "x.zip", "notes.txt"), "x.zip")
    assert files.sources() == [] and list((tmp_path / "pool").glob("*")) == []


def test_all_sources_together_have_a_limit(files, tmp_path, monkeypatch):
    monkeypatch.setattr(pool_files, "MAX_IMAGES", 3)
    folder = folder_of(tmp_path / "x", "1.png", "2.png")
    files.add_folder(folder)
    files.add_folder(folder)  # the same again is nothing more
    with pytest.raises(UserError, match="at most 3 images to label. Received: 2 beside 2"):
        files.add_zip(zip_of(tmp_path / "x.zip", "1.png", "2.png"), "x.zip")


@pytest.mark.parametrize("cut", [1, 10, 60])
def test_a_torn_record_loses_its_last_line_only(tmp_path, cut):
    record = Record(tmp_path / "pool" / "r.jsonl")
    first, second, third = (Imported(f"{n}.png", "s", f"id{n}") for n in range(3))
    record.append([first, second])
    record.file.write_bytes(record.file.read_bytes()[:-cut])
    kept = record.read()
    assert kept["0.png"] == first
    record.append([third])
    assert record.read() == kept | {"2.png": third}
