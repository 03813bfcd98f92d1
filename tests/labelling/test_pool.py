"""The images to label, imported and embedded with real small checkpoints; resumed, and told about."""

import shutil
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from helpers.samples import alphabet, image_file
from helpers.small_checkpoints import ship_small, small_checkpoint
from siamese_core.checkpoints.checkpoint_files import load_checkpoint, save_checkpoint
from siamese_core.checkpoints.domains import HANDWRITING, PHOTOGRAPHS
from siamese_core.errors import UserError
from siamese_core.images.decoding import image_id
from siamese_core.labelling.pool import CHUNK, Pool
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.workbench import Workbench

COUNT = 2 * CHUNK + 3


@pytest.fixture(scope="module")
def shipped(tmp_path_factory) -> Path:
    return ship_small(tmp_path_factory.mktemp("shipped"), *SLOTS)


@pytest.fixture(scope="module")
def images(tmp_path_factory) -> Path:
    """A folder of two classes with `COUNT` images, and a file that is none."""
    folder = tmp_path_factory.mktemp("images")
    for number, pixels in enumerate(noise()):
        file = folder / f"class{number % 2}" / f"{number:02d}.png"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(image_file(pixels))
    (folder / "class0" / "broken.png").write_bytes(b"no image")
    return folder


def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (COUNT, 24, 24, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def done(images, shipped, tmp_path_factory) -> Path:
    """A workspace in which the images are imported and embedded."""
    workspace = tmp_path_factory.mktemp("done") / "workspace"
    pool = Pool(Workbench(workspace, shipped))
    pool.files.add_folder(images)
    pool.work()
    return workspace


class Counting(Workbench):
    """Notes which images an encoder really embeds."""

    def __init__(self, *args):
        super().__init__(*args)
        self.embedded: list[str] = []
        embed = self.matcher.embed

        def counted(encoder, images, domain):
            self.embedded += [image_id(image) for image in images]
            return embed(encoder, images, domain)

        self.matcher.embed = counted


def test_images_are_imported_and_embedded_as_the_matcher_embeds_them(done, shipped, images):
    bench = Workbench(done, shipped)
    pool = Pool(bench)
    pool.files.add_folder(images)
    found = pool.images()
    assert {each.image_id for each in found} == {image_id(pixels) for pixels in noise()}
    assert {each.class_name for each in found} == {"class0", "class1"}
    some = [each.image_id for each in found[:5]]
    for each in pool.embedded():
        expected = bench.matcher.embed(each.slot, [bench.images.read(image) for image in some])
        np.testing.assert_allclose(each.store.take(some), expected, rtol=1e-5, atol=1e-6)


def test_progress_tells_what_is_done_and_what_was_no_image(done, shipped, images):
    pool = Pool(Workbench(done, shipped))
    pool.files.add_folder(images)
    assert pool.progress().embedded == 0, "no checkpoint is loaded to answer this"
    pool.embedded()
    now = pool.progress().json()
    left_out = now.pop("left_out")
    assert left_out["counts"] == {"unreadable": 1}
    assert left_out["files"][0]["name"] == "class0/broken.png"
    assert now.pop("seconds_left") is None and now.pop("problem") is None and not now.pop("working")
    assert (now.pop("rejected"), now.pop("repeated"), now.pop("set_aside")) == (1, 0, 0)
    assert now == {"files": COUNT + 1, "done": COUNT + 1, "images": COUNT, "embedded": COUNT}
    pool.files.set_aside.decide([pool.images()[0].image_id, "of-an-earlier-pool"], True)
    assert pool.progress().set_aside == 1
    pool.files.set_aside.decide([pool.images()[0].image_id], False)


def test_a_restart_embeds_nothing_again(done, shipped, images):
    bench = Counting(done, shipped)
    pool = Pool(bench)
    pool.files.add_folder(images)
    pool.work()
    assert bench.embedded == []


def test_work_that_was_cut_off_goes_on_where_it_was(images, shipped, workspace):
    class Killed(Exception):
        pass

    def kill(share: float, words: str) -> None:
        if share > 0.4:
            raise Killed

    first = Pool(Workbench(workspace, shipped))
    first.files.add_folder(images)
    with pytest.raises(Killed):
        first.work(kill)
    before = first.progress()
    assert 0 < before.embedded < COUNT
    bench = Counting(workspace, shipped)
    pool = Pool(bench)
    pool.files.add_folder(images)
    pool.work()
    assert pool.progress().embedded == COUNT
    assert len(bench.embedded) == 2 * (COUNT - before.embedded)


def test_embeddings_that_were_deleted_are_made_from_the_stored_images(done, shipped, images, tmp_path):
    workspace = shutil.copytree(done, tmp_path / "workspace")
    shutil.rmtree(workspace / "embeddings")
    bench = Counting(workspace, shipped)
    pool = Pool(bench)
    pool.files.add_folder(images)
    gone = pool.images()[0].image_id
    bench.images.path(gone).unlink()
    pool.work()
    assert pool.progress().embedded == COUNT - 1 and pool.progress().rejected == 2
    assert gone not in {each.image_id for each in pool.images()}


def test_another_head_on_the_same_encoder_needs_no_new_embeddings(done, shipped, images, tmp_path):
    workspace = shutil.copytree(done, tmp_path / "workspace")
    bench = Counting(workspace, shipped)
    checkpoint = load_checkpoint(shipped / "koch")
    checkpoint.threshold = 0.75
    parent = shipped / "koch"
    saved = save_checkpoint(checkpoint, bench.checkpoints.new_folder("small_cnn"), True, encoder_of=parent)
    bench.checkpoints.promote(saved.id, "koch")
    pool = Pool(bench)
    pool.files.add_folder(images)
    pool.work()
    assert pool.embedded()[0].checkpoint.id == saved.id
    assert bench.embedded == [] and pool.progress().embedded == COUNT


def test_a_pool_of_photographs_goes_through_the_checkpoint_for_photographs(done, shipped, images, tmp_path):
    bench = Workbench(shutil.copytree(done, tmp_path / "workspace"), shipped)
    saved = save_checkpoint(small_checkpoint(7), bench.checkpoints.new_folder("small_cnn"), True)
    bench.checkpoints.offer(saved.id, "resnet50")
    pool = Pool(bench)
    pool.files.add_folder(images)
    assert pool.domain() == PHOTOGRAPHS  # noise is no ink
    pool.work()
    koch, resnet50 = pool.embedded()
    assert resnet50.checkpoint.id == saved.id and koch.checkpoint.id == bench.checkpoints.current_id("koch")
    assert pool.progress().embedded == len(resnet50.store) == COUNT
    resnet50.checkpoint.note(domain=HANDWRITING)
    assert pool.warnings()["resnet50"] == "has seen handwriting only, and does not judge photographs"


def test_a_pool_of_drawings_goes_through_the_checkpoint_for_handwriting(shipped, workspace, tmp_path):
    for number, (drawing,) in enumerate(alphabet(np.random.default_rng(0), 4, 1, 64)):
        (tmp_path / f"{number}.png").write_bytes(image_file(drawing))
    bench = Workbench(workspace, shipped)
    saved = save_checkpoint(small_checkpoint(7), bench.checkpoints.new_folder("small_cnn"), True)
    bench.checkpoints.offer(saved.id, "resnet50")
    pool = Pool(bench)
    pool.files.add_folder(tmp_path)
    pool.work()
    assert pool.domain() == HANDWRITING
    assert pool.embedded()[1].checkpoint.id == bench.checkpoints.current_id("resnet50") != saved.id


def test_another_encoder_embeds_anew_and_the_old_embeddings_stay(done, shipped, images, tmp_path):
    workspace = shutil.copytree(done, tmp_path / "workspace")
    bench = Counting(workspace, shipped)
    saved = save_checkpoint(small_checkpoint(7), bench.checkpoints.new_folder("small_cnn"), True)
    bench.checkpoints.promote(saved.id, "koch")
    pool = Pool(bench)
    pool.files.add_folder(images)
    pool.embedded()
    assert pool.progress().embedded == 0
    pool.work()
    assert len(bench.embedded) == COUNT == pool.progress().embedded
    bench.checkpoints.rollback("koch")
    pool.embedded()
    assert pool.progress().embedded == COUNT


def test_the_background_works_and_takes_in_what_is_added_meanwhile(images, shipped, workspace, tmp_path):
    pool = Pool(Workbench(workspace, shipped))
    more = image_file(np.full((20, 20, 3), 7, np.uint8))
    begun, seen = threading.Event(), []

    def on_growth() -> None:
        seen.append(pool.progress())
        begun.set()

    pool.on_growth = on_growth
    pool.files.add_folder(images)
    pool.start()
    assert begun.wait(120)
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("more.png", more)
    pool.files.add_zip(tmp_path / "x.zip", "x.zip")
    pool.start()
    wait_until(lambda: not pool.progress().working)
    now = pool.progress()
    assert (now.images, now.embedded, now.problem) == (COUNT + 1, COUNT + 1, None)
    counts = [each.embedded for each in seen]
    assert counts == sorted(counts) and 0 < counts[0] < COUNT
    assert not list((workspace / "pool").glob("*.zip")), "an upload's zip is kept only until it is imported"


def test_a_slot_without_a_checkpoint_is_left_out(images, shipped, workspace, tmp_path):
    one = tmp_path / "shipped"
    shutil.copytree(shipped / "resnet50", one / "resnet50")
    pool = Pool(Workbench(workspace, one))
    pool.files.add_folder(images)
    pool.work()
    assert [each.slot for each in pool.embedded()] == ["resnet50"]
    assert pool.progress().embedded == COUNT


def test_without_any_checkpoint_the_background_tells_why(images, workspace, tmp_path):
    pool = Pool(Workbench(workspace, tmp_path / "none"))
    pool.files.add_folder(images)
    with pytest.raises(UserError, match="Received: koch, for which there is none yet"):
        pool.work()
    pool.start()
    wait_until(lambda: not pool.progress().working)
    assert "Received: koch, for which there is none yet" in pool.progress().problem


def uploaded(shipped: Path, workspace: Path, images: Path) -> Pool:
    """A pool to which five files were uploaded."""
    pool = Pool(Workbench(workspace, shipped))
    pool.files.add_files([(file, file.name) for file in sorted((images / "class1").iterdir())[:5]])
    return pool


def test_two_servers_on_a_workspace_import_an_upload_once_and_lose_no_file(images, shipped, workspace):
    first = uploaded(shipped, workspace, images)
    second = Pool(Workbench(workspace, shipped))  # it has seen the zip that the first one deletes
    first.work()
    second.work()
    for now in (first.progress(), second.progress()):
        assert (now.files, now.images, now.embedded, now.rejected) == (5, 5, 5, 0)
    assert {each.name for each in second.images()} == {
        file.name for file in sorted((images / "class1").iterdir())[:5]
    }


def test_what_another_process_imports_is_taken_in_meanwhile(images, shipped, workspace, monkeypatch):
    monkeypatch.setattr("siamese_core.labelling.pool.FOLLOW_SECONDS", 0.05)
    first = uploaded(shipped, workspace, images)
    second = Pool(Workbench(workspace, shipped))
    (source,) = first.files.sources()
    with first.files.claimed(source, 0) as is_ours:
        assert is_ours
        second.start()
        first._import(source, source.todo()[:3])
        wait_until(lambda: second.progress().embedded == 3)
        assert second.progress().working and source.archive.exists()
    wait_until(lambda: not second.progress().working)
    now = second.progress()
    assert (now.images, now.embedded, now.rejected, now.problem) == (5, 5, 0, None)


def test_a_disk_that_takes_nothing_is_told_and_the_import_goes_on_by_itself(
    images, shipped, workspace, monkeypatch
):
    monkeypatch.setattr("siamese_core.labelling.pool.RETRY_SECONDS", 0.05)
    pool = uploaded(shipped, workspace, images)
    pool.workbench.images.folder.touch()  # where the folder of images would be
    pool.start()
    wait_until(lambda: pool.progress().problem)
    assert "must fit on the disk" in pool.progress().problem and pool.progress().working
    pool.workbench.images.folder.unlink()
    wait_until(lambda: not pool.progress().working)
    now = pool.progress()
    assert (now.images, now.embedded, now.rejected, now.problem) == (5, 5, 0, None)


def wait_until(holds) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
