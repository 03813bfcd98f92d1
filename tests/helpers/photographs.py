"""EfficientNet-Lite2's checkpoint, made once in a process, and photographs that come with gradio."""

import shutil
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from siamese_core.atomic import share_file
from siamese_core.checkpoints.pretrained import photograph_checkpoint
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.images.decoding import decode_image
from siamese_core.workspace.imagenet import lite_weights

SLOT = "koch"  # that compares photographs with EfficientNet-Lite2


@cache
def _made() -> tuple[Path, TemporaryDirectory]:
    held = TemporaryDirectory(prefix="efficientnet-lite2-")
    store = CheckpointStore(Path(held.name), Path(held.name) / "shipped")
    return store.folder(photograph_checkpoint(SLOT, lite_weights(), store)), held


def lite_folder() -> Path:
    """Return the folder of the checkpoint. Change nothing in it."""
    return _made()[0]


def give_lite(workspace: Path) -> Path:
    """Put the checkpoint into a workspace, which would make it by itself: this takes no time."""
    target = workspace / "checkpoints" / lite_folder().name
    if not target.exists():
        shutil.copytree(
            lite_folder(), target, copy_function=lambda file, to: share_file(Path(file), Path(to))
        )
    return workspace


def gradio_photograph(name: str) -> np.ndarray:
    """Return a photograph that comes with gradio, such as "lion.jpg": uint8 (height, width, 3)."""
    return decode_image(Path(find_spec("gradio").origin).parent / "media_assets" / "images" / name)
