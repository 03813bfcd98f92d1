"""Keep the rows of a gallery in memory, as float32 or in 8 bits a number, and work through them by blocks."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

BLOCK_BYTES = 2**19  # of float32 at a time: stays in a core's cache while it is compared
LEVELS = 255  # of an 8-bit number


@dataclass(frozen=True)
class FloatBlocks:
    """Rows float32 (n, d) as they are."""

    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def dim(self) -> int:
        return self.rows.shape[1]

    def block(self, start: int, stop: int) -> np.ndarray:
        return self.rows[start:stop]

    def take(self, places: np.ndarray) -> np.ndarray:
        return self.rows[places]


@dataclass(frozen=True)
class EightBitBlocks:
    """Rows of which each number is one of 256 levels, a quarter of the memory.

    codes: uint8 (n, d); lowest, step: float32 (d,), a number is `lowest + step * code` in its dimension.
    """

    codes: np.ndarray
    lowest: np.ndarray
    step: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray) -> "EightBitBlocks":
        """Round rows float32 (n, d) to the nearest level between the extremes of each dimension."""
        lowest, highest = (rows.min(axis=0), rows.max(axis=0)) if len(rows) else np.zeros((2, rows.shape[1]))
        step = ((highest - lowest) / LEVELS).astype(np.float32)
        scale = 1 / np.where(step > 0, step, 1)
        codes = np.empty(rows.shape, np.uint8)

        def encode(start: int, stop: int) -> None:
            codes[start:stop] = np.rint((rows[start:stop] - lowest) * scale)

        by_blocks(len(rows), rows.shape[1], encode)
        return cls(codes, lowest.astype(np.float32), step)

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def dim(self) -> int:
        return self.codes.shape[1]

    def block(self, start: int, stop: int) -> np.ndarray:
        return self.codes[start:stop] * self.step + self.lowest

    def take(self, places: np.ndarray) -> np.ndarray:
        return self.codes[places] * self.step + self.lowest


Blocks = FloatBlocks | EightBitBlocks


def by_blocks(count: int, dim: int, work: Callable[[int, int], None]) -> None:
    """Call `work(start, stop)` for blocks of `count` rows of `dim` numbers, a thread a core.

    NumPy lets other threads run while it computes.
    """
    size = max(1, BLOCK_BYTES // (4 * max(dim, 1)))
    ends = np.linspace(0, count, (os.cpu_count() or 1) + 1).astype(int)

    def part(first: int, last: int) -> None:
        for start in range(first, last, size):
            work(start, min(start + size, last))

    if count <= size:
        part(0, count)
        return
    with ThreadPoolExecutor(len(ends) - 1) as threads:
        list(threads.map(part, ends[:-1].tolist(), ends[1:].tolist()))
