"""Collect the arrows of a map: from where images were under the checkpoint before to where they are."""

import numpy as np

from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.embeddings.embedding_store import find_embedding_store
from siamese_core.errors import UserError
from siamese_core.labelling.pool import Pool
from siamese_core.page.languages.words import t
from siamese_core.page.map.points import embedded_by, lying
from siamese_core.searching.displacement import displacements
from siamese_core.searching.gallery import Gallery

MOST = 200  # arrows that are drawn
FEWEST = 12  # images that both checkpoints have embedded


def map_arrows(pool: Pool, slot: str) -> dict:
    """Return {"ids", "x", "y", "told"} as JSON: where images were before the latest promotion of a slot.

    UserError where there is no checkpoint before the present one, or it has embedded too few of the images.
    """
    workbench, embedded = pool.workbench, embedded_by(pool, slot)
    way_back = workbench.checkpoints.way_back(slot, embedded.domain)
    if not way_back:
        raise UserError(
            "Arrows go from the checkpoint before to the present one. Received: none before. Retrain first."
        )
    former = load_checkpoint(workbench.checkpoints.folder(way_back[-1]))
    store = find_embedding_store(workbench.embeddings_folder, former)
    ids, positions = lying(pool, embedded)
    both = [place for place, image_id in enumerate(ids) if store is not None and image_id in store]
    if len(both) < FEWEST:
        raise UserError(
            f"Arrows need {FEWEST} images that both checkpoints have embedded. Received: {len(both)}. Embed "
            "them by the one before: roll back, wait until all are embedded, and promote again."
        )
    ids, positions = [ids[place] for place in both], positions[both]
    present = workbench.matcher.checkpoint(slot, embedded.domain)
    galleries = Gallery(former, store.take(ids)), Gallery(present, embedded.store.take(ids))
    found = displacements(*galleries, positions, MOST)
    starts = np.round(found.starts.astype(float), 4)
    names = workbench.names
    return {
        "ids": [ids[place] for place in found.places],
        "x": starts[:, 0].tolist(),
        "y": starts[:, 1].tolist(),
        "told": t(
            "{moved} of {count} images moved from “{before}” to “{now}”; the {shown} that moved furthest "
            "have an arrow.",
            moved=found.moved,
            count=found.looked_at,
            before=names.words(former.id),
            now=names.words(present.id),
            shown=len(found.places),
        ),
    }
