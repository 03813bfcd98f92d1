"""The formats of other programs that answers are imported from and exported to."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from siamese_core.interchange.coco import read_annotations, write_annotations
from siamese_core.interchange.content import Content, LoggedAnswers, Written
from siamese_core.interchange.dedupe import read_training, write_training
from siamese_core.interchange.fiftyone import read_dataset, write_labels
from siamese_core.interchange.label_studio import read_tasks, write_tasks
from siamese_core.interchange.pair_tables import read_pairs, write_pairs


@dataclass(frozen=True)
class Format:
    """read: returns what a file, or a folder, says; write: what a folder of the format has in it."""

    read: Callable[[Path], Content]
    write: Callable[[LoggedAnswers], Written]


FORMATS = {
    "label-studio": Format(read_tasks, write_tasks),
    "coco": Format(read_annotations, write_annotations),
    "fiftyone": Format(read_dataset, write_labels),
    "pairs": Format(read_pairs, write_pairs),
    "dedupe": Format(read_training, write_training),
}


def images_folder(file: Path) -> Path:
    """Return where the images of a file lie by default: beside it, or beside its folder `annotations`."""
    if file.is_dir():
        return file
    return file.parent.parent if file.parent.name == "annotations" else file.parent
