"""Compare two images with a checkpoint that serves."""

import time
from dataclasses import dataclass

from siamese_core.checkpoints.domains import HANDWRITING
from siamese_core.checkpoints.naming import network_title
from siamese_core.embeddings.cohorts import Cohorts
from siamese_core.metric_learning.familiarity import doubted
from siamese_core.metrics import verdict
from siamese_core.workspace.abstaining import abstains, doubt_of
from siamese_core.workspace.choosing import Chooser, Image
from siamese_core.workspace.embedder import Embedder
from siamese_core.workspace.loader import Loader


@dataclass(frozen=True)
class Comparison:
    """What one encoder says of a pair.

    similarity, threshold: 0..1; network: what people call it; domain: of the images, by which the checkpoint
    was picked; why, warning: as `Chooser.words` gives them. Where the encoder abstains, `why` says why, and
    `similarity` and `same` are None unless it was asked anyway. cohort: how many unlabelled images of the
    pool normalise and calibrate the score, 0 where none do.
    """

    encoder: str
    checkpoint: str
    similarity: float | None
    threshold: float
    same: bool | None
    milliseconds: float
    network: str = ""
    domain: str = HANDWRITING
    why: str = ""
    warning: str = ""
    abstains: bool = False
    cohort: int = 0


@dataclass(frozen=True)
class Comparer:
    loader: Loader
    chooser: Chooser
    embedder: Embedder
    cohorts: Cohorts

    def compare(self, slot: str, left: Image, right: Image, ask_anyway: bool = False) -> Comparison:
        """Compare two images with what the slot has for them. UserError where nothing loads.

        ask_anyway: give the numbers also where the checkpoint abstains.
        """
        choice = self.chooser.choice([left, right])
        served = self.loader.serving(slot, choice.domain)
        start = time.perf_counter()
        embeddings = self.embedder.embed(served, [left, right])
        why, warning = self.chooser.words(slot, choice, served.checkpoint.card)
        reason = abstains(served.checkpoint, choice.domains, embeddings)
        checkpoint = self.cohorts.calibrated(served.checkpoint, embeddings)
        if reason and not ask_anyway:
            similarity = same = None
        else:
            said, trust = (
                checkpoint.logits(embeddings[:1], embeddings[1:]),
                checkpoint.trust(embeddings).min(),
            )
            similarity = float(doubted(checkpoint.similarity(said), trust, checkpoint.threshold)[0])
            warning = warning or doubt_of(trust)
            same = bool(verdict(similarity, checkpoint.threshold))
        return Comparison(
            encoder=slot,
            checkpoint=checkpoint.id,
            similarity=similarity,
            threshold=checkpoint.threshold,
            same=same,
            milliseconds=milliseconds_since(start),
            network=network_title(checkpoint.card),
            domain=choice.domain,
            why=reason or why,
            warning="" if reason and not ask_anyway else warning,
            abstains=reason is not None,
            cohort=len(checkpoint.normalisation.cohort) if checkpoint.normalisation else 0,
        )


def milliseconds_since(start: float) -> float:
    """Return the time since `start`, a reading of `time.perf_counter`."""
    return round((time.perf_counter() - start) * 1000, 1)
