"""Export a checkpoint: write it aside, compare it with the program itself, and put it in its place."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError
from siamese_core.exporting.checking import CHECKED, largest_difference, sample_images
from siamese_core.exporting.description import Exported
from siamese_core.exporting.formats import find_format
from siamese_core.networks.kept_network import FrozenNetwork

DESCRIPTION_FILE = "description.json"  # in the folder of a SavedModel
DESCRIPTION_ENDING = ".json"  # behind the name of a file


@dataclass(frozen=True)
class Export:
    """largest_difference: of a similarity of the file from the program's own; description: its JSON."""

    format: str
    path: Path
    largest_difference: float
    description: dict

    def json(self) -> dict:
        """Return the object of the command line."""
        return {
            "format": self.format,
            "path": str(self.path),
            "largest_difference": self.largest_difference,
        }


def export(checkpoint: Checkpoint, format_name: str, path: Path, progress: Progress) -> Export:
    """Write the checkpoint in a format as `path`. UserError, and nothing left, where that cannot be done.

    Beside a file stands its description (`koch.onnx`: `koch.onnx.json`), and beside one of ONNX the file of
    the embedding alone (`koch.embedding.onnx`); in the folder of a SavedModel stands `description.json`.
    """
    _require_layers(checkpoint)
    chosen = find_format(format_name)
    exported = Exported(checkpoint, chosen.any_size)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".export-", dir=path.parent) as folder:
            made = Path(folder) / path.name
            progress(0.1, f"writing {format_name}")
            chosen.write(exported, made)
            progress(0.6, f"comparing {CHECKED} images")
            difference = largest_difference(exported, chosen.run(made), sample_images())
            told = exported.described() | {"checked_on": CHECKED, "largest_difference": difference}
            place = (
                made / DESCRIPTION_FILE if made.is_dir() else made.with_name(made.name + DESCRIPTION_ENDING)
            )
            place.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
            _put_in_place(Path(folder), path)
    except OSError as problem:
        raise UserError(
            f"An export is written as a new file or folder. Received: {path}, {problem.strerror}. Name "
            "another one."
        ) from problem
    return Export(format_name, path, difference, told)


def require_new(path: Path) -> None:
    """Raise UserError where there is something of that name."""
    if path.exists():
        raise UserError(
            f"An export never overwrites. Received: {path}, which exists. Name another one, or remove it."
        )


def _put_in_place(folder: Path, path: Path) -> None:
    """Move what was written beside `path`, and `path` itself last."""
    made = sorted(folder.iterdir(), key=lambda each: each.name == path.name)
    for each in made:
        require_new(path.parent / each.name)
    for each in made:
        os.replace(each, path.parent / each.name)


def _require_layers(checkpoint: Checkpoint) -> None:
    if isinstance(checkpoint.encoder, FrozenNetwork):
        raise UserError(
            "A network is exported layer by layer. Received: one that was adopted as "
            f"{checkpoint.encoder.file.name}, which has none. Use the file that was adopted."
        )
    import keras

    if keras.backend.backend() != "tensorflow":
        raise UserError(
            f"A network is exported by TensorFlow. Received: KERAS_BACKEND={keras.backend.backend()}. Unset "
            "it."
        )
