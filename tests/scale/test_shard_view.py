"""Stored embeddings are compared as the checkpoint does, and the search points keep the head's order."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from siamese_core.checkpoints.card import base_card
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.embeddings.shards import ShardFolder, ShardRows
from siamese_core.metric_learning.neighbours import nearest
from siamese_core.metrics import Calibration
from siamese_core.networks.heads import make_head
from siamese_core.scale.shard_view import measured_recall, search_points, shard_view
from siamese_core.scale.stored_rows import store_rows
from siamese_core.searching.gallery import with_own_cohort

IMAGES, DIM, OF_ONE = 400, 24, 4


@pytest.fixture(scope="module")
def embeddings() -> np.ndarray:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(IMAGES // OF_ONE, DIM)).repeat(OF_ONE, axis=0)
    return (1 + centres + 0.2 * rng.normal(size=centres.shape)).astype(np.float32)


@pytest.fixture(params=["cosine", "weighted_l1"])
def made(request, embeddings, tmp_path):
    """A checkpoint with that head, and the rows that are stored."""
    head = make_head(request.param)
    head.build((None, DIM), (None, DIM))
    card = replace(base_card("koch"), head=request.param)
    encoder = SimpleNamespace(output_shape=(None, DIM))
    checkpoint = Checkpoint("koch-1", "koch", encoder, head, Calibration(8.0, -4.0), 0.5, card)
    ids = [f"{number:064x}" for number in range(IMAGES)]
    ShardFolder(tmp_path).write("a.parquet", ShardRows("koch-1", ids, ids, embeddings))
    rows = store_rows(ShardFolder(tmp_path), "koch-1", tmp_path / "rows", lambda share, words: None)
    yield checkpoint, rows
    rows.close()


def test_pairs_are_compared_as_by_the_checkpoint_with_its_cohort(made, embeddings):
    checkpoint, rows = made
    view = shard_view(checkpoint, rows, lambda share, words: None)
    judging = with_own_cohort(checkpoint, embeddings)
    left, right = np.random.default_rng(1).integers(0, IMAGES, (2, 50))
    expected = judging.calibration.log_odds(judging.logits(embeddings[left], embeddings[right]))
    np.testing.assert_allclose(view.compare(left, right), expected, atol=1e-3)
    assert view.threshold == judging.threshold


def test_the_nearest_points_are_the_most_similar_by_the_head(made):
    checkpoint, rows = made
    view = shard_view(checkpoint, rows, lambda share, words: None)
    found = nearest(search_points(view, np.random.default_rng(0)), OF_ONE - 1)
    share, images, count = measured_recall(view, found)
    assert share > 0.95 and count == OF_ONE - 1 and images > 60
    assert (found // OF_ONE == (np.arange(IMAGES) // OF_ONE)[:, None]).mean() > 0.95


def test_a_search_that_found_others_has_no_recall(made):
    checkpoint, rows = made
    view = shard_view(checkpoint, rows, lambda share, words: None)
    far = (np.arange(IMAGES)[:, None] + np.array([40, 80])) % IMAGES
    assert measured_recall(view, far)[0] < 0.2
