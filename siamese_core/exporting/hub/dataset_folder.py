"""Export the answered pairs as a folder that the `datasets` library loads: each image once, a row a pair."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from siamese_core.answers.label_row import LOGGED_ENCODERS, LabelRow
from siamese_core.answers.settled import one_a_pair, settled_labels
from siamese_core.atomic import folder_aside
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError
from siamese_core.exporting.hub.dataset_card import dataset_card
from siamese_core.images.store import ImageStore

PAIRS_FILE = "metadata.jsonl"  # the name by which `datasets` finds it
IMAGES = "images"


def export_dataset(
    rows: Sequence[LabelRow], images: ImageStore, folder: Path, progress: Progress
) -> dict[str, int]:
    """Write the settled answers of a log, one a pair, into a new folder; return counts.

    No annotator is named. UserError, and nothing left, where there is no answer or no room.
    """
    pairs = one_a_pair(settled_labels(rows))
    stored = set(images.ids())
    kept = [row for row in pairs if stored.issuperset(row.pair)]
    if not kept:
        raise UserError(
            "A dataset needs an answered pair. Received: a log without settled answers whose images are "
            "there. Answer some in the Label tab, or name another --workspace."
        )
    ids = sorted({each for row in kept for each in row.pair})
    same = sum(row.answer == "same" for row in kept)
    counts = {"pairs": len(kept), "same": same, "different": len(kept) - same, "images": len(ids)}
    try:
        with folder_aside(folder) as aside:
            (aside / IMAGES).mkdir()
            for number, image_id in enumerate(ids):
                progress(number / len(ids), f"copying {len(ids)} images")
                shutil.copyfile(images.path(image_id), aside / IMAGES / f"{image_id}.png")
            (aside / PAIRS_FILE).write_text("".join(json.dumps(_entry(row)) + "\n" for row in kept), "utf-8")
            (aside / "README.md").write_text(dataset_card(counts), "utf-8")
    except OSError as problem:
        raise UserError(
            f"An export is written as a new folder. Received: {folder}, {problem.strerror}. Name another one."
        ) from problem
    return counts | {"without_images": len(pairs) - len(kept)}


def _entry(row: LabelRow) -> dict[str, object]:
    """Return a row of the dataset; `datasets` makes the columns left and right, images, of two of them."""
    judged = {
        f"{encoder}_{part}": _number(getattr(row, f"{encoder}_{part}"))
        for encoder in LOGGED_ENCODERS
        for part in ("similarity", "threshold")
    }
    return {
        "left_file_name": f"{IMAGES}/{row.left_id}.png",
        "right_file_name": f"{IMAGES}/{row.right_id}.png",
        "left_id": row.left_id,
        "right_id": row.right_id,
        "same": row.answer == "same",
        "answered_at": row.created_at,
        "reason": row.reason,
        "probability": _number(row.probability),
        **judged,
    }


def _number(cell: str) -> float | None:
    return float(cell) if cell else None
