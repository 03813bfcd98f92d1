"""Images prepared for an encoder, kept for the next run, and embedded."""

import os
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from helpers.samples import bad_files, write_class_folders
from helpers.training_runs import CNN
from siamese_core.data.datasets import load_dataset
from siamese_core.data.pair_lists import PairList
from siamese_core.errors import UserError
from siamese_core.networks.encoders import encoder_spec
from siamese_core.networks.preparation import prepare
from siamese_core.training.prepared_images import PreparedImages, embed_pixels


@pytest.fixture
def drawings(tmp_path):
    return load_dataset([write_class_folders(tmp_path / "data", np.random.default_rng(0), 1, 2, 2)])


@pytest.mark.parametrize("name", ["koch", "resnet50", "small_cnn"])
def test_every_image_is_as_the_encoder_sees_it(drawings, name):
    spec = encoder_spec(name)
    pixels = PreparedImages(drawings, spec).pixels
    assert pixels.shape == (4, spec.size, spec.size, spec.channels)
    assert pixels.dtype == np.uint8
    expected = prepare(drawings.image(3), spec.preparation, spec.size, spec.channels)
    assert np.array_equal(pixels[3], expected)


def test_what_was_prepared_is_kept_and_used_again(drawings, tmp_path):
    spec, cache = encoder_spec("small_cnn"), tmp_path / "cache"
    first = PreparedImages(drawings, spec, cache).pixels
    (file,) = cache.iterdir()
    marked = first.copy()
    marked[1] = 7
    np.save(file, marked)
    assert np.array_equal(PreparedImages(drawings, spec, cache).pixels, marked)


def test_what_is_prepared_otherwise_today_is_made_again(drawings, tmp_path):
    spec, cache = encoder_spec("small_cnn"), tmp_path / "cache"
    first = PreparedImages(drawings, spec, cache).pixels
    (file,) = cache.iterdir()
    np.save(file, 255 - first)  # as another version of the program would
    assert np.array_equal(PreparedImages(drawings, spec, cache).pixels, first)
    assert np.array_equal(np.load(file), first)


@pytest.mark.parametrize("damage", [b"", b"no array", None])
def test_a_damaged_file_is_made_again(drawings, tmp_path, damage):
    spec, cache = encoder_spec("small_cnn"), tmp_path / "cache"
    first = PreparedImages(drawings, spec, cache).pixels
    (file,) = cache.iterdir()
    file.write_bytes(file.read_bytes()[:-1000] if damage is None else damage)
    assert np.array_equal(PreparedImages(drawings, spec, cache).pixels, first)
    assert np.array_equal(np.load(file), first)


def test_other_data_and_other_encoders_are_kept_apart(drawings, tmp_path):
    cache = tmp_path / "cache"
    for data in (drawings, drawings.subset([0, 1])):
        for name in ("koch", "small_cnn"):
            PreparedImages(data, encoder_spec(name), cache)
    assert len(list(cache.iterdir())) == 4


def test_images_replaced_in_place_are_prepared_anew(tmp_path):
    """In a folder and in a zip, though size and time are those of before."""
    folder, spec = write_class_folders(tmp_path / "data", np.random.default_rng(0), 1, 2, 2), CNN
    first, second, *_ = sorted(folder.rglob("*.png"))
    for packed in (False, True):
        content, status = [first.read_bytes(), second.read_bytes()], first.stat()
        source = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", folder)) if packed else folder
        before = PreparedImages(load_dataset([source]), spec, tmp_path / "cache").pixels
        first.write_bytes(content[1])
        os.utime(first, ns=(status.st_atime_ns, status.st_mtime_ns))
        if packed:
            shutil.make_archive(str(tmp_path / "packed"), "zip", folder)
            os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))
        after = PreparedImages(load_dataset([source]), spec, tmp_path / "cache").pixels
        assert np.array_equal(after[0], before[1]) and not np.array_equal(after[0], before[0])
        first.write_bytes(content[0])


def test_a_list_of_pairs_is_prepared_too(tmp_path):
    images = [np.full((30, 20, 3), level, np.uint8) for level in (10, 90)]
    pairs = PairList(images, np.array([0]), np.array([1]), np.array([False]))
    spec = encoder_spec("small_cnn")
    prepared = PreparedImages(pairs, spec, tmp_path)
    assert prepared.dataset is pairs
    assert [int(pixels[56, 56, 0]) for pixels in prepared.pixels] == [10, 90]


def test_progress_is_told(drawings):
    told = []
    PreparedImages(drawings, encoder_spec("small_cnn"), None, lambda share, text: told.append((share, text)))
    assert told == [(0.0, "preparing images: 0 of 4")]


def test_an_image_that_turns_corrupt_stops_it_with_its_name_and_leaves_nothing(tmp_path):
    folder = write_class_folders(tmp_path / "data", np.random.default_rng(0), 1, 2, 2)
    data = load_dataset([folder])
    next(folder.rglob("0002_01.png")).write_bytes(bad_files()["cut-short.png"])
    with pytest.raises(UserError, match="0002_01.png"):
        PreparedImages(data, encoder_spec("small_cnn"), tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_embeddings_do_not_depend_on_the_batches(images):
    keras.utils.set_random_seed(0)
    encoder = CNN.build(CNN.size)
    together = embed_pixels(encoder, images.pixels[:10])
    assert together.shape == (10, 128)
    assert together.dtype == np.float32
    assert embed_pixels(encoder, images.pixels[:10], batch_size=3) == pytest.approx(together, abs=1e-5)
