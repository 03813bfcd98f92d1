"""Find which regions of two images decide a score, by covering some of them again and again.

As in CorrRISE (Lu et al., *Towards visual saliency explanations of face verification*, 2023) a region counts
by how the score goes along with its being covered. Regions are blocks of a grid, each covered equally often,
and a ridge regression in place of the plain correlation keeps regions that were covered together apart: so
some dozens of images are enough where the paper takes hundreds.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image

from siamese_core.explaining.maps import OCCLUDED, SimilarityMaps

GRID = 7  # blocks a side
COVERINGS = 16  # images for each of the two; 24 mark no better (bench README)
COVERED = 0.25  # of the blocks that hold something
RIDGE = 0.5
DIFFERENCE = 32  # of a pixel's value from the ground, from which on a block holds something

Score = Callable[[np.ndarray, np.ndarray], np.ndarray]


def ground_of(image: np.ndarray) -> np.ndarray:
    """Return what an image (height, width, channels) is covered with, (channels,).

    It is the median of its pixels, which is paper where it is a drawing.
    """
    return np.median(image, axis=(0, 1)).astype(np.uint8)


def coverings(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return which blocks are covered, bool (`COVERINGS`, `GRID`, `GRID`), all about equally often.

    Blocks that hold nothing but ground are never covered, as that changes nothing.
    """
    differs = np.abs(image.astype(np.int16) - ground_of(image)).max(axis=2) > DIFFERENCE
    full = np.flatnonzero([block.any() for row in _parts(differs, 0) for block in _parts(row, 1)])
    chosen = np.zeros((COVERINGS, GRID * GRID), bool)
    if len(full) == 0:
        return chosen.reshape(-1, GRID, GRID)
    each = max(1, round(COVERED * len(full)))
    rounds = -(-COVERINGS * each // len(full))
    order = np.concatenate([rng.permutation(full) for _ in range(rounds)])[: COVERINGS * each]
    chosen[np.repeat(np.arange(COVERINGS), each), order] = True
    return chosen.reshape(-1, GRID, GRID)


def covered(image: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    """Return copies (n, height, width, channels) of an image with blocks (n, `GRID`, `GRID`) covered."""
    height, width = image.shape[:2]
    ground = ground_of(image)
    copies = np.repeat(image[None], len(blocks), axis=0)
    for copy, chosen in zip(copies, blocks, strict=True):
        pixels = Image.fromarray(chosen.astype(np.uint8)).resize((width, height), Image.Resampling.NEAREST)
        copy[np.asarray(pixels).astype(bool)] = ground
    return copies


def occlude(
    images: tuple[np.ndarray, np.ndarray], embed: Callable[[np.ndarray], np.ndarray], score: Score, seed: int
) -> SimilarityMaps:
    """Return the maps of two prepared images, uint8 (height, width, channels).

    embed: from images (n, height, width, channels) to embeddings (n, d); score: the log-odds (n,) of rows of
    two (n, d). Regions that are covered raise the log-odds where they set the images apart.
    """
    rng = np.random.default_rng(seed)
    blocks = [coverings(image, rng) for image in images]
    copies = [covered(image, chosen) for image, chosen in zip(images, blocks, strict=True)]
    embeddings = embed(np.concatenate([np.stack(images), *copies]))
    left, right = embeddings[:1], embeddings[1:2]
    varied = embeddings[2 : 2 + COVERINGS], embeddings[2 + COVERINGS :]
    scores = (
        score(varied[0], np.repeat(right, COVERINGS, axis=0)),
        score(np.repeat(left, COVERINGS, axis=0), varied[1]),
    )
    alike = tuple(-effects(chosen, said) for chosen, said in zip(blocks, scores, strict=True))
    return SimilarityMaps(alike, tuple(-each for each in alike), OCCLUDED)


def effects(blocks: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return by how much covering a block changes the score, float64 (h, w).

    It is a ridge regression of scores (n,) on blocks (n, h, w).
    """
    flat = blocks.reshape(len(blocks), -1).astype(np.float64)
    varied, said = flat - flat.mean(axis=0), np.asarray(scores, np.float64) - np.mean(scores)
    square = varied.T @ varied + RIDGE * np.eye(flat.shape[1])
    return np.linalg.solve(square, varied.T @ said).reshape(blocks.shape[1:])


def _parts(values: np.ndarray, axis: int) -> list[np.ndarray]:
    return np.array_split(values, GRID, axis=axis)
