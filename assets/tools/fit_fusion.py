"""Fit the fusion of the shipped checkpoints: `python -m assets.tools.fit_fusion DATA`.

DATA: class folders of handwriting in groups (alphabets), or a zip of them, that no shipped checkpoint was
trained on. Writes `assets/checkpoints/fusion.json`, and prints how good both and their fusion are where each
half of the groups is judged by the fusion that the other half gave.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from siamese_core.checkpoints.checkpoint import load_checkpoint
from siamese_core.checkpoints.store import SHIPPED
from siamese_core.data.datasets import Dataset, load_dataset
from siamese_core.evaluation.fusion import Fused, Fusion, fit_fusion
from siamese_core.evaluation.protocols import (
    OneShotOptions,
    OneShotTrials,
    VerificationTrials,
    one_shot_trials,
    sampled_pairs,
)
from siamese_core.metrics import expected_calibration_error, mcnemar_exact, wilson_interval
from siamese_core.networks.encoders import SLOTS

TRIALS, PAIRS = 4_000, 20_000
N_WAY = 20


class EmbeddedModel:
    """A checkpoint whose "images" are indices of a data set, each embedded once and kept in float16."""

    def __init__(self, folder: Path, data: Dataset):
        self.model = load_checkpoint(folder)
        self.encoder_name, self.id = self.model.encoder_name, self.model.id
        self.threshold, self.calibration = self.model.threshold, self.model.calibration
        self.logits, self.similarity = self.model.logits, self.model.similarity
        starts = range(0, len(data), 64)
        self.rows = np.concatenate(
            [
                self.model.embed([data.image(i) for i in range(s, min(s + 64, len(data)))]).astype("float16")
                for s in starts
            ]
        )

    def embed(self, numbers: list[int]) -> np.ndarray:
        return self.rows[np.asarray(numbers)].astype("float32")


def trials_of(data: Dataset, images: np.ndarray, count: int) -> tuple[OneShotTrials, VerificationTrials]:
    """Draw one-shot trials and pairs of some images, as indices of the data set."""
    part = data.subset(images)
    options = OneShotOptions(N_WAY, 1, count, within_group=True)
    one_shot = one_shot_trials(part, options, np.random.default_rng(1))
    pairs = sampled_pairs(part, PAIRS * count // TRIALS, np.random.default_rng(2))
    return (
        OneShotTrials("one-shot", int, images[one_shot.query], images[one_shot.support], one_shot.target),
        VerificationTrials(int, images[pairs.left], images[pairs.right], pairs.same),
    )


def halves(data: Dataset) -> list[np.ndarray]:
    """Split the groups in two at random. Return the images of each half."""
    groups = data.class_group[data.labels]
    first = np.random.default_rng(0).permutation(np.unique(groups))[::2]
    return [np.flatnonzero(np.isin(groups, first)), np.flatnonzero(~np.isin(groups, first))]


def judged(models: list[EmbeddedModel], fusion: Fusion, trials: tuple) -> dict[str, np.ndarray]:
    """Evaluate both models and their fusion on the same trials."""
    fused = Fused(*models, fusion)
    verification = trials[1].evaluate(fused)
    each = {model.encoder_name: trials[0].evaluate(model).correct for model in models}
    return each | {
        "fused": trials[0].evaluate(fused).correct,
        "similarity": verification.similarity,
        "same": verification.same,
    }


def fitted(models: list[EmbeddedModel], data: Dataset) -> Fusion:
    """Print cross-fitted figures, then return the fusion fitted on all groups."""
    first, second = (trials_of(data, images, TRIALS // 2) for images in halves(data))
    results = [
        judged(models, fit_fusion(*other, *models), part)
        for part, other in ((first, second), (second, first))
    ]
    joined = {name: np.concatenate([result[name] for result in results]) for name in results[0]}
    for name in ("koch", "resnet50", "fused"):
        correct, count = int(joined[name].sum()), len(joined[name])
        low, high = wilson_interval(correct, count)
        print(f"{name}: {100 * correct / count:.2f} % ({100 * low:.1f} to {100 * high:.1f}) of {count}")
    for name in ("koch", "resnet50"):
        print(f"fused against {name}: McNemar's exact p {mcnemar_exact(joined['fused'], joined[name]):.2g}")
    print(f"fused ECE: {expected_calibration_error(joined['similarity'], joined['same']):.4f}")
    return fit_fusion(*trials_of(data, np.arange(len(data)), TRIALS), *models)


def main(path: Path) -> None:
    data = load_dataset([path])
    models = [EmbeddedModel(SHIPPED / slot, data) for slot in SLOTS]
    fusion = {name: round(value, 5) for name, value in asdict(fitted(models, data)).items()}
    (SHIPPED / "fusion.json").write_text(json.dumps(fusion, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
