"""A preview learns from the answers at once and leaves every checkpoint as it is."""

import numpy as np
import pytest

from helpers.samples import as_scan, stroke_glyph
from helpers.small_checkpoints import ship_small
from siamese_core.embeddings.embedding_store import open_embedding_store
from siamese_core.images.decoding import image_id
from siamese_core.retraining.preview import Previews
from siamese_core.workspace.recording import Annotator
from siamese_core.workspace.workbench import Workbench

SLOT = "koch"
ANN = Annotator("Ann", "0123456789abcdef")


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    return ship_small(tmp_path_factory.mktemp("shipped"), "koch", "resnet50")


@pytest.fixture
def workbench(tmp_path, shipped):
    return Workbench(tmp_path, shipped)


@pytest.fixture
def images():
    rng = np.random.default_rng(1)
    return [as_scan(stroke_glyph(rng, 105)) for _ in range(8)]


def said(workbench, left, right) -> float:
    return workbench.compare(left, right, [SLOT]).comparisons[0].similarity


def answer(workbench, left, right, words) -> str:
    ids = [workbench.images.add(image) for image in (left, right)]
    return workbench.answer(*ids, words, ANN)


def test_without_answers_there_is_nothing_to_preview(workbench, images):
    assert Previews(workbench).say(SLOT, *images[:2]) is None


def test_answers_of_one_kind_pull_what_is_said_their_way(workbench, images):
    previews = Previews(workbench)
    pairs = [(images[i], images[i + 1]) for i in range(0, 6, 2)]
    before = said(workbench, *images[6:])
    for pair in pairs:
        answer(workbench, *pair, "same")
    after = previews.say(SLOT, *images[6:])
    assert after.answers == 3 and after.similarity > before


def test_after_a_restart_what_the_pool_has_embedded_is_not_embedded_again(workbench, images, shipped):
    answer(workbench, *images[:2], "same")
    checkpoint = workbench.matcher.checkpoint(SLOT)
    ids = [image_id(each) for each in images[:2]]
    kept = np.ones((2, checkpoint.encoder.output_shape[-1]), np.float32)
    open_embedding_store(workbench.embeddings_folder, checkpoint).append(ids, kept)
    again = Workbench(workbench.workspace, shipped)
    assert Previews(again).say(SLOT, *images[6:]).answers == 1
    for each in ids:
        np.testing.assert_array_equal(again.matcher.cache.get((checkpoint.embeddings_id, each)), kept[0])


def test_an_answer_taken_back_is_unlearnt(workbench, images):
    previews = Previews(workbench)
    answer(workbench, *images[:2], "same")
    first = previews.say(SLOT, *images[6:])
    label_id = answer(workbench, *images[2:4], "different")
    assert previews.say(SLOT, *images[6:]) != first
    workbench.undo(label_id, ANN)
    assert previews.say(SLOT, *images[6:]) == first


def test_unsure_answers_teach_nothing(workbench, images):
    answer(workbench, *images[:2], "unsure")
    assert Previews(workbench).say(SLOT, *images[6:]) is None


def test_a_preview_changes_no_checkpoint(workbench, images):
    before, serving = said(workbench, *images[6:]), workbench.checkpoints.current_id(SLOT)
    for pair in ((images[0], images[1]), (images[2], images[3])):
        answer(workbench, *pair, "same")
    assert Previews(workbench).say(SLOT, *images[6:]).similarity != before
    assert said(workbench, *images[6:]) == before
    assert workbench.checkpoints.current_id(SLOT) == serving
