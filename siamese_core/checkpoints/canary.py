"""Replay a checkpoint's canary at each loading: tiny drawings with the answers it gave when saved.

Silent changes (a damaged file, another library, another preprocessing) move the answers long before anybody
notices that verdicts got worse.
"""

import base64
import hashlib
import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image, encode_png

TOLERANCE = 0.02  # of a similarity 0..1: well above the rounding of other processors, well below a new model
LEAST_COSINE = 0.999  # of an embedding with the one that was stored
SIDE = 32  # pixels


def drawings() -> list[np.ndarray]:
    """Return four images uint8 (32, 32, 3): a cross, a thinner one elsewhere, a ring, a colour photo."""
    cross, other_cross, ring = (Image.new("RGB", (SIDE, SIDE), "white") for _ in range(3))
    ImageDraw.Draw(cross).line((8, 6, 24, 26), fill="black", width=3)
    ImageDraw.Draw(cross).line((24, 6, 8, 26), fill="black", width=3)
    ImageDraw.Draw(other_cross).line((5, 9, 20, 28), fill="black", width=2)
    ImageDraw.Draw(other_cross).line((21, 8, 6, 27), fill="black", width=2)
    ImageDraw.Draw(ring).ellipse((7, 7, 25, 24), outline="black", width=3)
    across, down = np.meshgrid(np.linspace(0, 1, SIDE), np.linspace(0, 1, SIDE))
    waves = np.stack([across, down, 0.5 + 0.5 * np.sin(9 * across * down)], axis=-1)
    photo = np.rint(255 * waves).astype(np.uint8)
    return [*(np.asarray(drawing) for drawing in (cross, other_cross, ring)), photo]


def record(
    images: Sequence[np.ndarray],
    prepared: np.ndarray,
    similarities: np.ndarray,
    embeddings: np.ndarray | None = None,
) -> dict:
    """Return the card's entry. prepared: what the encoder saw; similarities: in the order of `pairs`;
    embeddings: (n, d), kept where they are given."""
    if not np.isfinite(similarities).all():
        raise UserError(
            f"A checkpoint must answer with numbers to be saved. Received: {list(similarities)} for the "
            "canary drawings. The training diverged: lower its learning rate."
        )
    entry = {
        "images": [base64.b64encode(encode_png(image)).decode() for image in images],
        "prepared": _fingerprint(prepared),
        "similarities": [round(float(value), 6) for value in similarities],
    }
    if embeddings is None:
        return entry
    return entry | {"embeddings": base64.b64encode(embeddings.astype("<f4").tobytes()).decode()}


def images(canary: dict) -> list[np.ndarray]:
    """Return the drawings of a card's entry."""
    return [decode_image(base64.b64decode(text), name="canary") for text in canary["images"]]


def pairs(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return left and right indices of each unordered pair among `count` images."""
    return np.triu_indices(count, k=1)


def check(canary: dict, prepared: np.ndarray, similarities: np.ndarray, libraries: tuple[dict, dict]) -> None:
    """Raise UserError naming the likely cause if an answer moved by more than `TOLERANCE` or became NaN.

    `libraries`: versions by name, of the saving and of now.
    """
    expected = np.asarray(canary["similarities"])
    moved = float(np.abs(similarities - expected).max()) if expected.shape == similarities.shape else math.nan
    if moved <= TOLERANCE:
        return
    raise UserError(
        f"A checkpoint must answer its canary drawings as when it was saved, within {TOLERANCE}. Received: "
        f"an answer that moved by {moved:.3f}. Likely cause: {_cause(canary, prepared, libraries)}"
    )


def check_embeddings(
    canary: dict, prepared: np.ndarray, embeddings: np.ndarray, libraries: tuple[dict, dict]
) -> None:
    """Raise UserError naming the likely cause if an embedding (n, d) is no longer as it was stored.

    Entries without embeddings pass: the answers of a network that the project builds tell enough.
    """
    if "embeddings" not in canary:
        return
    stored = np.frombuffer(base64.b64decode(canary["embeddings"]), "<f4")
    if stored.size == embeddings.size:
        stored = stored.reshape(embeddings.shape)
        lengths = np.linalg.norm(stored, axis=1) * np.linalg.norm(embeddings, axis=1)
        least = float(np.min(np.sum(stored * embeddings, axis=1) / np.maximum(lengths, 1e-12)))
        if least >= LEAST_COSINE:
            return
    received = f"cosine {least:.3f}" if stored.size == embeddings.size else f"{embeddings.shape[1]} numbers"
    raise UserError(
        "A checkpoint must embed its canary drawings as when it was saved, each with a cosine of at least "
        f"{LEAST_COSINE} to then. Received: {received}. Likely cause: {_cause(canary, prepared, libraries)}"
    )


def _cause(canary: dict, prepared: np.ndarray, libraries: tuple[dict, dict]) -> str:
    saved, now = libraries
    if _fingerprint(prepared) != canary["prepared"]:
        return (
            "the preprocessing changed: the encoder sees the drawings otherwise than at training. Use the "
            "version of the project (and of Pillow) that made the checkpoint, or train it anew."
        )
    changed = [
        f"{name} {saved[name]} is now {now.get(name, 'absent')}"
        for name in saved
        if saved[name] != now.get(name)
    ]
    if changed:
        return f"a library changed: {', '.join(changed)}. Install the former version or train it anew."
    return "its weights are damaged. Copy the checkpoint again or train it anew."


def _fingerprint(prepared: np.ndarray) -> str:
    return hashlib.sha256(f"{prepared.shape}".encode() + prepared.tobytes()).hexdigest()
