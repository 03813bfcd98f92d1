"""Rank the classes of a support set for a query with a checkpoint that serves."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from siamese_core.checkpoints.domains import HANDWRITING
from siamese_core.checkpoints.naming import network_title
from siamese_core.embeddings.cohorts import Cohorts
from siamese_core.metrics import verdict
from siamese_core.workspace.choosing import Chooser, Image
from siamese_core.workspace.comparing import milliseconds_since
from siamese_core.workspace.embedder import Embedder
from siamese_core.workspace.loader import Loader


@dataclass(frozen=True)
class RankedClass:
    """similarity: 0..1, from the mean logit of the query with the class's support images."""

    name: str
    similarity: float


@dataclass(frozen=True)
class Ranking:
    """One encoder's classes for a query, the most similar first, which is its `pick`.

    margin: similarity of the first less that of the second (0 if there is only one class); none_of_these:
    even the pick is below the threshold; network, domain, why, warning: as of a `Comparison`.
    """

    encoder: str
    checkpoint: str
    pick: str
    margin: float
    none_of_these: bool
    threshold: float
    ranking: tuple[RankedClass, ...]
    milliseconds: float
    network: str = ""
    domain: str = HANDWRITING
    why: str = ""
    warning: str = ""


@dataclass(frozen=True)
class Ranker:
    loader: Loader
    chooser: Chooser
    embedder: Embedder
    cohorts: Cohorts

    def rank(self, slot: str, query: np.ndarray, support: Sequence[tuple[str, Image]]) -> Ranking:
        """Rank the classes of `support`, (class name, image) each. UserError where nothing loads."""
        images = [image for _, image in support]
        choice = self.chooser.choice([query, *images])
        served = self.loader.serving(slot, choice.domain)
        start = time.perf_counter()
        embeddings = self.embedder.embed(served, [query, *images], keep_from=1)
        checkpoint = self.cohorts.calibrated(served.checkpoint, embeddings)
        logits = checkpoint.pairwise_logits(embeddings[:1], embeddings[1:])[0]
        names = np.array([name for name, _ in support])
        means = {name: logits[names == name].mean() for name in dict.fromkeys(names.tolist())}
        # By logit: similarities near 1 can be equal where the logits are not.
        order = sorted(means, key=means.get, reverse=True)
        similarities = checkpoint.similarity(np.array([means[name] for name in order]))
        ranking = tuple(RankedClass(name, float(s)) for name, s in zip(order, similarities, strict=True))
        why, warning = self.chooser.words(slot, choice, checkpoint.card)
        return Ranking(
            encoder=slot,
            checkpoint=checkpoint.id,
            pick=ranking[0].name,
            margin=ranking[0].similarity - ranking[1].similarity if len(ranking) > 1 else 0.0,
            none_of_these=not verdict(ranking[0].similarity, checkpoint.threshold),
            threshold=checkpoint.threshold,
            ranking=ranking,
            milliseconds=milliseconds_since(start),
            network=network_title(checkpoint.card),
            domain=choice.domain,
            why=why,
            warning=warning,
        )
