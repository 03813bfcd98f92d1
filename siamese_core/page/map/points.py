"""Collect the points of a map: where each image lies, and by what it is coloured."""

from collections.abc import Mapping, Sequence

import numpy as np

from siamese_core.answers.settled import standing_labels
from siamese_core.errors import UserError
from siamese_core.labelling.pool import Pool, PoolEmbeddings
from siamese_core.review.exports import answer_groups
from siamese_core.searching.map_positions import map_positions

CLASS, ANSWERED, CHECKPOINT, SIMILARITY = "class", "answered", "checkpoint", "similarity"
COLOURINGS = (CLASS, ANSWERED, CHECKPOINT, SIMILARITY)
MOST_NAMED = 19  # classes that have a colour of their own; all others share one
FOLDER = "maps"  # in the workspace


def map_points(pool: Pool, slot: str, colouring: str, chosen: str = "") -> dict:
    """Return {"ids", "x", "y", "value", "names"} as JSON.

    value: the number of a name for each image, or its similarity to the image `chosen`, 0..1, where `names`
    is empty. UserError where nothing is embedded, or the image is not on the map.
    """
    embedded = embedded_by(pool, slot)
    ids, positions = lying(pool, embedded)
    if colouring == SIMILARITY:
        value, names = similarities(embedded, ids, chosen), []
    else:
        groups = _groups(pool, slot, colouring, ids)
        value, names = numbered([groups.get(each, "") for each in ids])
    rounded = np.round(positions.astype(float), 4)
    return {
        "ids": ids,
        "x": rounded[:, 0].tolist(),
        "y": rounded[:, 1].tolist(),
        "value": value,
        "names": names,
    }


def lying(pool: Pool, embedded: PoolEmbeddings) -> tuple[list[str], np.ndarray]:
    """Return the ids of the images on a map, and where they lie, float32 (n, 2)."""
    there = pool.files.set_aside.without(pool.images())
    ids = [each.image_id for each in there if each.image_id in embedded.store]
    file = pool.workbench.workspace / FOLDER / f"{embedded.checkpoint.embeddings_id}.npz"
    return ids, map_positions(file, ids, embedded.store.take)


def _groups(pool: Pool, slot: str, colouring: str, ids: Sequence[str]) -> Mapping[str, str]:
    if colouring == CHECKPOINT:
        return answered_under(pool, slot)
    if colouring == ANSWERED:
        return answered(pool, ids)
    return {each.image_id: each.class_name for each in pool.images()}


def similarities(embedded: PoolEmbeddings, ids: Sequence[str], chosen: str) -> list[float]:
    """Return the similarity of each image to the chosen one, 0..1."""
    if chosen not in embedded.store:
        raise UserError("Colouring by similarity needs an image. Received: none. Click one on the map first.")
    checkpoint, store = embedded.checkpoint, embedded.store
    logits = checkpoint.pairwise_logits(store.take([chosen]), store.take(ids))[0]
    return np.round(checkpoint.similarity(logits).astype(float), 3).tolist()


def answered(pool: Pool, ids: Sequence[str]) -> Mapping[str, str]:
    """Return the number of the group of images that answers have called the same, by image id."""
    there = set(ids)
    groups = answer_groups(pool.workbench.log.rows()).groups
    return {
        image: str(number)
        for number, images in enumerate(groups, start=1)
        for image in images
        if image in there
    }


def answered_under(pool: Pool, slot: str) -> Mapping[str, str]:
    """Return which checkpoint of a slot judged when an image was last answered, in words by image id."""
    names = pool.workbench.names
    return {
        image: names.words(checkpoint)
        for row in standing_labels(pool.workbench.log.rows())
        if (checkpoint := getattr(row, f"{slot}_checkpoint"))
        for image in row.pair
    }


def numbered(groups: Sequence[str]) -> tuple[list[int], list[str]]:
    """Return the number of each group's name, and the names.

    "" is for none and for all beyond the largest `MOST_NAMED`, which come next.
    """
    names, counts = np.unique([each for each in groups if each], return_counts=True)
    largest = [str(names[place]) for place in np.argsort(-counts, kind="stable")[:MOST_NAMED]]
    place = {name: number for number, name in enumerate(largest, start=1)}
    return [place.get(each, 0) for each in groups], ["", *largest]


def embedded_by(pool: Pool, slot: str) -> PoolEmbeddings:
    """Return the pool's embeddings by a slot; UserError where there are none."""
    found = next((each for each in pool.embedded() if each.slot == slot), None)
    if found is None or not len(found.store):
        raise UserError("A map needs images that are embedded. Received: none. Add a folder in Label first.")
    return found
