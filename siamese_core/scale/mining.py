"""Mine the pairs worth an answer from embeddings in shards, of which only a few are in memory at a time."""

import contextlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.data.progress import Progress
from siamese_core.embeddings.shards import ShardFolder
from siamese_core.errors import UserError
from siamese_core.labelling.asked import Question, question
from siamese_core.labelling.candidates import Candidates, find_candidates
from siamese_core.labelling.mining import DEFAULT_MIX, draw
from siamese_core.labelling.pool import PoolEmbeddings
from siamese_core.labelling.question_table import QuestionTable
from siamese_core.scale.neighbour_search import nearest_points
from siamese_core.scale.shard_view import ShardView, measured_recall, search_points, shard_view
from siamese_core.scale.stored_rows import StoredRows, store_rows
from siamese_core.searching.shard_search import domain_of_shards
from siamese_core.workspace.abstaining import reason, unknown_images
from siamese_core.workspace.workbench import Workbench

DISAGREEMENT = "disagreement"  # the strategy that needs two encoders
AT_ONCE = 4096  # embeddings whose trust is measured together


@dataclass(frozen=True)
class MiningRequest:
    """What is asked for: so many pairs, with these shares of reasons, by an encoder's current checkpoint."""

    count: int
    encoders: tuple[str, ...]
    mix: Mapping[str, float]
    seed: int = 0


@dataclass(frozen=True)
class Recall:
    """Share of the truly most similar images that were found, of `images` images, `neighbours` of each."""

    share: float
    images: int
    neighbours: int

    def json(self) -> dict:
        return vars(self)


@dataclass(frozen=True)
class MinedShards:
    """Questions on pairs of `images` images in shards by a checkpoint, with the files of both images each."""

    questions: list[Question]
    files: list[tuple[str, str]]
    checkpoint: str
    images: int
    recall: Recall
    note: str = ""


def mine_shards(
    workbench: Workbench, shards: ShardFolder, request: MiningRequest, progress: Progress
) -> MinedShards:
    """Draw pairs as `Questions.mine` does, from the first encoder whose current checkpoint made shards.

    UserError where none did, or where fewer than two images are there.
    """
    stored = {each.checkpoint for each in shards.shards()}
    served = ((encoder, domain_of_shards(workbench, encoder, stored)) for encoder in request.encoders)
    encoder, domain = next(((name, found) for name, found in served if found), (None, None))
    if encoder is None:
        raise UserError(
            "The shards must be by a checkpoint that serves now. Received: embeddings by "
            f"{', '.join(sorted(stored))} in {shards.place}. Embed the images again, or promote that one."
        )
    checkpoint = workbench.matcher.checkpoint(encoder, domain)
    workbench.workspace.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as open_now:
        aside = open_now.enter_context(
            tempfile.TemporaryDirectory(prefix=".mining-", dir=workbench.workspace)
        )
        rows = store_rows(shards, checkpoint.id, Path(aside) / "embeddings", progress)
        open_now.callback(rows.close)
        if len(rows) < 2:
            raise UserError(f"Pairs need two images. Received: {len(rows)} in {shards.place}. Embed more.")
        return _mined(workbench, PoolEmbeddings(encoder, checkpoint, rows, domain), request, progress)


def _mined(
    workbench: Workbench, each: PoolEmbeddings, request: MiningRequest, progress: Progress
) -> MinedShards:
    rng = np.random.default_rng(request.seed)
    view, rows = shard_view(each.checkpoint, each.store, progress), each.store
    progress(0.5, f"finding neighbours among {len(rows):,} images")
    found: list[np.ndarray] = []

    def neighbours(view: ShardView, rng: np.random.Generator, count: int) -> np.ndarray:
        found.append(nearest_points(search_points(view, rng), count))
        return found[0]

    candidates = find_candidates([view], np.random.default_rng(0), neighbours)
    recall = Recall(1.0, len(rows), len(rows) - 1)
    if found:
        progress(0.8, "measuring how many of the most similar images were found")
        recall = Recall(*measured_recall(view, found[0]))
    table = _table(each, view, candidates)
    progress(0.9, "drawing pairs")
    drawn = draw(candidates, table.knowledge(workbench.log.rows(), []), request.count, rng, request.mix)
    places = [(each.left, each.right)[:: 1 if rng.random() < 0.5 else -1] for each in drawn]
    pairs = [(rows.ids[left], rows.ids[right]) for left, right in places]
    said = table.verdicts(pairs) if pairs else []
    return MinedShards(
        [question(*parts, d.reason, d.probability) for *parts, d in zip(pairs, said, drawn, strict=True)],
        [(rows.paths[left], rows.paths[right]) for left, right in places],
        each.checkpoint.id,
        len(rows),
        recall,
        table.abstaining.get(each.slot, ""),
    )


def _table(each: PoolEmbeddings, view: ShardView, candidates: Candidates) -> QuestionTable:
    """Return the table of all images that questions are drawn from."""
    rows: StoredRows = each.store
    folders = [str(PurePosixPath(path).parent) for path in rows.paths]
    names = {name: place for place, name in enumerate(sorted(set(folders)))}
    telling = len(names) > 1
    parts = [_known(view.checkpoint, each.domain, rows, start) for start in range(0, len(rows), AT_ONCE)]
    unknown, trust = (np.concatenate(column) for column in zip(*parts, strict=True))
    abstains = 2 * unknown.sum() > len(rows)
    why = reason(view.checkpoint.card, [each.domain] * len(rows), unknown) if abstains else ""
    judging = PoolEmbeddings(each.slot, view.checkpoint, each.store, each.domain)
    return QuestionTable(
        ids=tuple(rows.ids),
        number={image_id: place for place, image_id in enumerate(rows.ids)},
        classes=np.array([names[folder] if telling else -1 for folder in folders], np.int64),
        embedded=(judging,),
        views=(view,),
        unknown=(unknown,),
        trust=(trust,),
        abstaining={each.slot: why} if abstains else {},
        candidates=candidates,
        called_same={},
    )


def _known(
    checkpoint: Checkpoint, domain: str, rows: StoredRows, start: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return which of some images the checkpoint does not know, and its trust of each."""
    part = rows.take(np.arange(start, min(start + AT_ONCE, len(rows))))
    return unknown_images(checkpoint, [domain] * len(part), part), checkpoint.trust(part)


def mix_of(strategy: str | None) -> Mapping[str, float]:
    """Return the shares of the reasons where one encoder has embedded the images.

    strategy: the only reason, None for all of `DEFAULT_MIX`. UserError for disagreement, which takes two.
    """
    if strategy == DISAGREEMENT:
        raise UserError(
            "Disagreement is between two encoders. Received: shards, which are by one. Choose another "
            "strategy."
        )
    if strategy is not None:
        return {strategy: 1.0}
    shares = {name: share for name, share in DEFAULT_MIX.items() if name != DISAGREEMENT}
    return {name: share / sum(shares.values()) for name, share in shares.items()}
