"""Commands on many images ask the checkpoint that the slot has for such images, and say why."""

import numpy as np
import pytest

from helpers.samples import as_scan, photograph, stroke_glyph
from helpers.small_checkpoints import ship_small, small_checkpoint
from siamese_core.checkpoints.checkpoint_files import save_checkpoint
from siamese_core.checkpoints.domains import HANDWRITING, LOOKED_AT, PHOTOGRAPHS
from siamese_core.workspace.picking import Images, pick, warning_of
from siamese_core.workspace.workbench import Workbench

RNG = np.random.default_rng(4)
INK = [as_scan(stroke_glyph(RNG, 105)) for _ in range(4)]
PHOTOS = [photograph(RNG) for _ in range(4)]


def images(some: list[np.ndarray]) -> Images:
    return Images(len(some), some.__getitem__)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    return ship_small(tmp_path_factory.mktemp("shipped"), "koch", "resnet50")


@pytest.fixture
def bench(workspace, shipped) -> Workbench:
    return Workbench(workspace, shipped)


@pytest.fixture
def photo_id(bench) -> str:
    checkpoint = small_checkpoint(7)
    checkpoint.note(domain=PHOTOGRAPHS)
    saved = save_checkpoint(checkpoint, bench.checkpoints.new_folder("small_cnn"), quantise=False)
    bench.checkpoints.promote(saved.id, "resnet50")
    return saved.id


def test_photographs_are_measured_with_the_checkpoint_for_them(bench, photo_id):
    picked = pick(bench, "resnet50", images(PHOTOS))
    assert (picked.checkpoint.id, picked.domain) == (photo_id, PHOTOGRAPHS)
    assert picked.note == "small_cnn: auto: all images are photographs (of 4 looked at)."
    ink = pick(bench, "resnet50", images(INK))
    assert (ink.checkpoint.id, ink.domain) == (bench.checkpoints.current_id("resnet50"), HANDWRITING)


def test_a_slot_without_one_for_them_says_so(bench):
    picked = pick(bench, "resnet50", images(PHOTOS))
    assert picked.checkpoint.id == bench.checkpoints.current_id("resnet50")
    assert "resnet50 has no other checkpoint for them" in picked.note


def test_what_is_chosen_by_hand_is_measured_whatever_the_images_are(bench, photo_id):
    bench.checkpoints.fix("resnet50", photo_id)
    picked = pick(bench, "resnet50", images(INK))
    assert picked.checkpoint.id == photo_id
    assert "Trained on photographs, asked about handwriting" in picked.note


def test_of_many_images_some_are_looked_at():
    read = []
    Images(1000, lambda number: read.append(number)).some()
    assert len(read) == LOOKED_AT


def test_a_checkpoint_named_by_its_folder_warns_of_images_it_never_saw():
    checkpoint = small_checkpoint(1)
    assert warning_of(checkpoint, images(PHOTOS)) == ""
    checkpoint.note(trained_on=HANDWRITING)
    assert warning_of(checkpoint, images(PHOTOS)).startswith(
        "Trained on handwriting, asked about photographs"
    )
    assert warning_of(checkpoint, images(INK)) == ""
