"""Compare, rank and embed with the checkpoints that serve: `loader`, `embedder`, `comparing`, `ranking`."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.domains import HANDWRITING
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.embeddings.cohorts import Cohorts
from siamese_core.embeddings.embedding_store import EmbeddingCache
from siamese_core.embeddings.kept_embeddings import KeptEmbeddings
from siamese_core.embeddings.kept_kinds import KeptKinds
from siamese_core.errors import UserError
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.choosing import Chooser, Image
from siamese_core.workspace.comparing import Comparer, Comparison
from siamese_core.workspace.embedder import Embedder
from siamese_core.workspace.loader import Loader
from siamese_core.workspace.ranking import Ranker, Ranking


@dataclass
class Matcher:
    """Serves the current checkpoints of each slot.

    All images of a call go through one checkpoint of a slot: that of the domain which they together are of.
    kept: where embeddings are looked for on disk and those of support sets are added.
    """

    store: CheckpointStore
    slots: Sequence[str] = SLOTS
    cache: EmbeddingCache = field(default_factory=EmbeddingCache)
    kept: KeptEmbeddings | None = None

    def __post_init__(self):
        self.chooser = Chooser(self.store, KeptKinds(self.kept.folder if self.kept else None))
        self.loader = Loader(self.store, self.slots)
        self._embedder = Embedder(self.cache, self.kept)
        self.cohorts = Cohorts(self.kept.folder if self.kept else None)
        parts = (self.loader, self.chooser, self._embedder, self.cohorts)
        self._comparer, self._ranker = Comparer(*parts), Ranker(*parts)

    def load_in_background(self) -> threading.Thread:
        """Load every slot in a thread, as `Loader.load_in_background` does."""
        return self.loader.load_in_background()

    def follow(self) -> threading.Thread | None:
        """Load in the background what was promoted since, as `Loader.follow` does."""
        return self.loader.follow()

    def state(self, slot: str) -> str:
        """Return one of "waiting", "loading", "ready", "failed"."""
        return self.loader.state(slot)

    def problem(self, slot: str) -> str | None:
        """Return why a slot does not serve what it should; None if all is well."""
        return self.loader.problem(slot)

    def served_id(self, slot: str, domain: str = HANDWRITING) -> str | None:
        """Return the id of the checkpoint in memory that answers for a domain; loads nothing."""
        return self.loader.served_id(slot, domain)

    def domain(self, images: Sequence[Image]) -> str:
        """Return what images are that are to go through one checkpoint: one of `domains.DOMAINS`."""
        return self.chooser.choice(images).domain

    def checkpoint(self, encoder: str, domain: str = HANDWRITING) -> Checkpoint:
        """Return the current checkpoint, as `Loader.serving` does."""
        return self.loader.serving(encoder, domain).checkpoint

    def prepared(self, encoder: str, image: np.ndarray, domain: str = HANDWRITING) -> np.ndarray:
        """Return what the encoder sees of an image: uint8 (size, size, channels)."""
        return self.checkpoint(encoder, domain).prepare(image)

    def embed(self, encoder: str, images: Sequence[Image], domain: str = HANDWRITING) -> np.ndarray:
        """Return embeddings float32 (n, embedding_dim), each image embedded once for each encoder."""
        return self._embedder.embed(self.loader.serving(encoder, domain), images)

    def embed_support(self, encoder: str, images: Sequence[Image], domain: str = HANDWRITING) -> None:
        """Embed a part of a support set ahead of its ranking, and keep the embeddings on disk."""
        self._embedder.embed(self.loader.serving(encoder, domain), images, keep_from=0)

    def compare(
        self,
        left: Image,
        right: Image,
        encoders: Sequence[str] = SLOTS,
        ask_anyway: bool = False,
    ) -> list[Comparison]:
        """Return what each encoder says of a pair. ask_anyway: one that abstains gives its numbers, too."""
        return [self._comparer.compare(encoder, left, right, ask_anyway) for encoder in encoders]

    def one_shot(
        self,
        query: Image,
        support: Sequence[tuple[str, Image]],
        encoders: Sequence[str] = SLOTS,
        ask_anyway: bool = False,
    ) -> list[Ranking]:
        """Rank the classes of `support`, (class name, image) each; a class may have several images.

        ask_anyway: an encoder that abstains ranks them, too.
        """
        if not support:
            raise UserError(
                "A one-shot comparison needs a support set. Received: no images. Add at least one image of "
                "each class."
            )
        return [self._ranker.rank(encoder, query, support, ask_anyway) for encoder in encoders]

    def similarities(self, encoder: str, query: np.ndarray, images: Sequence[np.ndarray]) -> np.ndarray:
        """Return the similarity float32 (n,) of the query to each image."""
        served = self.loader.serving(encoder, self.domain([query, *images]))
        embeddings = self._embedder.embed(served, [query, *images])
        checkpoint = self.cohorts.calibrated(served.checkpoint, embeddings)
        return checkpoint.similarity(checkpoint.pairwise_logits(embeddings[:1], embeddings[1:])[0])
