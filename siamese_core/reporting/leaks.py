"""Name what makes figures better than they are: images that were trained on, and the same picture twice."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from siamese_core.answers.label_row import LabelRow
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.diagnosis.image_checks import near_duplicates
from siamese_core.evaluation.protocols import OneShotTrials, VerificationTrials
from siamese_core.reporting.embedding import SeenImages
from siamese_core.reporting.measured_models import MeasuredModel
from siamese_core.reporting.sources import ANSWERS, POOL, SAMPLES, EvaluationData

SERIOUS, MILD = "serious", "mild"


@dataclass(frozen=True)
class Leak:
    """level: `SERIOUS` where figures mean little, else `MILD`; words: what it is, and how much of it."""

    level: str
    words: str

    def json(self) -> dict:
        return vars(self)


@dataclass(frozen=True)
class SamePictures:
    """Pairs of images that show nearly the same picture. first, second: places in what was seen."""

    first: np.ndarray
    second: np.ndarray
    count: int

    @classmethod
    def among(cls, seen: SeenImages) -> "SamePictures":
        """Find them. An image does not count as a copy of itself."""
        pairs = near_duplicates(seen.signatures, seen.signatures)
        pairs = pairs[pairs[:, 0] < pairs[:, 1]]
        return cls(pairs[:, 0], pairs[:, 1], len(seen.numbers))

    def holds(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return which pairs (n,) of places are among them."""
        low, high = np.minimum(left, right), np.maximum(left, right)
        return np.isin(low * self.count + high, self.first * self.count + self.second)


def picture_leaks(
    copies: SamePictures, labels: Sequence[str], trials: OneShotTrials | None, pairs: VerificationTrials
) -> list[Leak]:
    """Return what is to be said of pictures that occur twice. labels: the class of each image; it and the
    trials are by place."""
    if not len(copies.first):
        return []
    found = []
    classes = np.array(labels)
    across = int(np.sum((classes[copies.first] != classes[copies.second]) & (classes[copies.first] != "")))
    if across:
        found.append(
            Leak(
                SERIOUS,
                f"{across} pictures lie in two classes, nearly or exactly: one of the labels is wrong.",
            )
        )
    if trials is not None:
        query = np.broadcast_to(trials.query[:, None, None], trials.support.shape)
        both = copies.holds(query, trials.support).any(axis=(1, 2))
        if both.any():
            share = 100 * both.mean()
            words = (
                f"In {int(both.sum())} of {len(both)} trials ({share:.0f} %) the support set holds the query"
            )
            found.append(Leak(SERIOUS, f"{words} or a near-duplicate of it: that is found without looking."))
    copied = copies.holds(pairs.left, pairs.right)
    easy = int(np.sum(copied & pairs.same))
    if easy:
        total = int(np.sum(pairs.same))
        found.append(
            Leak(MILD, f"{easy} of {total} same pairs are near-duplicates, which any model calls same.")
        )
    return found


def training_leaks(
    data: EvaluationData, models: Sequence[MeasuredModel], seen: SeenImages, rows: Sequence[LabelRow]
) -> list[Leak]:
    """Return which checkpoints were trained on the images that are measured on. rows: of the log."""
    sha256 = data.dataset.fingerprint() if data.dataset is not None else None
    found: dict[str, Leak] = {}
    for each in models:
        if not isinstance(each.model, Checkpoint):
            continue
        card, title = each.model.card, each.title
        for role, entry in (("trained", card.data), ("calibrated", card.validation_data)):
            if sha256 and (entry or {}).get("sha256") == sha256:
                found[f"{title} {role}"] = Leak(SERIOUS, f"{title} was {role} on exactly these images.")
        if card.answers is None:
            continue
        if data.kind == SAMPLES:
            words = f"{title} was retrained with half of these drawings mixed in, so as not to forget."
            found[title] = Leak(MILD, words)
        elif share := _answered(seen.ids, rows):
            words = f"{title} learned from answers about {100 * share:.0f} % of these images."
            found[title] = Leak(SERIOUS if data.kind in (ANSWERS, POOL) and share > 0.5 else MILD, words)
    return list(found.values())


def _answered(ids: Sequence[str], rows: Sequence[LabelRow]) -> float:
    """Return the share, 0..1, of the images that any answer is about."""
    answered = {image_id for row in rows for image_id in row.pair}
    return float(np.mean([each in answered for each in ids]))
