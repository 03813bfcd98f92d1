"""Embed files into shards in one process: the next files are decoded while the network embeds.

A run takes up where an earlier one ended, however that ended: a shard is whole or absent, and a file that is
in one is not embedded again.
"""

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
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
    checkpoint: Checkpoint, files: Sequence[ImageFile], out: Path, report: Report = lambda done, of: None
) -> None:
    """Embed the files that no shard of the folder holds or left out, into further shards there.

    UserError where another run is at work on the folder.
    """
    folder = ShardFolder(out)
    with _alone(Path(out)):
        known = done_before(folder, checkpoint.id)
        waiting = [file for file in files if file.name not in known]
        number = _next_number(folder)
        for start in range(0, len(waiting), SHARD_FILES):
            rows = _Rows()
            part = waiting[start : start + SHARD_FILES]
            batches = [part[at : at + FILES] for at in range(0, len(part), FILES)]
            for batch in ahead(lambda names: read_batch(checkpoint, names), batches):
                rows.add(batch, None if batch.prepared is None else checkpoint.embed_batch(batch.prepared))
                report(start + len(rows.paths) + len(rows.left_out), len(waiting))
            folder.write(f"part-{number:06d}{SUFFIX}", rows.shard(checkpoint))
            number += 1


def done_before(folder: ShardFolder, checkpoint_id: str) -> set[str]:
    """Return the names of the files that the checkpoint's shards hold, or left out."""
    if not folder.names():
        return set()
    left_out = {each.name for each in folder.left_out(checkpoint_id).files}
    return left_out.union(*folder.paths(checkpoint_id))


def _next_number(folder: ShardFolder) -> int:
    numbers = [name.removeprefix("part-").removesuffix(SUFFIX) for name in folder.names()]
    return max((int(each) + 1 for each in numbers if each.isdecimal()), default=0)


@contextmanager
def _alone(out: Path):
    """Hold the folder for this run; UserError where another one has it."""
    out.mkdir(parents=True, exist_ok=True)
    try:
        with locked(out / LOCK, seconds=0):
            yield
    except TimeoutError as held:
        raise UserError(
            f"One run at a time writes shards into a folder. Received: {out}, where another one is at work. "
            "Wait until it ends, or name another folder."
        ) from held
