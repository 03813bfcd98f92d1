"""Measure the networks: `python -m assets.tools.measure_domains RESNET50_WEIGHTS DATA...`.

DATA: class folders, or zips of them. Prints rows of the model card's table for each data set, without and
with a pool of `POOL` unlabelled images, which no trial has: what `evaluate one-shot --episodes 1000` and
`evaluate verification --pairs 4000` measure on others, each embedded once.
"""

import sys
from pathlib import Path

import numpy as np

from assets.tools.embedded_model import EmbeddedModel, embedded, photograph_model
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.checkpoints.domains import HANDWRITING, domain_of_images, some_of
from siamese_core.checkpoints.naming import network_title
from siamese_core.checkpoints.store import SHIPPED
from siamese_core.data.datasets import Dataset, load_dataset
from siamese_core.evaluation.fusion import Fused, load_fusion
from siamese_core.evaluation.protocols import Model, OneShotOptions, one_shot_trials, sampled_pairs
from siamese_core.images.ink import is_ink
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.imagenet import lite_weights

SEED = 0
TRIALS = OneShotOptions(n_way=20, k_shot=1, episodes=1000)
PAIRS = 4_000
POOL = 200  # unlabelled images
MOST_IMAGES = 500  # others of a data set
HEADING = ("images", "network", "pool", "20-way one-shot", "ROC AUC", "EER", "right at the threshold", "ECE")


def row(data: Dataset, model: Model, first: int) -> list[str]:
    """Return a model's figures on a data set, with 95 % intervals. first: the model's number of its first
    image."""
    trials = one_shot_trials(data, TRIALS, np.random.default_rng(SEED))
    pairs = sampled_pairs(data, PAIRS, np.random.default_rng(SEED))
    moved = (_by_number(each, first) for each in (trials, pairs))
    shot, verified = (each.evaluate(model).json() for each in moved)
    return [
        _with_interval(shot),
        f"{verified['roc_auc']:.3f}",
        f"{100 * verified['eer']:.1f} %",
        _with_interval(verified),
        f"{verified['ece']:.3f}",
    ]


def _by_number(trials, first: int):
    """Return the trials with the numbers of images in place of the images."""
    return type(trials)(**{**vars(trials), "read": lambda number: number + first})


def _with_interval(result: dict) -> str:
    low, high = result["ci95"]
    return f"{100 * result['accuracy']:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def models_for(data: Dataset, resnet50_weights: Path) -> tuple[list[Checkpoint], str]:
    """Return what both slots have for the images, and the domain of these."""
    domain = domain_of_images([is_ink(data.image(index)) for index in some_of(len(data))])
    if domain == HANDWRITING:
        return [load_checkpoint(SHIPPED / slot) for slot in SLOTS], domain
    weights = {"koch": lite_weights(), "resnet50": resnet50_weights}
    return [photograph_model(slot, file) for slot, file in weights.items()], domain


def main(resnet50_weights: Path, paths: list[Path]) -> None:
    print(f"| {' | '.join(HEADING)} |\n|{'---|' * len(HEADING)}")
    for path in paths:
        whole = load_dataset([path])
        order = np.random.default_rng(SEED).permutation(len(whole))[: POOL + MOST_IMAGES]
        chosen = whole.subset(order)
        pool, others = np.arange(POOL), chosen.subset(np.arange(POOL, len(order)))
        checkpoints, domain = models_for(whole, resnet50_weights)
        alone = [EmbeddedModel(each, embedded(each, chosen)) for each in checkpoints]
        pooled = [model.normalised(pool) for model in alone]
        fusion = load_fusion(SHIPPED, domain)
        titles = [network_title(checkpoint.card) for checkpoint in checkpoints] + ["both fused"]
        counts = f"{path.stem}: {len(others):,} of {len(set(others.labels.tolist()))} classes"
        for words, models in (("no pool", alone), (f"pool of {POOL}", pooled)):
            for title, model in zip(titles, [*models, Fused(*models, fusion)], strict=True):
                figures = row(others, model, POOL)
                print(f"| {' | '.join([counts, title, words, *figures])} |", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(argument) for argument in sys.argv[2:]])
