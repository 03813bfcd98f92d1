"""Images in a place that several machines share: a store in memory, a mounted folder, one out of reach."""

import shutil
import uuid

import numpy as np
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from helpers.samples import corner_mark, texture
from helpers.servers import free_port
from siamese_core.errors import UserError, can_pass
from siamese_core.images import shared_files
from siamese_core.images.store import ImageStore, images_of

SECRET = "s3cr3t"


@pytest.fixture
def url() -> str:
    return f"memory://{uuid.uuid4().hex}/images"


@pytest.fixture(params=["memory", "file"])
def places(request, url, tmp_path) -> tuple[ImageStore, ImageStore]:
    """The stores of two machines on one place."""
    shared = url if request.param == "memory" else (tmp_path / "mounted").as_uri()
    return images_of(tmp_path / "one", shared), images_of(tmp_path / "other", shared)


def test_an_image_that_one_machine_adds_is_read_by_another(places, monkeypatch):
    monkeypatch.setattr(shared_files, "COUNTED_SECONDS", 0.0)
    one, other = places
    assert one.ids() == other.ids() == [] and one.count() == other.count() == 0
    images = [texture(6, 5, seed) for seed in range(3)]
    ids = [one.add(image) for image in images]
    assert other.ids() == sorted(ids) and other.count() == one.count() == 3
    for image_id, image in zip(ids, images, strict=True):
        assert image_id in other and "a" * 64 not in other
        np.testing.assert_array_equal(other.read(image_id), image)
        assert other.path(image_id).is_file()
    assert other.add(images[0]) == ids[0] and one.count() == 3
    with pytest.raises(UserError, match="which is not there"):
        other.read("a" * 64)


def test_copies_may_be_deleted_and_a_mounted_folder_has_none(url, tmp_path):
    one = images_of(tmp_path / "one", url)
    kept = one.add(corner_mark())
    shutil.rmtree(one.folder)
    np.testing.assert_array_equal(one.read(kept), corner_mark())
    assert one.folder.name == "image-cache" and one.name == url
    mounted = images_of(tmp_path / "two", (tmp_path / "mounted").as_uri())
    kept = mounted.add(corner_mark())
    assert mounted.path(kept).parent == tmp_path / "mounted" and not (tmp_path / "two").exists()


def test_an_image_is_stored_only_once_the_place_has_it(url, tmp_path, monkeypatch):
    store = images_of(tmp_path, url)

    def refuse(*args, **options):
        raise RuntimeError("AccessDenied")

    with monkeypatch.context() as closed:
        closed.setattr(MemoryFileSystem, "pipe_file", refuse)
        with pytest.raises(
            UserError, match="Received: RuntimeError: AccessDenied. Correct --images-url"
        ) as told:
            store.add(corner_mark())
    assert can_pass(told.value) and store.ids() == []
    assert store.add(corner_mark()) in images_of(tmp_path / "other", url)


@pytest.mark.parametrize("url", ["nowhere://x/y", f"ftp://ada:{SECRET}@127.0.0.1:PORT/images"])
def test_a_place_that_cannot_be_opened_is_told_without_the_password(tmp_path, url):
    with pytest.raises(UserError, match="Received: ") as told:
        images_of(tmp_path, url.replace("PORT", str(free_port())))
    assert SECRET not in f"{told.value}{told.value.__cause__}"
