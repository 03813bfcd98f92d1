"""Pairs whose answer is known, to try a network on: of class folders, or of the answers in the log."""

from dataclasses import dataclass

import numpy as np

from siamese_core.answers.settled import one_a_pair, settled_labels
from siamese_core.data.components import components
from siamese_core.data.datasets import Dataset
from siamese_core.data.sampling import members
from siamese_core.errors import UserError
from siamese_core.retraining.answered_pairs import indexed_pairs
from siamese_core.workspace.workbench import Workbench

CLASSES, IMAGES_OF_A_CLASS = 40, 4  # 160 images: a network of 20 ms an image tries all 18 ways in a minute
MOST_ANSWERED = 160  # images of the log
FEWEST_PAIRS = 10  # of each kind


@dataclass(frozen=True)
class KnownPairs:
    """Positive and negative pairs by which ways to prepare images are judged.

    images: (m,) uint8 arrays; left, right: int (n,) into them; same: bool (n,); identity: int (m,), equal for
    images known to show the same; source: in words.
    """

    images: tuple[np.ndarray, ...]
    left: np.ndarray
    right: np.ndarray
    same: np.ndarray
    identity: np.ndarray
    source: str

    def __post_init__(self):
        kinds = int(self.same.sum()), int((~self.same).sum())
        if min(kinds) < FEWEST_PAIRS:
            raise UserError(
                f"A network is tried on {FEWEST_PAIRS} pairs of each kind, or more. Received: {kinds[0]} "
                f"same, {kinds[1]} different, from {self.source}. Give class folders with --data, a folder "
                "for each class and some images in each, or answer more pairs."
            )


def pairs_of_classes(dataset: Dataset, rng: np.random.Generator) -> KnownPairs:
    """Return all pairs of at most `CLASSES` classes with two images or more, `IMAGES_OF_A_CLASS` of each."""
    several = [found for found in members(dataset.labels).values() if len(found) > 1]
    chosen = [several[place] for place in sorted(rng.permutation(len(several))[:CLASSES])]
    drawn = [rng.permutation(found)[:IMAGES_OF_A_CLASS] for found in chosen]
    places = np.concatenate(drawn) if drawn else np.zeros(0, int)
    labels = dataset.labels[places]
    left, right = np.triu_indices(len(places), k=1)
    images = tuple(dataset.image(int(place)) for place in places)
    words = f"{len(places)} images of {len(drawn)} classes"
    return KnownPairs(images, left, right, labels[left] == labels[right], labels, words)


def pairs_of_answers(workbench: Workbench, rng: np.random.Generator) -> KnownPairs:
    """Return the answered pairs of a workspace's log, of at most `MOST_ANSWERED` images."""
    rows = one_a_pair(settled_labels(workbench.log.rows()))
    kept, used = [], set()
    for place in rng.permutation(len(rows)):
        row = rows[int(place)]
        there = all(each in workbench.images for each in row.pair)
        if there and len(used | set(row.pair)) <= MOST_ANSWERED:
            kept.append(row)
            used |= set(row.pair)
    ids, pairs = indexed_pairs(kept)
    return KnownPairs(
        tuple(workbench.images.read(each) for each in ids),
        pairs.left,
        pairs.right,
        pairs.same,
        components(pairs.left[pairs.same], pairs.right[pairs.same], len(ids)),
        f"{len(kept)} answered pairs",
    )
