"""300 hostile files through the decoder and the reader of archives: pixels or words, and nothing outside."""

from pathlib import Path

import numpy as np
import pytest

from fuzz.hostile_archives import hostile_archives
from fuzz.hostile_images import hostile_images
from siamese_core.data.archives import list_archive
from siamese_core.errors import UserError
from siamese_core.images.decoding import MAX_SIDE, decode_image
from siamese_core.labelling.pool_files import PoolFiles

MOST_WORDS = 1500  # characters of a refusal


def refused(refusal: UserError) -> bool:
    """Whether a refusal is one line of words that leads nobody outside."""
    told = str(refusal)
    return "Received: " in told and told.isprintable() and len(told) < MOST_WORDS and "root:" not in told


def decoded(content: bytes, name: str) -> bool:
    """Whether the file is an image; it fails the test where it is neither that nor refused in words."""
    try:
        image = decode_image(content, name)
    except UserError as refusal:
        assert refused(refusal), (name, str(refusal))
        return False
    assert image.dtype == np.uint8 and image.ndim == 3 and 0 < max(image.shape[:2]) <= MAX_SIDE, name
    return True


def test_there_are_three_hundred_of_them():
    assert len(hostile_images()) + len(hostile_archives()) >= 300


def test_hostile_images_are_decoded_or_refused_in_words():
    read = [name for name, content in hostile_images().items() if decoded(content, name)]
    assert {"one-pixel.png", "frames.gif", "png-and-page.png", "exif-loop.jpg"} <= set(read)
    blank = ("bad-", "float-nan", "float-infinite", "tiff-257", "tiff-278-1.")
    assert not [name for name in read if name.startswith(blank)]


@pytest.fixture
def pool(tmp_path: Path) -> PoolFiles:
    return PoolFiles(tmp_path / "workspace" / "pool")


def test_hostile_archives_give_images_or_words_and_touch_nothing_outside(tmp_path, pool):
    file, images = tmp_path / "given.zip", 0
    for name, content in hostile_archives().items():
        file.write_bytes(content)
        try:
            listed = list_archive(file, name).images
            pool.add_zip(file, name)
        except UserError as refusal:
            assert refused(refusal), (name, str(refusal))
            continue
        for image in listed:
            parts = image.name.split("/")
            assert ".." not in parts and parts[0] and ":" not in parts[0][1:2], (name, image.name)
            try:
                images += decoded(image.read(), f"{name}: {image.name}")
            except UserError as refusal:
                assert refused(refusal), (name, str(refusal))
    assert images > 20
    assert {each.name for each in tmp_path.iterdir()} == {"given.zip", "workspace"}
    kept = [each for each in (tmp_path / "workspace").rglob("*") if each.is_file()]
    assert {each.suffix for each in kept} <= {".zip", ".jsonl"} and not any(map(Path.is_symlink, kept))
