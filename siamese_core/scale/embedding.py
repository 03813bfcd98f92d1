"""Embed files into shards in one process: the next files are decoded while the network embeds.

A run takes up where an earlier one ended, however that ended: a shard is whole or absent, and a file that is
in one is not embedded again.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import numpy as np

from siamese_core.atomic import locked
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.data.files import ImageFile
from siamese_core.data.left_out import PassedOver
from siamese_core.embeddings.prefetching import ahead
from siamese_core.embeddings.shards import SUFFIX, ShardFolder, ShardRows
from siamese_core.errors import UserError
from siamese_core.scale.batches import FILES, Batch, read_batch

SHARD_FILES = 1024  # files of a shard: 8 MB of 2,048 dimensions, and what is lost where a run is killed
LOCK = ".embedding.lock"

Report = Callable[[int, int], None]  # files that are done, and all of them


@dataclass(frozen=True)
class Part:
    """The files of one shard, and its name. Made twice, by whomever, it is the same shard."""

    name: str
    files: tuple[ImageFile, ...]


@dataclass
class _Rows:
    """What goes into the next shard."""

    paths: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    embeddings: list[np.ndarray] = field(default_factory=list)
    left_out: list[PassedOver] = field(default_factory=list)

    def add(self, batch: Batch, embeddings: np.ndarray | None) -> None:
        self.paths += batch.paths
        self.ids += batch.image_ids
        self.left_out += batch.left_out
        if embeddings is not None:
            self.embeddings.append(np.asarray(embeddings, np.float32))

    def shard(self, checkpoint: Checkpoint) -> ShardRows:
        empty = np.empty((0, checkpoint.encoder.output_shape[-1]), np.float32)
        embeddings = np.concatenate([empty, *self.embeddings])
        return ShardRows(checkpoint.id, self.ids, self.paths, embeddings, tuple(self.left_out))


def embed_files(
    checkpoint: Checkpoint,
    files: Sequence[ImageFile],
    out: Path | str,
    report: Report = lambda done, of: None,
) -> None:
    """Embed the files that no shard of the folder holds or left out, into further shards there.

    UserError where another run is at work on the folder.
    """
    folder = ShardFolder(out)
    with alone(folder):
        parts = parts_to_make(folder, checkpoint.id, files)
        done, of = 0, sum(len(part.files) for part in parts)
        for part in parts:
            for more in make_shard(checkpoint, part, folder):
                done += more
                report(done, of)


def parts_to_make(folder: ShardFolder, checkpoint_id: str, files: Sequence[ImageFile]) -> list[Part]:
    """Divide the files that no shard of the checkpoint holds or left out into the shards to be made.

    The numbers that are free come first, so that a shard which an interrupted run had begun is the same one.
    """
    known = done_before(folder, checkpoint_id)
    waiting = [file for file in files if file.name not in known]
    taken = set(folder.names())
    free = (name for name in (f"part-{number:06d}{SUFFIX}" for number in count()) if name not in taken)
    starts = range(0, len(waiting), SHARD_FILES)
    return [Part(next(free), tuple(waiting[start : start + SHARD_FILES])) for start in starts]


def make_shard(checkpoint: Checkpoint, part: Part, folder: ShardFolder) -> Iterator[int]:
    """Embed the files of a part and write its shard; gives after each batch how many files it held."""
    rows = _Rows()
    batches = [part.files[at : at + FILES] for at in range(0, len(part.files), FILES)]
    for batch in ahead(lambda files: read_batch(checkpoint, files), batches):
        rows.add(batch, None if batch.prepared is None else checkpoint.embed_batch(batch.prepared))
        yield len(batch.paths) + len(batch.left_out)
    folder.write(part.name, rows.shard(checkpoint))


def done_before(folder: ShardFolder, checkpoint_id: str) -> set[str]:
    """Return the names of the files that the checkpoint's shards hold, or left out."""
    if not folder.names():
        return set()
    left_out = {each.name for each in folder.left_out(checkpoint_id).files}
    return left_out.union(*folder.paths(checkpoint_id))


@contextmanager
def alone(folder: ShardFolder) -> Iterator[None]:
    """Hold a folder for this run; UserError where another one has it. An object store has no such lock."""
    if folder.local is None:
        yield
        return
    folder.local.mkdir(parents=True, exist_ok=True)
    try:
        with locked(folder.local / LOCK, seconds=0):
            yield
    except TimeoutError as held:
        raise UserError(
            f"One run at a time writes shards into a folder. Received: {folder.place}, where another one is "
            "at work. Wait until it ends, or name another folder."
        ) from held
