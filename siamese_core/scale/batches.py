"""Read, decode and prepare the images of some files: what a run does beside the network."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.data.files import ImageFile
from siamese_core.data.left_out import UNREADABLE, PassedOver
from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image, image_id

FILES = 32  # of a batch: 100 MB decoded at the largest size an image can have


@dataclass(frozen=True)
class Batch:
    """Prepared images float32 (n, height, width, channels) of n files, and the files that are none.

    prepared: None where n is 0.
    """

    paths: tuple[str, ...]
    image_ids: tuple[str, ...]
    prepared: np.ndarray | None
    left_out: tuple[PassedOver, ...]


def read_batch(checkpoint: Checkpoint, files: Sequence[ImageFile]) -> Batch:
    """Read files and prepare their images as the checkpoint's encoder takes them."""
    paths, ids, prepared, left_out = [], [], [], []
    for file in files:
        try:
            image = decode_image(file.read(), file.name)
        except UserError as problem:
            left_out.append(PassedOver(file.name, UNREADABLE, str(problem)))
            continue
        paths.append(file.name)
        ids.append(image_id(image))
        prepared.append(checkpoint.prepare(image))
    stacked = np.stack(prepared).astype(np.float32) if prepared else None
    return Batch(tuple(paths), tuple(ids), stacked, tuple(left_out))
