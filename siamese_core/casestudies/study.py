"""Define what a case study is given and what it reports, and measure what all of them measure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.data.datasets import Dataset
from siamese_core.data.progress import Progress
from siamese_core.data.sampling import members
from siamese_core.diagnosis.findings import Finding
from siamese_core.errors import UserError
from siamese_core.metrics import equal_error_rate, roc_auc

if TYPE_CHECKING:
    from siamese_core.checkpoints.checkpoint import Checkpoint


@dataclass(frozen=True)
class StudyOptions:
    """What a case study is given.

    dataset: what all variants are trained and judged on.
    steps: of each training, None for the study's own number.
    size: side of the networks' input in px, None for their own.
    trials, n_way, language: of one-shot tasks.
    checkpoint: the network that takes one-shot tasks, None for an untrained one.
    weights: file of ResNet50's ImageNet weights, None to look for it.
    """

    dataset: Dataset
    steps: int | None = None
    seed: int = 0
    size: int | None = None
    trials: int = 50
    n_way: int = 20
    language: str | None = None
    checkpoint: "Checkpoint | None" = None
    weights: Path | None = None


@dataclass(frozen=True)
class StudyReport:
    """What a case study found. table: a row for each variant, {"variant": name, metric: number or None}."""

    name: str
    findings: tuple[Finding, ...]
    table: tuple[dict, ...]

    def json(self) -> dict:
        return {
            "name": self.name,
            "findings": [finding.json() for finding in self.findings],
            "table": [{key: _rounded(value) for key, value in row.items()} for row in self.table],
        }


def _rounded(value: object) -> object:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def of_variant(variant: str, findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings under names that say which variant they are about."""
    return [replace(finding, check=f"{finding.check} ({variant})") for finding in findings]


def part(progress: Progress, place: int, count: int, variant: str) -> Progress:
    """Return the progress of variant number `place` of `count` within that of the whole study."""
    return lambda share, words: progress((place + share) / count, f"{variant}: {words}")


def hold_out(dataset: Dataset, share: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return indices of the images that train and of those held out, of a `share` of the classes.

    Only classes with two images or more are used. UserError if fewer than two would be on either side.
    """
    several = [label for label, found in members(dataset.labels).items() if len(found) > 1]
    count = max(2, round(share * len(several)))
    if len(several) < count + 2:
        raise UserError(
            "A case study needs four classes with two images each: two are kept from training. "
            f"Received: {len(several)}. Give more --data."
        )
    kept = rng.choice(several, count, replace=False)
    inside = np.isin(dataset.labels, several)
    return np.flatnonzero(inside & ~np.isin(dataset.labels, kept)), np.flatnonzero(
        np.isin(dataset.labels, kept)
    )


def verification(scores: np.ndarray, labels: np.ndarray) -> dict[str, float | None]:
    """Return equal error rate and area under the ROC curve over the pairs i < j of n images.

    scores: (n, n), larger for images that are more alike. Both figures are None where a score is not finite.
    """
    left, right = np.triu_indices(len(labels), 1)
    chosen = scores[left, right]
    if not np.isfinite(chosen).all():
        return {"eer": None, "roc_auc": None}
    same = labels[left] == labels[right]
    return {"eer": equal_error_rate(chosen, same), "roc_auc": roc_auc(chosen, same)}
