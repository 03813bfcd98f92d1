"""Write the answers of a log as a folder in another program's format, with the images that they name."""

import shutil
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from siamese_core.answers.pair_log import PairLog
from siamese_core.answers.settled import one_a_pair, settled_labels, standing_labels
from siamese_core.atomic import folder_aside
from siamese_core.errors import UserError
from siamese_core.images.store import ImageStore
from siamese_core.interchange.content import LoggedAnswers, Written
from siamese_core.review.exports import answer_groups


def export_answers(
    write: Callable[[LoggedAnswers], Written], log: PairLog, images: ImageStore, folder: Path
) -> dict[str, int]:
    """Write the answers into a new folder, whole or not at all; return counts of its content.

    Answers whose images are gone are left out and counted. UserError where nothing is left, or the folder is
    there.
    """
    answers, gone = logged_answers(log, images)
    written = write(answers)
    if not written.images:
        raise UserError(
            "An export needs answers to images that are in the workspace; groups of images need the answer "
            f"same. Received: {len(answers.standing)} answers, {gone} more to images that are gone. "
            "Answer some pairs."
        )
    try:
        with folder_aside(folder) as aside:
            for name, text in written.texts.items():
                (aside / name).write_text(text, encoding="utf-8", newline="")
            for name, image_id in written.images.items():
                (aside / name).parent.mkdir(exist_ok=True)
                shutil.copyfile(images.path(image_id), aside / name)
    except OSError as problem:
        raise UserError(
            f"An export goes into a new folder. Received: {folder}: {problem.strerror}. Name another, or "
            "make room."
        ) from problem
    return {**written.counts, "images_gone": gone}


def logged_answers(log: PairLog, images: ImageStore) -> tuple[LoggedAnswers, int]:
    """Return what can be exported of a log, and how many answers are left out since an image is gone."""
    events = log.rows()
    standing = standing_labels(events)
    there = {each for row in standing for each in row.pair if each in images}
    kept = [row for row in standing if there.issuperset(row.pair)]
    settled = one_a_pair(row for row in settled_labels(events) if there.issuperset(row.pair))
    groups = (tuple(each for each in group if each in there) for group in answer_groups(events).groups)

    def size(image_id: str) -> tuple[int, int]:
        with Image.open(images.path(image_id)) as image:
            return image.size

    several = tuple(group for group in groups if len(group) > 1)
    return LoggedAnswers(tuple(kept), tuple(settled), several, size), len(standing) - len(kept)
