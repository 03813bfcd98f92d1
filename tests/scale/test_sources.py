"""Files are found at any depth, in folders and zips, and a sample of them can be looked at."""

import zipfile

import pytest

from helpers.workspaces import noise
from siamese_core.errors import UserError
from siamese_core.images.decoding import encode_png
from siamese_core.scale.sources import LOOKED_AT, list_sources


def test_folders_and_zips_are_listed_under_the_paths_that_were_given(tmp_path):
    (tmp_path / "a" / "deep").mkdir(parents=True)
    content = encode_png(noise(1)[0])
    for name in ("one.png", "deep/two.png", "notes.txt"):
        (tmp_path / "a" / name).write_bytes(content if name.endswith("png") else b"words")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("three.png", content)
    found = list_sources([tmp_path / "a", tmp_path / "b.zip", tmp_path / "a"])
    names = [file.name for file in found.files]
    assert sorted(names) == sorted(
        (tmp_path / each).as_posix() for each in ("a/one.png", "a/deep/two.png", "b.zip/three.png")
    )
    assert found.left_out.counts() == {".txt": 1}
    assert [file.name for file in found.others(names[:2])] == names[2:]


def test_the_sample_passes_over_what_cannot_be_read(tmp_path):
    for number, image in enumerate(noise(3)):
        (tmp_path / f"{number}.png").write_bytes(encode_png(image))
    (tmp_path / "0a.png").write_bytes(b"half")
    sample = list_sources([tmp_path]).sample()
    assert 3 <= len(sample) <= LOOKED_AT


def test_data_without_an_image_is_told(tmp_path):
    (tmp_path / "a.png").write_bytes(b"half")
    with pytest.raises(UserError, match="Data must hold images"):
        list_sources([tmp_path]).sample()
    with pytest.raises(UserError, match="folder or a zip that exists"):
        list_sources([tmp_path / "away"])
