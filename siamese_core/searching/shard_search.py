"""Search embeddings that lie in shards, a block after the other, by the checkpoints that made them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from siamese_core.checkpoints.domains import DOMAINS
from siamese_core.data.left_out import LeftOut
from siamese_core.data.progress import Progress
from siamese_core.embeddings.shards import ShardFolder, ShardRows
from siamese_core.errors import UserError
from siamese_core.searching.asking import Matches, Search
from siamese_core.searching.finding import Found, Query, find
from siamese_core.searching.gallery import Gallery, merged, with_own_cohort
from siamese_core.workspace.workbench import Workbench

ROWS_AT_ONCE = 32_768  # in memory: 512 MB of koch


def search_shards(
    workbench: Workbench, search: Search, shards: ShardFolder, progress: Progress
) -> tuple[list[Matches], LeftOut]:
    """Search by each encoder whose checkpoint made some of the shards; returns with what these left out.

    UserError where none did.
    """
    stored = {each.checkpoint for each in shards.shards()}
    workbench.ready_for([search.query], search.encoders)
    found, left_out = [], LeftOut()
    for number, encoder in enumerate(search.encoders):
        progress(number / len(search.encoders), f"{encoder} searches")
        domain = domain_of_shards(workbench, encoder, stored)
        if domain is not None:
            found.append(_search(workbench, encoder, domain, search, shards))
            left_out += shards.left_out(found[-1].found.checkpoint)
    if not found:
        raise UserError(
            "The shards must be by a checkpoint that serves now. Received: embeddings by "
            f"{', '.join(sorted(stored))} in {shards.place}. Embed the images again, or promote that one."
        )
    return found, LeftOut(tuple(dict.fromkeys(left_out.files)))


def domain_of_shards(workbench: Workbench, encoder: str, stored: set[str]) -> str | None:
    """Return the domain for which an encoder's current checkpoint made some of the shards, if any."""
    store = workbench.checkpoints
    return next((domain for domain in DOMAINS if store.current_id(encoder, domain) in stored), None)


def _search(workbench: Workbench, encoder: str, domain: str, search: Search, shards: ShardFolder) -> Matches:
    matcher = workbench.matcher
    checkpoint, embedding = (
        matcher.checkpoint(encoder, domain),
        matcher.embed(encoder, [search.query], domain),
    )
    query = Query(embedding, matcher.domain([search.query]), domain, f"the shards are by {checkpoint.id}")
    parts, starts, kept, judging = [], [], {}, None
    for block in _large(shards.blocks(checkpoint.id)):
        starts.append(sum(part.images for part in parts))
        judging = judging or with_own_cohort(checkpoint, block.embeddings)  # one calibration for all
        gallery = Gallery(judging, block.embeddings, checkpoint)
        parts.append(find(encoder, gallery, query, search.count, search.ask_anyway))
        for place in parts[-1].hits.places.tolist():
            kept[starts[-1] + place] = {"path": block.paths[place], "image_id": block.image_ids[place]}
    if not parts:
        raise UserError(
            f"Shards hold at least one image. Received: {shards.place}, where all were left out. Look at why."
        )
    found = _joined(parts, starts, search.count)
    return Matches(found, tuple(kept[place] for place in found.hits.places.tolist()))


def _joined(parts: list[Found], starts: list[int], count: int) -> Found:
    rates = [part.false_hits for part in parts]
    return replace(
        parts[0],
        hits=merged([part.hits for part in parts], starts, count),
        images=sum(part.images for part in parts),
        false_hits=None if None in rates else sum(rates),
    )


def _large(blocks: Iterable[ShardRows]) -> Iterator[ShardRows]:
    """Join blocks to about `ROWS_AT_ONCE` rows."""
    waiting: list[ShardRows] = []
    for block in blocks:
        waiting.append(block)
        if sum(len(each.image_ids) for each in waiting) >= ROWS_AT_ONCE:
            yield _one(waiting)
            waiting = []
    if any(len(each.image_ids) for each in waiting):
        yield _one(waiting)


def _one(blocks: list[ShardRows]) -> ShardRows:
    ids, paths = ([name for each in blocks for name in getattr(each, of)] for of in ("image_ids", "paths"))
    return ShardRows(blocks[0].checkpoint, ids, paths, np.concatenate([each.embeddings for each in blocks]))
