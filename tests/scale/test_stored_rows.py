"""Embeddings of shards are read from a file by their numbers, each image once."""

import numpy as np
import pytest

from siamese_core.embeddings.shards import ShardFolder, ShardRows
from siamese_core.errors import UserError
from siamese_core.scale.stored_rows import store_rows

EMBEDDINGS = np.arange(30, dtype=np.float32).reshape(10, 3)


@pytest.fixture
def stored(tmp_path):
    folder = ShardFolder(tmp_path / "shards")
    for name, rows in (("a.parquet", range(6)), ("b.parquet", range(4, 10))):  # two images are in both
        ids = [f"id{row}" for row in rows]
        folder.write(name, ShardRows("koch-1", ids, [f"{each}.png" for each in ids], EMBEDDINGS[list(rows)]))
    folder.write("c.parquet", ShardRows("koch-2", ["id0"], ["other.png"], EMBEDDINGS[:1] + 1))
    rows = store_rows(folder, "koch-1", tmp_path / "rows", lambda share, words: None)
    yield rows
    rows.close()


def test_every_image_by_the_checkpoint_is_there_once(stored):
    assert stored.ids == [f"id{row}" for row in range(10)] and stored.paths[9] == "id9.png"
    np.testing.assert_array_equal(stored.take(np.arange(10)), EMBEDDINGS)


@pytest.mark.parametrize("rows", [[3], [9, 0, 1, 2, 5, 4], [7, 7, 6], []])
def test_rows_come_in_the_order_that_was_asked_for(stored, rows):
    rows = np.array(rows, np.int64)
    np.testing.assert_array_equal(stored.take(rows), EMBEDDINGS[rows])


def test_a_file_that_was_cut_short_is_told(stored, tmp_path):
    (tmp_path / "rows").write_bytes(b"half")
    with pytest.raises(UserError, match="must stay whole"):
        stored.take(np.array([4]))
