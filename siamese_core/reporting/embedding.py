"""Look at every image of an evaluation once, and embed it once for each model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.domains import domain_of_images
from siamese_core.data.progress import Progress
from siamese_core.diagnosis.image_checks import signatures
from siamese_core.embeddings.kept_embeddings import KeptEmbeddings
from siamese_core.evaluation.baselines import Baseline
from siamese_core.evaluation.fusion import Fused
from siamese_core.evaluation.scoring import Model
from siamese_core.images.decoding import image_id
from siamese_core.images.ink import is_ink
from siamese_core.workspace.abstaining import unknown_images

AT_ONCE = 16  # images, as many as a comparison on the page may have to wait for


@dataclass
class SeenImages:
    """What is known of the images that trials use, in the order of `numbers` (m,).

    ids: of their pixels; domains: that of each; signatures: float32 (m, d), alike for near-duplicates;
    rows: embeddings (m, ...) by what embedded them: `Checkpoint.embeddings_id` or a baseline's name.
    """

    numbers: np.ndarray
    ids: list[str] = field(default_factory=list)
    domains: list[str] = field(default_factory=list)
    signatures: np.ndarray = field(default_factory=lambda: np.empty((0, 0), np.float32))
    rows: dict[str, np.ndarray] = field(default_factory=dict)

    def places(self, numbers: np.ndarray) -> np.ndarray:
        """Return where images stand in the order of this."""
        return np.searchsorted(self.numbers, numbers)

    def unknown(self, checkpoint: Checkpoint) -> np.ndarray:
        """Return which images, bool (m,), the checkpoint does not know."""
        return unknown_images(checkpoint, self.domains, self.rows[checkpoint.embeddings_id])


@dataclass(frozen=True)
class EmbeddedModel:
    """A model whose "images" are places in rows that were embedded before; all else is the model's own."""

    model: Model
    rows: np.ndarray

    def __getattr__(self, name: str):
        return getattr(self.model, name)

    def embed(self, images: Sequence[int]) -> np.ndarray:
        return self.rows[np.asarray(images, np.int64)]

    def batch(self, images: Sequence[int]) -> list[int]:
        """Return the places themselves: nothing is left to prepare."""
        return list(images)

    def embed_batch(self, batch: Sequence[int]) -> np.ndarray:
        return self.embed(batch)


def embedded_model(model: Model, seen: SeenImages) -> EmbeddedModel:
    """Return the model on the rows of what was seen."""
    if not isinstance(model, Fused):
        return EmbeddedModel(model, seen.rows[_key(model)])
    parts = {"koch": seen.rows[_key(model.koch)], "resnet50": seen.rows[_key(model.resnet50)]}
    rows = np.empty(len(seen.numbers), [(name, np.float32, part.shape[1:]) for name, part in parts.items()])
    for name, part in parts.items():
        rows[name] = part
    return EmbeddedModel(model, rows)


def see_images(
    read: Callable[[int], np.ndarray],
    numbers: np.ndarray,
    models: Sequence[Checkpoint | Baseline],
    kept: KeptEmbeddings,
    progress: Progress,
) -> SeenImages:
    """Read the images of these numbers once, and embed each with every model that has not embedded it before.

    kept: where embeddings of checkpoints are looked for, and added.
    """
    seen, by_key = SeenImages(numbers), {_key(model): model for model in models}
    rows: dict[str, list] = {key: [] for key in by_key}
    marks = []
    for start in range(0, len(numbers), AT_ONCE):
        progress(start / len(numbers), f"image {start + 1} of {len(numbers)}")
        images = [read(int(number)) for number in numbers[start : start + AT_ONCE]]
        ids = [image_id(image) for image in images]
        seen.ids += ids
        seen.domains += [domain_of_images([is_ink(image)]) for image in images]
        marks.append(signatures(images))
        for key, model in by_key.items():
            rows[key].extend(_embedded(model, ids, images, kept))
    seen.signatures = np.concatenate(marks)
    seen.rows = {key: np.array(found) for key, found in rows.items()}
    return seen


def _embedded(
    model: Checkpoint | Baseline, ids: Sequence[str], images: Sequence[np.ndarray], kept: KeptEmbeddings
) -> list:
    """Return an embedding of each image."""
    if isinstance(model, Baseline):
        return list(model.embed(images))
    found = kept.find(model, ids, fresh=False)
    missing = {each: image for each, image in zip(ids, images, strict=True) if each not in found}
    if missing:
        new = dict(zip(missing, model.embed(list(missing.values())), strict=True))
        kept.add(model, new)
        found |= new
    return [found[each] for each in ids]


def _key(model: Checkpoint | Baseline) -> str:
    return model.encoder_name if isinstance(model, Baseline) else model.embeddings_id
