"""Prepare all images of a dataset as an encoder takes them, once, and embed them."""

from pathlib import Path

import keras
import numpy as np

from siamese_core.atomic import replacing
from siamese_core.data.datasets import Dataset
from siamese_core.data.pair_lists import PairList
from siamese_core.data.progress import Progress
from siamese_core.networks.encoders import EncoderSpec
from siamese_core.networks.preparation import prepare


class PreparedImages:
    """The images of `dataset` as pixels uint8 (n, size, size, channels), in the dataset's order.

    cache: a folder to keep them in for the next run, or None.
    """

    def __init__(
        self,
        dataset: Dataset | PairList,
        spec: EncoderSpec,
        cache: Path | None = None,
        progress: Progress | None = None,
    ):
        self.dataset = dataset
        shape = (len(dataset), spec.size, spec.size, spec.channels)
        file = cache / _name(spec, dataset.fingerprint()[:16]) if cache else None
        kept = _kept(file, shape) if file else None
        ends = (0, len(dataset) - 1)  # another version of the program may prepare them otherwise
        if kept is not None and all(np.array_equal(kept[n], _prepared(dataset, spec, n)) for n in ends):
            self.pixels = kept
            return
        self.pixels = np.empty(shape, "uint8")
        for index in range(len(dataset)):
            self.pixels[index] = _prepared(dataset, spec, index)
            if progress and index % 500 == 0:
                progress(index / len(dataset), f"preparing images: {index} of {len(dataset)}")
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            with replacing(file) as stream:
                np.save(stream, self.pixels)


def differs_from_kept(fingerprint: str, spec: EncoderSpec, folder: Path) -> bool:
    """Whether a folder keeps images for this encoder, but none of the dataset with this fingerprint."""
    kept = {file.name for file in folder.glob(_name(spec, "*"))}
    return bool(kept) and _name(spec, fingerprint[:16]) not in kept


def _name(spec: EncoderSpec, data: str) -> str:
    return f"prepared-{spec.preparation}-{spec.size}-{spec.channels}-{data}.npy"


def _prepared(dataset: Dataset | PairList, spec: EncoderSpec, index: int) -> np.ndarray:
    return prepare(dataset.image(index), spec.preparation, spec.size, spec.channels)


def _kept(file: Path, shape: tuple[int, ...]) -> np.ndarray | None:
    """Return the pixels in `file`, or None where there are none or the file was cut short."""
    try:
        pixels = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return pixels if pixels.shape == shape and pixels.dtype == np.uint8 else None


def embed_pixels(encoder: keras.Model, pixels: np.ndarray, batch_size: int = 128) -> np.ndarray:
    """Embed prepared images (n, size, size, channels) in 0..255. Return float32 (n, embedding_dim)."""
    parts = []
    for i in range(0, len(pixels), batch_size):
        batch = pixels[i : i + batch_size].astype("float32")
        if i:  # pad to the first batch's size: some backends would compile for another
            batch = np.pad(batch, ((0, batch_size - len(batch)), (0, 0), (0, 0), (0, 0)))
        parts.append(np.asarray(encoder.predict_on_batch(batch), "float32"))
    return np.concatenate(parts)[: len(pixels)]
