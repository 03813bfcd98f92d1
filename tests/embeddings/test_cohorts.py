"""What an encoder says of a pair, normalised against the pool of the workspace."""

from pathlib import Path

import numpy as np
import pytest

from helpers.workspaces import noise
from siamese_core.embeddings.cohorts import Cohorts
from siamese_core.embeddings.embedding_store import open_embedding_store
from siamese_core.images.decoding import image_id
from siamese_core.metric_learning.score_normalisation import FEWEST, MOST
from siamese_core.workspace.workbench import Workbench


@pytest.fixture
def workbench(workspace, shipped) -> Workbench:
    return Workbench(workspace, shipped)


def embed_pool(workbench: Workbench, count: int, seed: int = 3) -> None:
    """Store the embeddings of a pool of photographs, as the import does."""
    images = noise(count, seed)
    rows = workbench.matcher.embed("koch", images)
    store = open_embedding_store(workbench.embeddings_folder, workbench.matcher.checkpoint("koch"))
    store.append([image_id(image) for image in images], rows)


def similarity(workbench: Workbench, left: np.ndarray, right: np.ndarray) -> float:
    return workbench.matcher.compare(left, right, ["koch"])[0].similarity


def test_a_pool_large_enough_calibrates_what_is_compared(workbench):
    left, right = noise(2, seed=3)
    alone = similarity(workbench, left, right)
    embed_pool(workbench, FEWEST - 1)
    assert similarity(workbench, left, right) == alone
    embed_pool(workbench, FEWEST)
    (said,) = workbench.matcher.compare(left, right, ["koch"])
    assert said.similarity != alone
    assert said.threshold == 0.5
    assert said.cohort == FEWEST


def test_random_pairs_of_a_pool_are_mostly_called_different(workbench):
    embed_pool(workbench, 120)
    images = noise(120, seed=3)
    said = [workbench.matcher.compare(*images[n : n + 2], ["koch"])[0].same for n in range(0, 60, 2)]
    assert np.mean(said) < 0.5


def test_a_pair_is_as_similar_after_a_restart_though_the_pool_has_grown(workbench, workspace, shipped):
    embed_pool(workbench, MOST + 20)
    left, right = noise(2, seed=3)
    before = similarity(workbench, left, right)
    embed_pool(workbench, 100, seed=4)
    assert similarity(Workbench(workspace, shipped), left, right) == pytest.approx(before, abs=1e-6)


def test_images_of_another_kind_are_judged_as_if_there_were_no_pool(workbench):
    left, right = (np.full((40, 40, 3), level, np.uint8) for level in (0, 255))
    alone = similarity(workbench, left, right)
    embed_pool(workbench, 100)
    assert similarity(workbench, left, right) == alone


def test_a_checkpoint_that_answers_have_calibrated_is_left_as_it_is(workbench):
    embed_pool(workbench, 100)
    checkpoint = workbench.matcher.checkpoint("koch")
    checkpoint.note(answers={"trained": 20})
    assert workbench.matcher.cohorts.for_pool(checkpoint) is checkpoint


@pytest.mark.parametrize("text", [b"", b"{}", b'{"chosen_of": "many", "ids": []}', b"[1]"])
def test_a_damaged_choice_is_made_anew(workbench, text):
    embed_pool(workbench, 100)
    checkpoint = workbench.matcher.checkpoint("koch")
    (folder,) = Path(workbench.embeddings_folder).iterdir()
    (folder / "cohort.json").write_bytes(text)
    assert Cohorts(workbench.embeddings_folder).for_pool(checkpoint).normalisation is not None


def test_without_a_pool_nothing_is_normalised(workbench):
    checkpoint = workbench.matcher.checkpoint("koch")
    assert Cohorts(None).for_pool(checkpoint) is checkpoint
