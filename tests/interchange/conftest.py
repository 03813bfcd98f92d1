"""Image files as other programs have them beside their annotations, and a workspace to take them in."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.samples import texture
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import PairLog, log_of
from siamese_core.images.store import ImageStore
from siamese_core.interchange.exports import export_answers
from siamese_core.interchange.formats import FORMATS


@pytest.fixture
def images(workspace) -> ImageStore:
    return ImageStore(workspace / "images")


@pytest.fixture
def log(workspace) -> PairLog:
    return log_of(workspace)


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder with `photos/a.png` to `photos/d.png`, all different."""
    place = tmp_path / "theirs" / "photos"
    place.mkdir(parents=True)
    for seed, name in enumerate("abcd"):
        Image.fromarray(texture(20, 24, seed)).save(place / f"{name}.png")
    return place.parent


@pytest.fixture
def answered(log, images) -> list[str]:
    """Five images: the first three are called same, the last two too, and the two groups different."""
    ids = [images.add(np.full((8, 6 + place, 3), 40 * place, np.uint8)) for place in range(5)]
    pairs = ((0, 1, "same"), (1, 2, "same"), (3, 4, "same"), (2, 3, "different"), (0, 4, "unsure"))
    log.append_many(
        [LabelRow(left_id=ids[a], right_id=ids[b], answer=said, annotator="Ada") for a, b, said in pairs]
    )
    return ids


@pytest.fixture
def export(answered, log, images, tmp_path):
    """`export(format)`: the folder of an export of the log of `answered`."""

    def export(form: str) -> Path:
        export_answers(FORMATS[form].write, log, images, tmp_path / form)
        return tmp_path / form

    return export
