"""Fit the fusion of both slots: `python -m assets.tools.fit_fusion DATA [RESNET50_WEIGHTS]`.

DATA: class folders, or a zip of them, that no checkpoint was trained on: of handwriting in groups (alphabets)
for the shipped checkpoints; where a file of ResNet50's ImageNet weights is named, of photographs for the
networks that compare them. Writes `assets/checkpoints/fusion.json` or `fusion_photographs.json`, and prints
how good both and their fusion are where each half of the groups, or of the classes of photographs, is judged
by the fusion that the other half gave.
"""

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from assets.tools.embedded_model import EmbeddedModel, embedded, photograph_model
from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.checkpoints.domains import HANDWRITING, PHOTOGRAPHS
from siamese_core.checkpoints.store import SHIPPED
from siamese_core.data.datasets import Dataset, load_dataset
from siamese_core.evaluation.fusion import FILES, Fused, Fusion, fit_fusion
from siamese_core.evaluation.protocols import (
    OneShotOptions,
    OneShotTrials,
    VerificationTrials,
    one_shot_trials,
    sampled_pairs,
)
from siamese_core.metrics import expected_calibration_error, mcnemar_exact, wilson_interval
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.imagenet import lite_weights

TRIALS, PAIRS = 4_000, 20_000
THRESHOLD = 0.5  # for photographs: what little known ones are drawn to
N_WAY = 20


def trials_of(data: Dataset, images: np.ndarray, count: int) -> tuple[OneShotTrials, VerificationTrials]:
    """Draw one-shot trials and pairs of some images, as indices of the data set."""
    part = data.subset(images)
    several = len(np.unique(data.class_group)) > 1
    options = OneShotOptions(N_WAY, 1, count, within_group=several)
    one_shot = one_shot_trials(part, options, np.random.default_rng(1))
    pairs = sampled_pairs(part, PAIRS * count // TRIALS, np.random.default_rng(2))
    return (
        OneShotTrials("one-shot", int, images[one_shot.query], images[one_shot.support], one_shot.target),
        VerificationTrials(int, images[pairs.left], images[pairs.right], pairs.same),
    )


def halves(data: Dataset) -> list[np.ndarray]:
    """Split the groups in two at random, the classes where there is one group. Return each half's images."""
    several = len(np.unique(data.class_group)) > 1
    groups = data.class_group[data.labels] if several else data.labels
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


def main(path: Path, resnet50_weights: Path | None = None) -> None:
    data = load_dataset([path])
    if resnet50_weights:
        domain, weights = PHOTOGRAPHS, {"koch": lite_weights(), "resnet50": resnet50_weights}
        checkpoints = [photograph_model(slot, weights[slot]) for slot in SLOTS]
    else:
        domain, checkpoints = HANDWRITING, [load_checkpoint(SHIPPED / slot) for slot in SLOTS]
    models = [EmbeddedModel(checkpoint, embedded(checkpoint, data)) for checkpoint in checkpoints]
    found = fitted(models, data)
    if domain == PHOTOGRAPHS:
        found = replace(found, threshold=THRESHOLD)
    fusion = {name: round(value, 5) for name, value in asdict(found).items()}
    (SHIPPED / FILES[domain]).write_text(json.dumps(fusion, indent=1) + "\n")


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:3]))
