"""--cohort of the commands that measure: unlabelled images that scores are normalised against."""

import contextlib
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from siamese_core.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from siamese_core.checkpoints.checkpoint import Checkpoint


def add_cohort(parser: ArgumentParser) -> None:
    """Add --cohort."""
    parser.add_argument(
        "--cohort",
        type=Path,
        metavar="PATH",
        help="folder or zip of unlabelled images of the kind: calibrates, and no label of it is read",
    )


def normalised(options: Namespace, checkpoint: "Checkpoint") -> "Checkpoint":
    """Return the checkpoint normalised against the images of --cohort.

    The checkpoint itself without one, or where answers have calibrated it. UserError where they are too few.
    """
    if options.cohort is None or checkpoint.card.answers is not None:
        return checkpoint

    from siamese_core.metric_learning.score_normalisation import FEWEST, MOST

    images = _some_of(options.cohort, MOST)
    if len(images) < FEWEST:
        raise UserError(
            f"A cohort needs at least {FEWEST} images that can be read. Received: {len(images)} in "
            f"{options.cohort.name}. Add images, or leave --cohort out."
        )
    return checkpoint.normalised(checkpoint.embed(images))


def _some_of(path: Path, most: int) -> "list[np.ndarray]":
    """Return `most` of the readable images of a folder or zip, drawn at random but always the same."""
    import numpy as np

    from siamese_core.images.decoding import decode_image
    from siamese_core.labelling.pool_sources import pool_folder, pool_zip

    files = (pool_zip(path, path.name) if path.is_file() else pool_folder(path)).images
    images: list[np.ndarray] = []
    for place in np.random.default_rng(0).permutation(len(files)):
        if len(images) == most:
            break
        with contextlib.suppress(UserError):  # told by every command that reads all of them
            images.append(decode_image(files[place].read(), files[place].name))
    return images
