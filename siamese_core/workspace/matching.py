"""Comparing images with the checkpoints that serve: embedded once, compared in calibrated units.

TensorFlow is imported when the first checkpoint is loaded, not before, so that a page can answer meanwhile.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint, load_checkpoint
from siamese_core.checkpoints.domains import HANDWRITING
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.errors import UserError
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.choosing import Chooser, StoredImage, id_of, pixels_of
from siamese_core.workspace.embedding_store import EmbeddingCache
from siamese_core.workspace.verdicts import Comparison, RankedClass, Ranking, is_same

BATCH = 64  # images a model call: koch needs about 0.5 GB for its first feature maps


@dataclass(frozen=True)
class _Served:
    checkpoint: Checkpoint
    forward: Callable[[np.ndarray], np.ndarray]
    revision: tuple


@dataclass
class _Slot:
    state: str = "waiting"
    problem: str | None = None
    served: _Served | None = None


@dataclass
class Matcher:
    """Serves the current checkpoints of each slot, and follows the store when others are promoted.

    All images of a call go through one checkpoint of a slot: that of the domain which they together are of.
    """

    store: CheckpointStore
    slots: Sequence[str] = SLOTS
    cache: EmbeddingCache = field(default_factory=EmbeddingCache)

    def __post_init__(self):
        self._slots = {slot: _Slot() for slot in self.slots}  # and further places of slots, see `domains`
        self.chooser = Chooser(self.store)
        # One load at a time: two threads that import TensorFlow at once see it half made.
        self._loading = threading.RLock()
        self._calling = threading.Lock()

    def load_in_background(self) -> threading.Thread:
        """Loads every slot in a thread; what goes wrong is told by `state` and `problem`."""
        thread = threading.Thread(target=self._load_all, name="load checkpoints", daemon=True)
        thread.start()
        return thread

    def _load_all(self) -> None:
        # what stands for photographs is loaded here only to follow a promotion: else when it is asked for
        for slot in [*self.slots, *(each for each in self._slots if each not in self.slots)]:
            try:
                served = self._serving_at(slot)
                with self._calling:
                    served.forward(np.zeros((1, *served.checkpoint.encoder.input_shape[1:]), np.float32))
            except Exception as failure:  # a background thread has nobody to raise it to
                self._slots[slot].problem = str(_told(slot, failure))

    def follow(self) -> threading.Thread | None:
        """Loads in the background what was promoted since, if anything, before somebody asks for it."""
        served = {slot: self._slot(slot).served for slot in self.slots}
        if any(each and each.revision != self.store.revision(slot) for slot, each in served.items()):
            return self.load_in_background()
        return None

    def state(self, slot: str) -> str:
        """One of "waiting", "loading", "ready", "failed"."""
        return self._slot(slot).state

    def problem(self, slot: str) -> str | None:
        """What the person should know of a slot that does not serve what it should; None if all is well."""
        return self._slot(slot).problem

    def served_id(self, slot: str) -> str | None:
        """The id of the checkpoint in memory; loads nothing."""
        served = self._slot(slot).served
        return served.checkpoint.id if served else None

    def domain(self, images: Sequence[np.ndarray | StoredImage]) -> str:
        """What images are that are to go through one checkpoint: `domains.DOMAINS`."""
        return self.chooser.choice(images).domain

    def checkpoint(self, encoder: str, domain: str = HANDWRITING) -> Checkpoint:
        """The current checkpoint, loaded if need be. UserError if there is none that loads.

        If a newly promoted one does not load, the one before serves on and `problem` says so.
        """
        return self._serving(encoder, domain).checkpoint

    def prepared(self, encoder: str, image: np.ndarray, domain: str = HANDWRITING) -> np.ndarray:
        """What the encoder really sees: uint8 (size, size, channels)."""
        return self.checkpoint(encoder, domain).prepare(image)

    def embed(
        self, encoder: str, images: Sequence[np.ndarray | StoredImage], domain: str = HANDWRITING
    ) -> np.ndarray:
        """Embeddings float32 (n, embedding_dim), each image embedded once for each checkpoint."""
        return self._embed(self._serving(encoder, domain), images)

    def compare(
        self, left: np.ndarray, right: np.ndarray, encoders: Sequence[str] = SLOTS
    ) -> list[Comparison]:
        return [self._compare(encoder, left, right) for encoder in encoders]

    def one_shot(
        self,
        query: np.ndarray,
        support: Sequence[tuple[str, np.ndarray | StoredImage]],
        encoders: Sequence[str] = SLOTS,
    ) -> list[Ranking]:
        """Ranks the classes of `support`, (class name, image) each; a class may have several images."""
        if not support:
            raise UserError(
                "A one-shot comparison needs a support set. Received: no images. Add at least one image of "
                "each class."
            )
        return [self._rank(encoder, query, support) for encoder in encoders]

    def similarities(self, encoder: str, query: np.ndarray, images: Sequence[np.ndarray]) -> np.ndarray:
        """Similarity float32 (n,) of the query to each image."""
        served = self._serving(encoder, self.domain([query, *images]))
        return served.checkpoint.similarity(self._logits(served, query, images))

    def _compare(self, encoder: str, left: np.ndarray, right: np.ndarray) -> Comparison:
        choice = self.chooser.choice([left, right])
        served = self._serving(encoder, choice.domain)
        start = time.perf_counter()
        embeddings = self._embed(served, [left, right])
        logits = served.checkpoint.logits(embeddings[:1], embeddings[1:])
        similarity = float(served.checkpoint.similarity(logits)[0])
        threshold = served.checkpoint.threshold
        why, warning = self.chooser.words(encoder, choice, served.checkpoint.card)
        return Comparison(
            encoder=encoder,
            checkpoint=served.checkpoint.id,
            similarity=similarity,
            threshold=threshold,
            same=is_same(similarity, threshold),
            milliseconds=_milliseconds_since(start),
            domain=choice.domain,
            why=why,
            warning=warning,
        )

    def _rank(
        self, encoder: str, query: np.ndarray, support: Sequence[tuple[str, np.ndarray | StoredImage]]
    ) -> Ranking:
        choice = self.chooser.choice([query, *(image for _, image in support)])
        served = self._serving(encoder, choice.domain)
        start = time.perf_counter()
        logits = self._logits(served, query, [image for _, image in support])
        names = np.array([name for name, _ in support])
        means = {name: logits[names == name].mean() for name in dict.fromkeys(names.tolist())}
        # By logit: similarities near 1 can be equal where the logits are not.
        order = sorted(means, key=means.get, reverse=True)
        similarities = served.checkpoint.similarity(np.array([means[name] for name in order]))
        ranking = tuple(RankedClass(name, float(s)) for name, s in zip(order, similarities, strict=True))
        threshold = served.checkpoint.threshold
        why, warning = self.chooser.words(encoder, choice, served.checkpoint.card)
        return Ranking(
            encoder=encoder,
            checkpoint=served.checkpoint.id,
            pick=ranking[0].name,
            margin=ranking[0].similarity - ranking[1].similarity if len(ranking) > 1 else 0.0,
            none_of_these=not is_same(ranking[0].similarity, threshold),
            threshold=threshold,
            ranking=ranking,
            milliseconds=_milliseconds_since(start),
            domain=choice.domain,
            why=why,
            warning=warning,
        )

    def _logits(self, served: _Served, query: np.ndarray, images: Sequence[np.ndarray]) -> np.ndarray:
        embeddings = self._embed(served, [query, *images])
        return served.checkpoint.pairwise_logits(embeddings[:1], embeddings[1:])[0]

    def _embed(self, served: _Served, images: Sequence[np.ndarray | StoredImage]) -> np.ndarray:
        keys = [(served.checkpoint.embeddings_id, id_of(image)) for image in images]
        rows = {key: self.cache.get(key) for key in keys}
        missing = {key: image for key, image in zip(keys, images, strict=True) if rows[key] is None}
        todo = list(missing)
        for start in range(0, len(todo), BATCH):
            batch = todo[start : start + BATCH]
            prepared = np.stack([served.checkpoint.prepare(pixels_of(missing[key])) for key in batch])
            with self._calling:
                embeddings = served.forward(prepared.astype(np.float32))
            for key, embedding in zip(batch, embeddings, strict=True):
                rows[key] = embedding.copy()
                self.cache.put(key, rows[key])
        empty = np.empty((0, served.checkpoint.encoder.output_shape[-1]), np.float32)
        return np.stack([rows[key] for key in keys]) if keys else empty

    def _slot(self, slot: str) -> _Slot:
        return self._slots.setdefault(slot, _Slot())

    def _serving(self, encoder: str, domain: str = HANDWRITING) -> _Served:
        where = self.store.place(encoder, domain)
        if where != encoder:
            # one that does not load leaves its images to the slot's other one; `problem` says so
            with contextlib.suppress(UserError):
                return self._serving_at(where)
        return self._serving_at(encoder)

    def _serving_at(self, encoder: str) -> _Served:
        slot = self._slot(encoder)
        revision = self.store.revision(encoder)
        if slot.served is None or slot.served.revision != revision:
            with self._loading:
                if slot.served is None or slot.served.revision != revision:
                    self._load(encoder, slot, revision)
        return slot.served

    def _load(self, encoder: str, slot: _Slot, revision: tuple) -> None:
        try:
            slot_name, _, domain = encoder.partition(" ")
            current = self.store.current_id(slot_name, domain or HANDWRITING)
            if slot.served and slot.served.checkpoint.id == current:
                slot.served = replace(slot.served, revision=revision)
            else:
                slot.state = "ready" if slot.served else "loading"
                checkpoint = load_checkpoint(self.store.folder(current))
                slot.served = _Served(checkpoint, _compiled(checkpoint.encoder), revision)
            slot.state, slot.problem = "ready", self.store.problem(encoder)
        except Exception as failure:
            problem = _told(encoder, failure)
            slot.problem = str(problem)
            if slot.served is None:
                slot.state = "failed"
                raise problem from failure
            slot.served = replace(slot.served, revision=revision)


def _told(encoder: str, failure: Exception) -> UserError:
    if isinstance(failure, UserError):
        return failure
    return UserError(
        f"The checkpoint of {encoder} must load. Received: {failure!r}. Start again; if it stays, promote "
        "another one (python -m siamese_core checkpoints list)."
    )


def _compiled(encoder) -> Callable[[np.ndarray], np.ndarray]:
    """The encoder as one graph for batches of any size: compiled once, and some of its steps fused."""
    import tensorflow as tf

    shape = tf.TensorSpec((None, *encoder.input_shape[1:]), tf.float32)
    graph = tf.function(lambda batch: encoder(batch, training=False), input_signature=[shape])

    def forward(batch: np.ndarray) -> np.ndarray:
        # A single row takes another path through the matrix products than several and differs from them in
        # the last digits; two of it do not, on most processors.
        return graph(tf.constant(np.repeat(batch, 2, axis=0) if len(batch) == 1 else batch)).numpy()[
            : len(batch)
        ]

    return forward


def _milliseconds_since(start: float) -> float:
    return round((time.perf_counter() - start) * 1000, 1)
