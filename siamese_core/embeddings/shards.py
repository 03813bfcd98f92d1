"""Read and write embeddings as Parquet shards, in a folder or in an object store.

A shard is a file `*.parquet` with a row an image: `image_id` and `path` (text), `checkpoint` (text, the same
in all rows) and `embedding` (float32, a list of fixed size). Its metadata name the checkpoint and hold the
files that were left out while it was made, so that a shard is whole or absent with all that belongs to it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from siamese_core.atomic import replacing
from siamese_core.data.left_out import LeftOut, PassedOver
from siamese_core.errors import UserError, refuse_newer

SUFFIX = ".parquet"
COLUMNS = ("image_id", "path", "checkpoint", "embedding")
CHECKPOINT, LEFT_OUT, SCHEMA_KEY = b"checkpoint", b"left_out", b"schema"  # keys of the metadata
SCHEMA = 1  # of a shard that names none
ROWS_AT_ONCE = 4096  # 32 MB of 2,048 dimensions
UNREADABLE = (OSError, pa.ArrowException, ValueError, KeyError)


@dataclass(frozen=True)
class ShardRows:
    """Embeddings float32 (n, d) by one checkpoint, with the ids and paths of their n images.

    left_out: files that were passed over while these were made.
    """

    checkpoint: str
    image_ids: Sequence[str]
    paths: Sequence[str]
    embeddings: np.ndarray
    left_out: tuple[PassedOver, ...] = ()


@dataclass(frozen=True)
class Shard:
    """A shard as its metadata tell. name: of the file; rows: images in it; dim: of their embeddings."""

    name: str
    checkpoint: str
    rows: int
    dim: int
    left_out: tuple[PassedOver, ...] = ()


def shown_place(place: Path | str) -> str:
    """Return a place as it may be shown and stored: of a URI without its credentials and options."""
    scheme, mark, rest = str(place).partition("://")
    if not mark:
        return str(place)
    host, slash, path = rest.split("?")[0].partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}".rstrip("/")


class ShardFolder:
    """The shards of a place: a folder, or what pyarrow opens by its URI, such as s3://bucket/folder.

    Writers may work at the same time, each at files of its own names.
    """

    def __init__(self, place: Path | str):
        if isinstance(place, PurePath) or "://" not in place:
            self._files, self._folder = fs.LocalFileSystem(), Path(place).absolute().as_posix()
        else:
            self._files, self._folder = fs.FileSystem.from_uri(place)
        self.place = shown_place(place)

    @property
    def local(self) -> Path | None:
        """Its folder on a file system of this machine, None in an object store."""
        return Path(self._folder) if isinstance(self._files, fs.LocalFileSystem) else None

    def names(self) -> list[str]:
        """Return the names of the shards, sorted, without opening one."""
        listed = self._files.get_file_info(fs.FileSelector(self._folder, allow_not_found=True))
        files = (each.base_name for each in listed if each.type == fs.FileType.File)
        return sorted(name for name in files if name.endswith(SUFFIX) and not name.startswith("."))

    def write(self, name: str, rows: ShardRows) -> None:
        """Write a shard, whole or not at all. name: with the suffix; one that is there is replaced."""
        content = pa.BufferOutputStream()
        # float32 hardly compresses: only the repeated name of the checkpoint is encoded
        pq.write_table(_table(rows), content, compression="none", use_dictionary=["checkpoint"])
        self._files.create_dir(self._folder, recursive=True)
        if self.local is not None:
            with replacing(self.local / name) as stream:
                stream.write(content.getvalue())
        else:  # an object appears when its stream is closed
            with self._files.open_output_stream(f"{self._folder}/{name}") as stream:
                stream.write(content.getvalue())

    def shard(self, name: str) -> Shard:
        """Return what the metadata of a shard tell; UserError where it is none."""
        with self._opened(name) as parquet:
            return _described(name, parquet)

    def shards(self) -> list[Shard]:
        """Describe every shard, sorted by name; UserError if there is none, or one is damaged."""
        names = self.names()
        if not names:
            raise UserError(
                f"Embeddings lie in {SUFFIX} files, as `embed` writes them. Received: {self.place}, which "
                "has none. Name the folder that was given to embed as --out."
            )
        return [self.shard(name) for name in names]

    def blocks(self, checkpoint: str, size: int = ROWS_AT_ONCE) -> Iterator[ShardRows]:
        """Give the rows by a checkpoint, at most `size` at a time, which are all that is in memory."""
        for shard in self.shards():
            if shard.checkpoint == checkpoint:
                with self._opened(shard.name) as parquet:
                    for batch in parquet.iter_batches(batch_size=size, columns=list(COLUMNS)):
                        yield _rows(batch, shard)

    def paths(self, checkpoint: str) -> Iterator[list[str]]:
        """Give the paths of the images of each shard by a checkpoint; their embeddings are not read."""
        for shard in self.shards():
            if shard.checkpoint == checkpoint:
                with self._opened(shard.name) as parquet:
                    yield parquet.read(columns=["path"]).column(0).to_pylist()

    def read(self, checkpoint: str) -> ShardRows:
        """Return all rows by a checkpoint at once; UserError where there are none."""
        shards = [each for each in self.shards() if each.checkpoint == checkpoint]
        if not shards:
            raise UserError(
                f"The shards must hold embeddings by {checkpoint}. Received: {self.place}, which has none by "
                "it. Embed the images again with the checkpoint that serves now."
            )
        embeddings = np.empty((sum(each.rows for each in shards), shards[0].dim), np.float32)
        ids, paths = [], []
        for block in self.blocks(checkpoint):
            embeddings[len(ids) : len(ids) + len(block.image_ids)] = block.embeddings
            ids += block.image_ids
            paths += block.paths
        return ShardRows(checkpoint, ids, paths, embeddings, self.left_out(checkpoint).files)

    def left_out(self, checkpoint: str) -> LeftOut:
        """Return the files that were left out while the shards by a checkpoint were made."""
        found = (file for each in self.shards() if each.checkpoint == checkpoint for file in each.left_out)
        return LeftOut(tuple(dict.fromkeys(found)))

    def _opened(self, name: str) -> "_Opened":
        return _Opened(self._files, f"{self._folder}/{name}", name)


class _Opened:
    """A context in which a shard is open; what goes wrong with its file in there is a UserError."""

    def __init__(self, files: fs.FileSystem, path: str, name: str):
        self.files, self.path, self.name = files, path, name
        self.parquet = None

    def __enter__(self) -> pq.ParquetFile:
        try:
            self.parquet = pq.ParquetFile(self.path, filesystem=self.files)
        except UNREADABLE as problem:
            raise self._told(problem) from problem
        return self.parquet

    def __exit__(self, kind: type | None, problem: BaseException | None, traceback: object) -> None:
        self.parquet.close()
        if isinstance(problem, UNREADABLE):
            raise self._told(problem) from problem

    def _told(self, problem: Exception) -> UserError:
        line = next(iter(str(problem).splitlines()), type(problem).__name__)
        return UserError(
            f"A shard is a Parquet file with the columns {', '.join(COLUMNS)}. Received: {self.name}: "
            f"{line}. Delete it and run embed again, which makes what is missing."
        )


def _table(rows: ShardRows) -> pa.Table:
    embeddings = np.ascontiguousarray(rows.embeddings, np.float32)
    count, dim = embeddings.shape
    values = pa.FixedSizeListArray.from_arrays(pa.array(embeddings.reshape(-1)), dim)
    texts = [pa.array(list(each), pa.string()) for each in (rows.image_ids, rows.paths)]
    columns = [*texts, pa.array([rows.checkpoint] * count, pa.string()), values]
    passed = json.dumps([asdict(each) for each in rows.left_out])
    metadata = {CHECKPOINT: rows.checkpoint.encode(), LEFT_OUT: passed.encode()}
    return pa.Table.from_arrays(columns, COLUMNS).replace_schema_metadata(metadata)


def _described(name: str, parquet: pq.ParquetFile) -> Shard:
    schema = parquet.schema_arrow
    kind, metadata = schema.field("embedding").type, schema.metadata or {}
    refuse_newer(metadata.get(SCHEMA_KEY, b"").decode("ascii", "replace"), SCHEMA, f"shards such as {name}")
    if not pa.types.is_fixed_size_list(kind) or kind.value_type != pa.float32():
        raise ValueError(f"its embeddings are {kind}")
    passed = tuple(PassedOver(**each) for each in json.loads(metadata.get(LEFT_OUT, b"[]")))
    return Shard(name, metadata[CHECKPOINT].decode(), parquet.metadata.num_rows, kind.list_size, passed)


def _rows(batch: pa.RecordBatch, shard: Shard) -> ShardRows:
    values = batch.column("embedding").flatten().to_numpy(zero_copy_only=False)
    texts = [batch.column(name).to_pylist() for name in COLUMNS[:2]]
    return ShardRows(shard.checkpoint, *texts, values.reshape(-1, shard.dim))
