"""Decide whether a checkpoint judges images, or abstains since it does not know such images."""

from collections.abc import Sequence

import numpy as np

from siamese_core.checkpoints.card import CheckpointCard
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.domains import HANDWRITING
from siamese_core.metric_learning.score_normalisation import FEWEST

LEAST_TRUST_UNTOLD = 0.3  # half of the pairs of an encoder's own domain are trusted as much or more


def unknown_images(checkpoint: Checkpoint, domains: Sequence[str], embeddings: np.ndarray) -> np.ndarray:
    """Return which images a checkpoint does not know, bool (n,): the one place of this rule.

    Images of a domain that it never saw, and those that lie far from all that it was trained on or calibrated
    with. domains: that of each image; embeddings: (n, embedding_dim), by the checkpoint.
    """
    other_domain = np.array([not checkpoint.card.knows(domain) for domain in domains], bool)
    return other_domain | checkpoint.is_foreign(embeddings)


def abstains(checkpoint: Checkpoint, domains: Sequence[str], embeddings: np.ndarray) -> str | None:
    """Return in words why a checkpoint does not compare images with each other.

    It does not know one of them. None where it knows all. Arguments as for `unknown_images`.
    """
    unknown = unknown_images(checkpoint, domains, embeddings)
    return reason(checkpoint.card, domains, unknown) if unknown.any() else None


def abstains_from_ranking(
    checkpoint: Checkpoint, domains: Sequence[str], embeddings: np.ndarray
) -> str | None:
    """Return in words why a checkpoint does not rank a support set for a query.

    It does not know the query, the first of the images, or most of the set. None where it ranks.
    """
    unknown = unknown_images(checkpoint, domains, embeddings)
    if unknown[0] and not unknown[1:].any():
        return reason(checkpoint.card, domains, unknown, "the query is")
    if unknown[0] or 2 * unknown[1:].sum() > len(unknown) - 1:
        return reason(checkpoint.card, domains, unknown)
    return None


def reason(card: CheckpointCard, domains: Sequence[str], unknown: np.ndarray, part: str = "") -> str:
    """Return in words why a checkpoint abstains.

    domains, unknown: of n images, as of `unknown_images`; part: which of them it does not know, if not all,
    with the verb, such as "the query is"; else their number.
    """
    trained, count, total = card.training_domain, int(unknown.sum()), len(unknown)
    others = {domain for domain, foreign in zip(domains, unknown, strict=True) if foreign} - {trained}
    if trained is None or not others:
        which = "these images are" if count == total else part or _part(count, total)
        return f"does not judge images unlike all that it was trained on, as {which}"
    other = others.pop()
    if count == total:
        return reason_of_domain(card, other)
    kind = "handwriting" if other == HANDWRITING else "a photograph" if count == 1 else "photographs"
    return f"has seen {trained} only, and {part or _part(count, total)} {kind}"


def reason_of_domain(card: CheckpointCard, domain: str) -> str:
    """Return in words why a checkpoint does not judge images of a domain that it does not know."""
    return f"has seen {card.training_domain} only, and does not judge {domain}"


def doubt_of(trust: float) -> str:
    """Return in words that what is said of images counts little, "" where it counts. trust: 0..1."""
    if trust >= LEAST_TRUST_UNTOLD:
        return ""
    return (
        "it knows such images little, so its similarity is drawn towards its threshold. "
        f"{FEWEST} of them added in Label, unlabelled, calibrate it."
    )


def _part(count: int, total: int) -> str:
    if total == 2:
        return "one of the two images is"
    return f"{count} of the {total} images {'is' if count == 1 else 'are'}"
