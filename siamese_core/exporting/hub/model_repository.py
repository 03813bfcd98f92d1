"""Export a checkpoint as the folder of a model repository: its files, a card, a program that loads it."""

import shutil
from pathlib import Path

from siamese_core.atomic import folder_aside
from siamese_core.checkpoints.card import CheckpointCard, read_card
from siamese_core.errors import UserError
from siamese_core.exporting.hub.model_card import EXAMPLE_FILE, example, model_card

ATTRIBUTES = "*.npz filter=lfs diff=lfs merge=lfs -text\n"  # large files, as git has them on the hub


def export_model(checkpoint: Path, folder: Path) -> CheckpointCard:
    """Write the repository into a new folder and return the card of the checkpoint.

    UserError, and nothing left, where that cannot be done.
    """
    card = read_card(checkpoint)
    try:
        with folder_aside(folder) as aside:
            for file in sorted(checkpoint.iterdir()):
                if file.is_file() and not file.name.startswith("."):
                    shutil.copyfile(file, aside / file.name)
            (aside / EXAMPLE_FILE).write_text(example("."), "utf-8")
            (aside / ".gitattributes").write_text(ATTRIBUTES, "utf-8")
            (aside / "README.md").write_text(model_card(card, "."), "utf-8")
    except OSError as problem:
        raise UserError(
            f"An export is written as a new folder. Received: {folder}, {problem.strerror}. Name another one."
        ) from problem
    return card
