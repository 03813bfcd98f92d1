"""Places are told apart, and what lies in an object store is listed as a folder is."""

import pickle
from pathlib import Path

import pytest

from helpers.workspaces import noise
from siamese_core.errors import UserError
from siamese_core.images.decoding import encode_png
from siamese_core.scale.object_store import is_uri, list_objects, local_path, read_object
from siamese_core.scale.sources import list_sources


def test_a_uri_is_told_from_a_path_and_one_of_a_file_is_a_path(tmp_path):
    assert is_uri("s3://bucket/folder") and not is_uri(tmp_path) and not is_uri("folder/s3")
    assert local_path("s3://bucket/folder") is None
    assert local_path(tmp_path.as_uri()) == tmp_path == local_path(tmp_path)
    assert local_path("photos") == Path("photos")


def test_the_objects_of_a_place_are_listed_by_their_uris(tmp_path):
    content = encode_png(noise(1)[0])
    (tmp_path / "deep").mkdir()
    for name in ("one.png", "deep/two", ".hidden.png", "notes.txt"):
        (tmp_path / name).write_bytes(b"words" if name.endswith("txt") else content)
    place = tmp_path.as_uri()
    found = list_objects(place)
    assert [file.name for file in found.images] == [f"{place}/deep/two", f"{place}/one.png"]
    assert found.left_out.counts() == {".txt": 1}
    assert pickle.loads(pickle.dumps(found.images[0])).read() == content == read_object(f"{place}/one.png")


def test_a_place_that_does_not_answer_is_told(tmp_path):
    for call in (list_objects, read_object):
        with pytest.raises(UserError, match="An object store must answer"):
            call((tmp_path / "away").as_uri())
    with pytest.raises(UserError, match="An object store must answer"):
        list_sources(["nowhere://bucket/folder"])
