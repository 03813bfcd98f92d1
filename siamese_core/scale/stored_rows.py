"""Hold more embeddings than fit into memory in one file, and read the rows that are asked for."""

from itertools import pairwise
from pathlib import Path

import numpy as np

from siamese_core.data.progress import Progress
from siamese_core.embeddings.shards import ShardFolder
from siamese_core.errors import UserError

FLOAT_BYTES = 4


class StoredRows:
    """Embeddings float32 (n, d) in a file, each image once. Read in one thread.

    ids, paths: of the n images.
    """

    def __init__(self, file: Path, dim: int, ids: list[str], paths: list[str]):
        self.dim, self.ids, self.paths = dim, ids, paths
        self._file = file.open("rb", buffering=0)  # read, not mapped: what is mapped counts as memory in use

    def __len__(self) -> int:
        return len(self.ids)

    def close(self) -> None:
        self._file.close()

    def take(self, rows: np.ndarray) -> np.ndarray:
        """Return embeddings float32 (k, d) of some rows (k,); rows in sequence are read at once."""
        order = np.argsort(rows, kind="stable")
        ordered = np.asarray(rows)[order]
        found, read = np.empty((2, len(rows), self.dim), np.float32)
        bounds = [*np.flatnonzero(np.diff(ordered, prepend=-2) != 1).tolist(), len(rows)]
        for start, stop in pairwise(bounds):
            self._file.seek(int(ordered[start]) * self.dim * FLOAT_BYTES)
            self._read_into(memoryview(read[start:stop]).cast("B"))
        found[order] = read
        return found

    def _read_into(self, view: memoryview) -> None:
        while len(view):
            count = self._file.readinto(view)
            if not count:
                raise UserError(
                    "The file of embeddings that is read from must stay whole. Received: one that ended "
                    "early. Start again, and leave the workspace alone meanwhile."
                )
            view = view[count:]


def store_rows(shards: ShardFolder, checkpoint: str, file: Path, progress: Progress) -> StoredRows:
    """Copy the embeddings by a checkpoint from shards into a file, each image once."""
    rows = sum(each.rows for each in shards.shards() if each.checkpoint == checkpoint)
    known: dict[str, None] = {}
    paths, dim, seen = [], 1, 0
    with file.open("wb") as stream:
        for block in shards.blocks(checkpoint):
            fresh = []
            for place, image_id in enumerate(block.image_ids):
                if image_id not in known:
                    known[image_id] = None
                    fresh.append(place)
            paths += [block.paths[place] for place in fresh]
            dim, seen = block.embeddings.shape[1], seen + len(block.image_ids)
            stream.write(np.ascontiguousarray(block.embeddings[fresh], np.float32).data)
            progress(seen / max(1, rows), f"reading embeddings: {seen:,} of {rows:,}")
    return StoredRows(file, dim, list(known), paths)
