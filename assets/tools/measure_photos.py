"""Measure the networks for photographs: `python -m assets.tools.measure_photos RESNET50_WEIGHTS DATA...`.

DATA: class folders of photographs, or zips of them. Prints a row of the model card's table for each data set
and each of EfficientNet-Lite2, ResNet50 and both fused: what `evaluate one-shot --episodes 1000` and
`evaluate verification --pairs 4000` measure, with each image embedded once.
"""

import sys
from pathlib import Path

import numpy as np

from assets.tools.embedded_model import EmbeddedModel, photograph_model
from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.checkpoints.naming import network_title
from siamese_core.checkpoints.store import SHIPPED
from siamese_core.data.datasets import Dataset, load_dataset
from siamese_core.evaluation.fusion import Fused, load_fusion
from siamese_core.evaluation.protocols import Model, OneShotOptions, one_shot_trials, sampled_pairs
from siamese_core.workspace.imagenet import lite_weights

SEED = 0
TRIALS = OneShotOptions(n_way=20, k_shot=1, episodes=1000)
PAIRS = 4_000
HEADING = ("images", "network", "20-way one-shot", "ROC AUC", "EER", "right at the threshold", "ECE")


def row(data: Dataset, model: Model) -> list[str]:
    """Return a model's figures on a data set, with 95 % intervals."""
    trials = one_shot_trials(data, TRIALS, np.random.default_rng(SEED))
    pairs = sampled_pairs(data, PAIRS, np.random.default_rng(SEED))
    shot, verified = (each.evaluate(model).json() for each in (_by_number(trials), _by_number(pairs)))
    return [
        _with_interval(shot),
        f"{verified['roc_auc']:.3f}",
        f"{100 * verified['eer']:.1f} %",
        _with_interval(verified),
        f"{verified['ece']:.3f}",
    ]


def _by_number(trials):
    """Return the trials with the numbers of images in place of the images."""
    return type(trials)(**{**vars(trials), "read": int})


def _with_interval(result: dict) -> str:
    low, high = result["ci95"]
    return f"{100 * result['accuracy']:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def main(resnet50_weights: Path, paths: list[Path]) -> None:
    weights = {"koch": lite_weights(), "resnet50": resnet50_weights}
    checkpoints = [photograph_model(slot, file) for slot, file in weights.items()]
    fusion = load_fusion(SHIPPED, PHOTOGRAPHS)
    print(f"| {' | '.join(HEADING)} |\n|{'---|' * len(HEADING)}")
    for path in paths:
        data = load_dataset([path])
        models = [EmbeddedModel(checkpoint, data) for checkpoint in checkpoints]
        titles = [network_title(checkpoint.card) for checkpoint in checkpoints] + ["both fused"]
        for title, model in zip(titles, [*models, Fused(*models, fusion)], strict=True):
            counts = f"{path.stem}: {len(data):,} of {len(data.classes)} classes"
            print(f"| {' | '.join([counts, title, *row(data, model)])} |", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(argument) for argument in sys.argv[2:]])
