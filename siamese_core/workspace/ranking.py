"""Rank the classes of a support set for a query with a checkpoint that serves."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.domains import HANDWRITING
from siamese_core.checkpoints.naming import network_title
from siamese_core.embeddings.cohorts import Cohorts
from siamese_core.metric_learning.familiarity import doubted
from siamese_core.metric_learning.open_set import (
    FEWEST_CLASSES,
    SupportScores,
    calibrated_threshold,
    single_shot_threshold,
)
from siamese_core.metric_learning.score_normalisation import cohort_rows
from siamese_core.metrics import Calibration, bounded_logit, verdict
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

    margin: similarity of the first less that of the second (0 if there is only one class); threshold: of
    the set where that has `open_set.FEWEST_CLASSES`, else of the checkpoint; none_of_these: even the pick is
    below it; network, domain, why, warning, abstains: as of a `Comparison`; false_positive_rate: 0..1, that
    a wrong class is above it. Where the encoder abstains, `pick`, `margin` and `none_of_these` are None and
    `ranking` is empty, unless it was asked anyway.
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
        self, slot: str, query: Image, support: Sequence[tuple[str, Image]], ask_anyway: bool = False
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
        trust = float(checkpoint.trust(embeddings).min())
        scored = scored_classes(checkpoint, embeddings, [name for name, _ in support], trust)
        ranking = scored.ranking if asked else ()
        return Ranking(
            encoder=slot,
            checkpoint=checkpoint.id,
            pick=ranking[0].name if asked else None,
            margin=_margin(ranking) if asked else None,
            none_of_these=not verdict(ranking[0].similarity, scored.threshold) if asked else None,
            threshold=scored.threshold,
            ranking=ranking,
            milliseconds=milliseconds_since(start),
            network=network_title(checkpoint.card),
            domain=choice.domain,
            why=reason or why,
            warning=(warning or doubt_of(trust)) if asked else "",
            abstains=reason is not None,
            false_positive_rate=scored.false_positive_rate,
        )


@dataclass(frozen=True)
class ScoredClasses:
    """Classes with their similarity to a query, the most similar first.

    threshold and false_positive_rate are as of a `Ranking`.
    """

    ranking: tuple[RankedClass, ...]
    threshold: float
    false_positive_rate: float | None


def scored_classes(
    checkpoint: Checkpoint, embeddings: np.ndarray, classes: Sequence[str], trust: float
) -> ScoredClasses:
    """Score the classes of a support set for a query.

    embeddings: of the query, then of an image of each of `classes`, which repeat; trust: that of the least
    known image, so that the classes stay in order.
    """

    def similarity(scores: np.ndarray) -> np.ndarray:
        said = expit(checkpoint.calibration.log_odds(scores))
        return doubted(said, trust, checkpoint.threshold)

    places = {name: place for place, name in enumerate(dict.fromkeys(classes))}
    names, codes = list(places), np.array([places[each] for each in classes])
    query = np.asarray(checkpoint.pairwise_logits(embeddings[:1], embeddings[1:])[0], np.float64)
    rows = cohort_rows(len(codes)) if len(names) >= FEWEST_CLASSES else np.arange(0)
    own = checkpoint.pairwise_logits(embeddings[1:][rows], embeddings[1:])
    scores = SupportScores(query, rows, np.asarray(own, np.float64), codes)
    threshold, false_positives = checkpoint.threshold, checkpoint.card.false_positive_rate
    if len(rows):
        found = scores if checkpoint.is_calibrated else scores.normalised()
        least = found.conformal_threshold()
        if least is None:
            least = _single_shot_threshold(checkpoint, scores, trust)
        threshold, false_positives = (
            float(similarity(np.float64(least))),
            found.false_hits(least) / (len(names) - 1),
        )
        scores = found
    means = scores.of_classes()
    # By score: similarities near 1 can be equal where the scores are not.
    order = np.argsort(-means, kind="stable")
    similarities = similarity(means).tolist()
    ranked = tuple(RankedClass(names[place], similarities[place]) for place in order)
    return ScoredClasses(ranked, threshold, false_positives)


def _single_shot_threshold(checkpoint: Checkpoint, scores: SupportScores, trust: float) -> float:
    slope, intercept = checkpoint.calibration.slope, checkpoint.calibration.intercept
    log_odds = Calibration(slope, intercept - float(bounded_logit(checkpoint.threshold)))
    if checkpoint.is_calibrated:
        return (calibrated_threshold(scores.classes.max() + 1) - log_odds.intercept) / slope
    return single_shot_threshold(scores, log_odds, trust)


def _margin(ranking: Sequence[RankedClass]) -> float:
    return ranking[0].similarity - ranking[1].similarity if len(ranking) > 1 else 0.0
