"""Ask an encoder which images of a gallery are most similar to a query, or why it abstains."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from siamese_core.checkpoints.naming import network_title
from siamese_core.metrics import bounded_logit
from siamese_core.searching.gallery import Gallery, Hits
from siamese_core.workspace.abstaining import doubt_of, reason, unknown_images

FEWEST_PAIRS = 1000  # of a sample, to tell the share of false positives from; else the card's is taken
NO_HITS = Hits(np.empty(0, np.int64), np.empty(0), np.empty(0, np.float32), np.empty(0, bool))


@dataclass(frozen=True)
class Query:
    """An image to search for.

    embedding: float32 (1, d), by the checkpoint of the gallery; domain: the image's; gallery_domain: that of
    the gallery; why: how the checkpoint was picked.
    """

    embedding: np.ndarray
    domain: str
    gallery_domain: str
    why: str = ""


@dataclass(frozen=True)
class Found:
    """What one encoder finds.

    threshold: 0..1; images: of the gallery; cohort: how many unlabelled images normalise the scores, 0 for
    none; false_hits: about how many of the gallery's images pass the threshold although they are different,
    at most, None where that is not known; network, domain, why, warning, abstains: as of a `Comparison`.
    Where the encoder abstains there are no hits, unless it was asked anyway.
    """

    encoder: str
    checkpoint: str
    threshold: float
    hits: Hits
    images: int
    cohort: int = 0
    false_hits: float | None = None
    network: str = ""
    domain: str = ""
    why: str = ""
    warning: str = ""
    abstains: bool = False

    def json(self, matches: Sequence[dict]) -> dict:
        """Return the result as JSON. matches: {"path", "image_id"} of each hit, in their order."""
        said = zip(matches, self.hits.similarity.tolist(), self.hits.same.tolist(), strict=True)
        names = ("threshold", "images", "false_hits", "cohort", "domain", "why", "warning", "network")
        return {
            "encoder": self.encoder,
            "checkpoint": self.checkpoint,
            "matches": [each | {"similarity": similarity, "same": same} for each, similarity, same in said],
            **{name: getattr(self, name) for name in (*names, "abstains")},
        }


def find(slot: str, gallery: Gallery, query: Query, count: int, ask_anyway: bool = False) -> Found:
    """Return the `count` images of a gallery most similar to a query. ask_anyway: also where the checkpoint
    abstains."""
    gallery = gallery.for_query(query.embedding)
    checkpoint, why = gallery.checkpoint, abstains(gallery, query)
    found = Found(
        encoder=slot,
        checkpoint=checkpoint.id,
        threshold=checkpoint.threshold,
        hits=NO_HITS,
        images=len(gallery),
        cohort=len(checkpoint.normalisation.cohort) if checkpoint.normalisation else 0,
        network=network_title(checkpoint.card),
        domain=query.gallery_domain,
        why=why or query.why,
        abstains=why is not None,
    )
    if why and not ask_anyway:
        return found
    (hits,), (trust,) = gallery.search(query.embedding, count), gallery.trust(query.embedding)
    warning = checkpoint.card.warning_for(query.gallery_domain) or doubt_of(float(trust))
    return replace(found, hits=hits, warning=warning, false_hits=false_hits(gallery))


def abstains(gallery: Gallery, query: Query) -> str | None:
    """Return in words why a checkpoint does not search: it does not know the query or most of the gallery."""
    card = gallery.checkpoint.card
    unknown = bool(unknown_images(gallery.checkpoint, [query.domain], query.embedding)[0])
    if not (card.knows(query.gallery_domain) and gallery.is_known):
        return reason(card, [query.gallery_domain] * 2, np.array([True, True]))
    if unknown:
        return reason(card, [query.domain, query.gallery_domain], np.array([True, False]), "the query is")
    return None


def false_hits(gallery: Gallery) -> float | None:
    """Return about how many images at most are called same as a query although they are different.

    None where neither enough random pairs nor the card tell.
    """
    limit = float(bounded_logit(gallery.checkpoint.threshold))
    rate = share_above(gallery.sampled_log_odds, limit)
    rate = gallery.checkpoint.card.false_positive_rate if rate is None else rate
    return None if rate is None else len(gallery) * rate


def share_above(log_odds: np.ndarray, limit: float) -> float | None:
    """Return the share of a sample's pairs, log-odds (m, m), at or above a limit.

    It is no less than the share of false positives. None for fewer than `FEWEST_PAIRS`.
    """
    pairs = log_odds[np.triu_indices(len(log_odds), 1)]
    return float(np.mean(pairs >= limit)) if len(pairs) >= FEWEST_PAIRS else None
