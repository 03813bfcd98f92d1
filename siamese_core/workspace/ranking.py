"""Rank the classes of a support set for a query with a checkpoint that serves."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.domains import HANDWRITING
from siamese_core.checkpoints.naming import network_title
from siamese_core.embeddings.cohorts import Cohorts
from siamese_core.metric_learning.familiarity import doubted
from siamese_core.metrics import verdict
from siamese_core.workspace.abstaining import abstains_from_ranking, doubt_of
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
    even the pick is below the threshold; network, domain, why, warning, abstains: as of a `Comparison`;
    false_positive_rate: 0..1, as of the card. Where the encoder abstains, `pick`, `margin` and
    `none_of_these` are None and `ranking` is empty, unless it was asked anyway.
    """

    encoder: str
    checkpoint: str
    pick: str | None
    margin: float | None
    none_of_these: bool | None
    threshold: float
    ranking: tuple[RankedClass, ...]
    milliseconds: float
    network: str = ""
    domain: str = HANDWRITING
    why: str = ""
    warning: str = ""
    abstains: bool = False
    false_positive_rate: float | None = None


@dataclass(frozen=True)
class Ranker:
    loader: Loader
    chooser: Chooser
    embedder: Embedder
    cohorts: Cohorts

    def rank(
        self, slot: str, query: np.ndarray, support: Sequence[tuple[str, Image]], ask_anyway: bool = False
    ) -> Ranking:
        """Rank the classes of `support`, (class name, image) each. UserError where nothing loads.

        ask_anyway: give the ranking also where the checkpoint abstains.
        """
        images = [query, *(image for _, image in support)]
        choice = self.chooser.choice(images)
        served = self.loader.serving(slot, choice.domain)
        start = time.perf_counter()
        embeddings = self.embedder.embed(served, images, keep_from=1)
        checkpoint = self.cohorts.calibrated(served.checkpoint, embeddings)
        why, warning = self.chooser.words(slot, choice, checkpoint.card)
        reason = abstains_from_ranking(served.checkpoint, choice.domains, embeddings)
        asked = not reason or ask_anyway
        warning = warning or doubt_of(float(checkpoint.trust(embeddings).min()))
        ranking = _ranked(checkpoint, embeddings, [name for name, _ in support]) if asked else ()
        return Ranking(
            encoder=slot,
            checkpoint=checkpoint.id,
            pick=ranking[0].name if asked else None,
            margin=_margin(ranking) if asked else None,
            none_of_these=not verdict(ranking[0].similarity, checkpoint.threshold) if asked else None,
            threshold=checkpoint.threshold,
            ranking=ranking,
            milliseconds=milliseconds_since(start),
            network=network_title(checkpoint.card),
            domain=choice.domain,
            why=reason or why,
            warning=warning if asked else "",
            abstains=reason is not None,
            false_positive_rate=checkpoint.card.false_positive_rate,
        )


def _ranked(
    checkpoint: Checkpoint, embeddings: np.ndarray, classes: Sequence[str]
) -> tuple[RankedClass, ...]:
    """Rank the classes. embeddings: of the query, then of an image of each of `classes`, which repeat."""
    logits = checkpoint.pairwise_logits(embeddings[:1], embeddings[1:])[0]
    names = np.array(classes)
    means = {name: logits[names == name].mean() for name in dict.fromkeys(classes)}
    # By logit: similarities near 1 can be equal where the logits are not.
    order = sorted(means, key=means.get, reverse=True)
    said = checkpoint.similarity(np.array([means[name] for name in order]))
    # One trust for all classes, that of the least known image, so that they stay in order.
    similarities = doubted(said, float(checkpoint.trust(embeddings).min()), checkpoint.threshold)
    return tuple(RankedClass(name, float(s)) for name, s in zip(order, similarities, strict=True))


def _margin(ranking: Sequence[RankedClass]) -> float:
    return ranking[0].similarity - ranking[1].similarity if len(ranking) > 1 else 0.0
