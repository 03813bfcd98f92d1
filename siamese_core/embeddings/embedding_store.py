"""Embeddings kept in memory and on disk, so that an image is embedded once for each encoder.

Both are kept by `Checkpoint.embeddings_id`, which checkpoints that differ only in head or threshold share. On
disk it names a folder. All of it can be made anew and may be deleted.
"""

import os
import shutil
import threading
from collections import OrderedDict
from collections.abc import Container, Sequence
from pathlib import Path

import numpy as np

from siamese_core.atomic import append_to_file, locked
from siamese_core.checkpoints.checkpoint import Checkpoint

CACHE_BYTES = 40 * 2**20  # a support set of 1,000 images by both slots takes 24 MB
KEPT = 6  # folders: three encoders for each of two slots; 160 MB for 10,000 images of koch
MOST_UNLABELLED = 500  # images that a metric is fitted to beside the answered ones
ID_BYTES = 65  # 64 hex digits and a line feed


class EmbeddingCache:
    """Embeddings by (embeddings id, image id), the latest used kept, at most `limit` bytes. Thread safe."""

    def __init__(self, limit: int = CACHE_BYTES):
        self.limit = limit
        self.bytes = 0
        self._rows: OrderedDict[tuple[str, str], np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, str]) -> np.ndarray | None:
        with self._lock:
            if key in self._rows:
                self._rows.move_to_end(key)
            return self._rows.get(key)

    def fill(self, embeddings_id: str, image_ids: Sequence[str], rows: np.ndarray) -> None:
        """Put in embeddings (n, d) of n images that were kept elsewhere."""
        for image_id, row in zip(image_ids, rows, strict=True):
            self.put((embeddings_id, image_id), row)

    def put(self, key: tuple[str, str], embedding: np.ndarray) -> None:
        with self._lock:
            former = self._rows.pop(key, None)
            self.bytes += embedding.nbytes - (0 if former is None else former.nbytes)
            self._rows[key] = embedding
            while self.bytes > self.limit:
                self.bytes -= self._rows.popitem(last=False)[1].nbytes


class EmbeddingStore:
    """One encoder's embeddings: `ids` (a line each) and `rows.f32` (float32, `dim` each), in one order.

    Several threads and processes may append; what a killed one left half written is cut off.
    """

    def __init__(self, folder: Path, dim: int):
        self.folder, self.dim = Path(folder), dim
        self._place: dict[str, int] = {}
        self._count = 0
        self._last = ""  # the id at place `_count` - 1
        self._lock = threading.Lock()
        self.folder.mkdir(parents=True, exist_ok=True)
        os.utime(self.folder)  # used now: `tidy` keeps the latest
        self.refresh()

    def __contains__(self, image_id: str) -> bool:
        return image_id in self._place

    def __len__(self) -> int:
        return len(self._place)

    def ids(self) -> list[str]:
        """Return the ids of the images that are there, sorted: a random order, as ids are hashes."""
        return sorted(self._place)

    def refresh(self) -> None:
        """Take in what others have appended."""
        with self._lock:
            self._read_ids(self._whole())

    def append(self, ids: Sequence[str], rows: np.ndarray) -> None:
        """Store float32 (n, dim) but for images that are there already. On disk when this returns."""
        with self._lock, locked(self._file("lock")):
            whole = self._whole()
            self._read_ids(whole)
            new = [ids.index(each) for each in dict.fromkeys(ids) if each not in self._place]
            if not new:
                return
            block = np.ascontiguousarray(rows[new], np.float32)
            # The ids go last: a row counts only once its id is there.
            append_to_file(self._file("rows.f32"), block.tobytes(), whole * self.dim * 4)
            names = "".join(f"{ids[n]}\n" for n in new).encode()
            append_to_file(self._file("ids"), names, whole * ID_BYTES)
            self._read_ids(whole + len(new))

    def take(self, ids: Sequence[str]) -> np.ndarray:
        """Return embeddings float32 (n, dim) of images that are there."""
        return self.rows(self.places(ids))

    def fill(self, cache: EmbeddingCache, embeddings_id: str, ids: Sequence[str]) -> None:
        """Put into the cache what is there of these images."""
        there = [each for each in ids if each in self]
        cache.fill(embeddings_id, there, self.take(there))

    def places(self, ids: Sequence[str]) -> np.ndarray:
        """Return the positions int64 (n,) of images that are there."""
        return np.array([self._place[each] for each in ids], np.int64)

    def rows(self, places: np.ndarray) -> np.ndarray:
        """Return the embeddings float32 (n, dim) at these positions; only these are read."""
        if not len(places):
            return np.empty((0, self.dim), np.float32)
        table = np.memmap(self._file("rows.f32"), np.float32, "r", shape=(self._count, self.dim))
        return np.array(table[places])

    def _file(self, name: str) -> Path:
        return self.folder / name

    def _whole(self) -> int:
        """Return how many images have both their id and their row."""
        sizes = [_size(self._file("ids")) // ID_BYTES, _size(self._file("rows.f32")) // (self.dim * 4)]
        return min(sizes)

    def _read_ids(self, whole: int) -> None:
        if whole < self._count or self._line(self._count - 1) != self._last:  # deleted, and perhaps made anew
            self._place, self._count, self._last = {}, 0, ""
        if whole > self._count:
            with self._file("ids").open("rb") as file:
                file.seek(self._count * ID_BYTES)
                text = file.read((whole - self._count) * ID_BYTES).decode("ascii", "replace")
            places = range(self._count, whole)
            self._place |= {text[ID_BYTES * n : ID_BYTES * n + 64]: place for n, place in enumerate(places)}
            self._count, self._last = whole, text[-ID_BYTES:-1]

    def _line(self, place: int) -> str:
        """Return the id at a place of the file, "" before the first."""
        if place < 0:
            return ""
        with self._file("ids").open("rb") as file:
            file.seek(place * ID_BYTES)
            return file.read(ID_BYTES - 1).decode("ascii", "replace")


def find_embedding_store(folder: Path, checkpoint: Checkpoint) -> EmbeddingStore | None:
    """Return the store of a saved checkpoint's encoder in the `folder` of stores; None if it has none."""
    found = folder / checkpoint.embeddings_id
    return EmbeddingStore(found, checkpoint.encoder.output_shape[-1]) if found.is_dir() else None


def open_embedding_store(folder: Path, checkpoint: Checkpoint) -> EmbeddingStore:
    """Return the store of a saved checkpoint's encoder in the `folder` of stores, made if it has none."""
    return EmbeddingStore(folder / checkpoint.embeddings_id, checkpoint.encoder.output_shape[-1])


def unlabelled_rows(folder: Path, checkpoint: Checkpoint, known: Container[str]) -> np.ndarray:
    """Return embeddings float32 (n, dim) of images that are not `known`, n <= `MOST_UNLABELLED`.

    They are by the encoder of a saved checkpoint, from the `folder` of stores. Which images they are of
    depends on the ids alone.
    """
    store = find_embedding_store(folder, checkpoint)
    if store is None:
        return np.empty((0, checkpoint.encoder.output_shape[-1]), np.float32)
    return store.take([each for each in store.ids() if each not in known][:MOST_UNLABELLED])


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def tidy(folder: Path) -> None:
    """Delete all but the `KEPT` stores of `folder` that were opened last."""
    stores = [each for each in folder.iterdir() if each.is_dir()] if folder.is_dir() else []
    stores.sort(key=lambda each: each.stat().st_mtime)
    for store in stores[:-KEPT]:
        shutil.rmtree(store, ignore_errors=True)
