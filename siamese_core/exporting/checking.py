"""Compare what an exported file gives on 20 images with what the program itself says of them."""

from collections.abc import Sequence

import numpy as np

from siamese_core.data.assets import ASSETS
from siamese_core.errors import UserError
from siamese_core.exporting.description import Exported
from siamese_core.exporting.running import Running
from siamese_core.images.decoding import decode_image

EQUAL = 1e-4  # of similarities, and of embeddings in units of their largest number
CHECKED = 20  # images, each with the next one as a pair
LARGER = 3  # every other image is checked at so many times its size
NARROWER = 7  # px by which an image is narrower than the one before: no two have one shape
SAMPLES = ASSETS / "samples"


def sample_images() -> list[np.ndarray]:
    """Return 20 of the shipped drawings, no two of one shape, larger and smaller than networks take."""
    files = [*sorted(SAMPLES.glob("pairs/*.png")), *sorted(SAMPLES.glob("one_shot/support/*.png"))]
    images = [decode_image(file) for file in files[:CHECKED]]
    cut = [image[:, : image.shape[1] - NARROWER * place] for place, image in enumerate(images)]
    return [
        image.repeat(LARGER, axis=0).repeat(LARGER, axis=1) if place % 2 else image
        for place, image in enumerate(cut)
    ]


def largest_difference(exported: Exported, running: Running, images: Sequence[np.ndarray]) -> float:
    """Return the largest difference of a similarity, of each image with the next one.

    UserError with both numbers where a similarity or an embedding differs by more than `EQUAL`.
    """
    checkpoint = exported.checkpoint
    embeddings = checkpoint.embed(images)
    expected = checkpoint.similarity(checkpoint.logits(embeddings, np.roll(embeddings, -1, axis=0)))
    given = _batches([exported.given(image)[None] for image in images])
    found = np.concatenate([running.similarity(left, right) for left, right in given])
    difference = _difference("similarity", found, expected, 1.0)
    alone = np.concatenate([running.embedding(left) for left, _ in given])
    _difference("number of an embedding", alone, embeddings, max(float(np.abs(embeddings).max()), 1e-12))
    return difference


def _batches(given: list[np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return each image (1, height, width, 3) and the next one; all at once where they have one shape."""
    pairs = list(zip(given, [*given[1:], given[0]], strict=True))
    if len({image.shape for image in given}) > 1:
        return pairs
    left, right = zip(*pairs, strict=True)
    return [(np.concatenate(left), np.concatenate(right))]


def _difference(what: str, found: np.ndarray, expected: np.ndarray, unit: float) -> float:
    """Return the largest difference, in units. UserError where it is above `EQUAL` or no number."""
    apart = np.nan_to_num(np.abs(found - expected) / unit, nan=np.inf)
    worst = np.unravel_index(apart.argmax(), apart.shape)
    if apart[worst] > EQUAL:
        raise UserError(
            f"An exported file must give what the program gives, to {EQUAL:g}. Received: a {what} of "
            f"{found[worst]:.6f}, where the program has {expected[worst]:.6f}. Nothing was written; use "
            "another format."
        )
    return float(apart[worst])
