"""Benchmarks `gallery` and `find`: search stored embeddings by the encoder's own head.

The plain way of one query is to read the embeddings once from memory, which no exact search undercuts unless
it leaves out dimensions that hardly count; that of many queries is faiss's flat index.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from siamese_core.bench.speed.benchmark import (
    Benchmark,
    LoadModel,
    check_agreement,
    interleaved,
    timed,
)
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.checkpoints.store import SHIPPED
from siamese_core.errors import UserError
from siamese_core.networks.encoders import SLOTS
from siamese_core.retraining.replay import Replay
from siamese_core.searching.blocks import by_blocks
from siamese_core.searching.finding import Query, find
from siamese_core.searching.gallery import Gallery, Hits

STORED, TOP, QUERIES = 100_000, 24, 100
COMPARED = 20_000  # of the stored, for many queries at once and for 8 bits: the index holds a copy of them
ROUNDS = 5
SEARCHED, TARGET_S = 50_000, 0.2  # images in a workspace; seconds to the first results by both encoders


@dataclass(frozen=True)
class Recalled(Benchmark):
    """recall: share of the plain way's best images that ours finds, mean over the queries."""

    recall: float = 1.0


def measure(load_model: LoadModel) -> list[Benchmark]:
    """Measure one query, 100 at once, and 8 bits; the embeddings are mixtures of two drawings' each."""
    model, rng = load_model(), np.random.default_rng(0)
    drawings = model.embed(Replay().images)
    stored, queries = mixtures(drawings, STORED, rng), mixtures(drawings, QUERIES, rng)
    gallery, some = Gallery(model, stored), Gallery(model, stored[:COMPARED])
    return [_one(gallery, stored, queries), _many(some, stored, queries), _eight_bit(some, stored, queries)]


def mixtures(drawings: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return embeddings float32 (count, d), each between those of two of the drawings (n, d)."""
    left, right = rng.integers(len(drawings), size=(2, count))
    share = rng.random((count, 1), np.float32) / 2
    found = np.empty((count, drawings.shape[1]), np.float32)
    for start in range(0, count, 1000):
        part = slice(start, start + 1000)
        found[part] = drawings[left[part]] * (1 - share[part]) + drawings[right[part]] * share[part]
    return found


def _one(gallery: Gallery, stored: np.ndarray, queries: np.ndarray) -> Benchmark:
    def read() -> None:
        by_blocks(len(stored), stored.shape[1], lambda start, stop: stored[start:stop].sum())

    rounds = [(lambda n=n: gallery.search(queries[n : n + 1], TOP), read) for n in range(ROUNDS)]
    ours, baseline = interleaved(rounds)
    hits = gallery.search(queries[:3], TOP)
    recall = _recall(hits, [_plain(gallery.checkpoint, stored, query) for query in queries[:3]])
    check_agreement(recall > 0.95, "searching")  # equal but for the last digit of a float
    return Recalled("gallery", ours, baseline, STORED, ours / baseline, "at most 3", recall)


def _many(gallery: Gallery, stored: np.ndarray, queries: np.ndarray) -> Benchmark:
    index, asked = flat_index(gallery.checkpoint, stored[:COMPARED], queries)
    ours, baseline = interleaved(
        [(lambda: gallery.search(queries, TOP), lambda: index.search(asked, TOP)) for _ in range(2)]
    )
    recall = _recall(gallery.search(queries, TOP), index.search(asked, TOP)[1])
    name = f"gallery, {QUERIES} queries"
    return Recalled(name, ours, baseline, COMPARED, ours / baseline, "at most 1.2", recall)


def _eight_bit(gallery: Gallery, stored: np.ndarray, queries: np.ndarray) -> Benchmark:
    rounded = Gallery(gallery.checkpoint, stored[:COMPARED], eight_bit=True)
    baseline, exact = timed(lambda: gallery.search(queries, TOP))
    ours, found = timed(lambda: rounded.search(queries, TOP))
    recall = _recall(found, [hits.places for hits in exact])
    return Recalled("gallery, 8 bits", ours, baseline, COMPARED, ours / baseline, "recall .99", recall)


def flat_index(model: Checkpoint, stored: np.ndarray, queries: np.ndarray):
    """Return faiss's exact index of the embeddings, and the queries, both as it compares them like the head.

    UserError where faiss is not installed.
    """
    try:
        import faiss
    except ImportError as missing:
        raise UserError(
            f"bench gallery compares with faiss. Received: {missing}. Install it: pip install faiss-cpu."
        ) from missing
    if model.head.name == "weighted_l1":
        weight = np.asarray(model.head.weight, np.float32)
        stored, queries = stored * weight, queries * weight
        index = faiss.IndexFlat(stored.shape[1], faiss.METRIC_L1)
    elif model.head.name == "euclidean":
        index = faiss.IndexFlatL2(stored.shape[1])
    else:
        (_, stored), (queries, _) = (model.head.factors(rows) for rows in (stored, queries))
        stored, queries = np.asarray(stored), np.asarray(queries)
        index = faiss.IndexFlatIP(stored.shape[1])
    index.add(stored)
    return index, queries


def _plain(model: Checkpoint, stored: np.ndarray, query: np.ndarray) -> np.ndarray:
    """Return the places of the best images by the head itself, a few at a time."""
    parts = [
        model.pairwise_logits(query[None], stored[start : start + 500])[0]
        for start in range(0, len(stored), 500)
    ]
    return np.argsort(-np.concatenate(parts), kind="stable")[:TOP]


def _recall(found: Sequence[Hits], expected: Sequence[np.ndarray]) -> float:
    pairs = zip(found, expected, strict=True)
    return float(np.mean([len(set(hits.places) & set(places)) / len(places) for hits, places in pairs]))


def measure_find(load_model: LoadModel) -> list[Benchmark]:
    """Measure the first results for an embedded query by both shipped encoders, against the target."""
    rng, galleries = np.random.default_rng(0), {}
    for slot in SLOTS:
        model = load_checkpoint(SHIPPED / slot)
        drawings = model.embed(Replay().images)
        galleries[slot] = (
            Gallery(model, mixtures(drawings, SEARCHED, rng)),
            mixtures(drawings, ROUNDS + 1, rng),
        )

    def search(number: int) -> None:
        for slot, (gallery, queries) in galleries.items():
            query = Query(queries[number : number + 1], "handwriting", "handwriting")
            find(slot, gallery, query, TOP)

    search(ROUNDS)  # measures the sample of each gallery
    (ours,) = interleaved([(lambda n=n: search(n),) for n in range(ROUNDS)])
    return [Benchmark("find", ours, TARGET_S, SEARCHED, ours / TARGET_S, "at most 1")]
