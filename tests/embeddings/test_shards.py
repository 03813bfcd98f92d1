"""Embeddings as Parquet shards: what is written is read again, by blocks or at once."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from siamese_core.data.left_out import PassedOver
from siamese_core.embeddings.shards import ShardFolder, ShardRows, shown_place
from siamese_core.errors import UserError


def rows(count: int, start: int = 0, checkpoint: str = "koch-1", dim: int = 3, **others) -> ShardRows:
    places = range(start, start + count)
    embeddings = np.arange(start * dim, (start + count) * dim, dtype=np.float32).reshape(count, dim)
    return ShardRows(
        checkpoint, [f"{n:064x}" for n in places], [f"cats/é{n}.png" for n in places], embeddings, **others
    )


@pytest.fixture
def folder(tmp_path) -> ShardFolder:
    made = ShardFolder(tmp_path / "out")
    made.write("koch-1-0.parquet", rows(5, left_out=(PassedOver("a.txt", ".txt"),)))
    made.write("koch-1-1.parquet", rows(4, 5, left_out=(PassedOver("b.png", "unreadable", "torn"),)))
    made.write("resnet50-2-0.parquet", rows(2, checkpoint="resnet50-2", dim=7))
    return made


def test_what_was_written_is_read_again_in_the_order_of_the_names(folder):
    read, expected = folder.read("koch-1"), rows(9)
    assert (read.image_ids, read.paths) == (expected.image_ids, expected.paths)
    assert np.array_equal(read.embeddings, expected.embeddings)
    assert [each.name for each in read.left_out] == ["a.txt", "b.png"]


def test_shards_of_several_checkpoints_lie_side_by_side(folder):
    assert [(each.checkpoint, each.rows, each.dim) for each in folder.shards()] == [
        ("koch-1", 5, 3),
        ("koch-1", 4, 3),
        ("resnet50-2", 2, 7),
    ]


def test_blocks_hold_at_most_so_many_rows(folder):
    blocks = list(folder.blocks("koch-1", size=2))
    assert [len(each.embeddings) for each in blocks] == [2, 2, 1, 2, 2]
    assert np.array_equal(np.concatenate([each.embeddings for each in blocks]), rows(9).embeddings)


def test_the_columns_are_those_that_other_programs_expect(folder, tmp_path):
    schema = pq.read_schema(tmp_path / "out" / "koch-1-0.parquet")
    assert schema.names == ["image_id", "path", "checkpoint", "embedding"]
    assert [str(schema.field(n).type) for n in range(3)] == ["string"] * 3
    assert str(schema.field("embedding").type).startswith("fixed_size_list<") and "[3]" in str(
        schema.field("embedding").type
    )


def test_a_uri_names_the_same_shards_as_its_path(folder, tmp_path):
    by_uri = ShardFolder((tmp_path / "out").as_uri())
    by_uri.write("koch-1-2.parquet", rows(1, 9))
    assert by_uri.names() == folder.names()
    assert len(folder.read("koch-1").image_ids) == 10


def test_a_shard_may_hold_left_out_files_only(folder):
    folder.write("koch-1-9.parquet", rows(0, left_out=(PassedOver("c.png", "unreadable"),)))
    assert len(folder.read("koch-1").image_ids) == 9
    assert len(folder.left_out("koch-1").files) == 3


def test_a_folder_without_shards_or_of_another_checkpoint_is_told(folder, tmp_path):
    with pytest.raises(UserError, match="which has none. Name the folder"):
        ShardFolder(tmp_path / "nowhere").shards()
    with pytest.raises(UserError, match="embeddings by koch-0"):
        folder.read("koch-0")


@pytest.mark.parametrize("content", [b"", b"PAR1 torn"])
def test_a_damaged_shard_is_named(folder, tmp_path, content):
    (tmp_path / "out" / "koch-1-1.parquet").write_bytes(content)
    with pytest.raises(UserError, match="Received: koch-1-1.parquet"):
        folder.read("koch-1")


def test_a_table_of_another_kind_is_no_shard(folder, tmp_path):
    import pyarrow as pa

    pq.write_table(pa.table({"embedding": [1.0]}), tmp_path / "out" / "other.parquet")
    with pytest.raises(UserError, match="Received: other.parquet: its embeddings are double"):
        folder.shards()


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("s3://key:se@cret@bucket/a/b?scheme=http&endpoint_override=host", "s3://bucket/a/b"),
        ("s3://bucket", "s3://bucket"),
        ("folder/a?b@c", "folder/a?b@c"),
    ],
)
def test_a_place_is_shown_without_its_credentials(place, shown):
    assert shown_place(place) == shown
