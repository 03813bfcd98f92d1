"""Measure what answers teach: `python -m assets.tools.measure_answers RESNET50_WEIGHTS DATA...`.

DATA: class folders, or zips of them. A person who knows the classes gives `ANSWERS` answers to the queue,
which asks by both networks. Prints rows of the model card's table, on classes that were never labelled and on
new images of those that were, means over `SEEDS` divisions of the classes: without a pool, with one, and
after the answers.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assets.tools.embedded_model import EmbeddedModel, embedded
from assets.tools.measure_domains import MOST_IMAGES, PAIRS, POOL, SEED, TRIALS, models_for
from siamese_core.bench.loop import Condition, base_protocol, interval, simulated, split_classes, view_of
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.naming import network_title
from siamese_core.checkpoints.store import SHIPPED
from siamese_core.data.datasets import Dataset, load_dataset
from siamese_core.evaluation.fusion import Fused, Fusion, load_fusion
from siamese_core.evaluation.protocols import (
    Model,
    OneShotOptions,
    ProtocolResult,
    one_shot_trials,
    sampled_pairs,
)
from siamese_core.labelling.candidates import find_candidates
from siamese_core.metric_learning.cross_validation import LabelledPairs
from siamese_core.retraining.head_training import learned_head
from siamese_core.retraining.judging.gate import forgotten

ANSWERS, SEEDS = 300, 3
STAGES = ("none", f"{POOL} and more", f"{ANSWERS} answers")
SPLITS = ("never labelled", "labelled")
FIGURES = ("error", "eer", "accuracy", "ece")
HEADING = ("images", "classes", "network", "pool", "20-way one-shot error", "EER", "right", "ECE")


@dataclass(frozen=True)
class Network:
    """A checkpoint, its embeddings (n, d) of the images, and the base protocol for heads."""

    model: Checkpoint
    rows: np.ndarray
    base: Callable[[Checkpoint], ProtocolResult]

    def learned(self, pool: np.ndarray, answers: LabelledPairs, seed: int) -> Checkpoint:
        """Return the checkpoint that the answers give, the parent where they teach nothing."""
        served, known = self.served(pool), self.base(self.model)
        rng, shown = np.random.default_rng(seed), self.shown(pool)
        found = learned_head(
            served, shown, answers, rng, lambda head: forgotten(known, self.base(head)) is None
        )
        return found or served

    def served(self, pool: np.ndarray) -> Checkpoint:
        return self.model.normalised(self.shown(pool))

    def shown(self, pool: np.ndarray) -> np.ndarray:
        return self.rows[pool].astype("float32")


def figures(data: Dataset, model: Model) -> tuple[float, ...]:
    """Return one-shot error, EER, accuracy at the threshold and ECE. The model's images are their numbers."""
    ways = min(TRIALS.n_way, len(np.unique(data.labels)))
    options = OneShotOptions(ways, 1, TRIALS.episodes)
    trials = one_shot_trials(data, options, np.random.default_rng(SEED))
    pairs = sampled_pairs(data, PAIRS, np.random.default_rng(SEED))
    shot, verified = (
        type(each)(**{**vars(each), "read": int}).evaluate(model).json() for each in (trials, pairs)
    )
    return 1 - shot["accuracy"], verified["eer"], verified["accuracy"], verified["ece"]


def measured(
    data: Dataset, networks: list[Network], fusion: Fusion, seed: int
) -> Iterator[tuple[str, str, str, tuple[float, ...]]]:
    """Yield split, network, stage and figures for one division of the classes."""
    pool, *tests = split_classes(data.labels, np.random.default_rng(seed))
    served = [each.served(pool) for each in networks]
    views = [view_of(model, each.shown(pool)) for model, each in zip(served, networks, strict=True)]
    candidates = find_candidates(views, np.random.default_rng(seed))
    asked = Condition("queue", ANSWERS)
    answers = simulated(candidates, data.labels[pool], asked, np.random.default_rng(seed))
    after = [each.learned(pool, answers, seed) for each in networks]
    titles = [*(network_title(each.model.card) for each in networks), "both fused"]
    for stage, models in zip(STAGES, ([each.model for each in networks], served, after), strict=True):
        for split, images in zip(SPLITS, tests, strict=True):
            pairs = zip(models, networks, strict=True)
            alone = [EmbeddedModel(model, each.rows[images]) for model, each in pairs]
            for title, model in zip(titles, [*alone, Fused(*alone, fusion)], strict=True):
                yield split, title, stage, figures(data.subset(images), model)


def main(resnet50_weights: Path, paths: list[Path]) -> None:
    print(f"| {' | '.join(HEADING)} |\n|{'---|' * len(HEADING)}")
    for path in paths:
        whole = load_dataset([path])
        chosen = whole.subset(np.random.default_rng(SEED).permutation(len(whole))[: POOL + MOST_IMAGES])
        models, domain = models_for(whole, resnet50_weights)
        networks = [Network(each, embedded(each, chosen), base_protocol(each)) for each in models]
        found: dict[tuple[str, str, str], list] = {}
        for seed in range(SEEDS):
            for *names, each in measured(chosen, networks, load_fusion(SHIPPED, domain), seed):
                found.setdefault(tuple(names), []).append(each)
        for names, values in sorted(found.items(), key=lambda item: SPLITS.index(item[0][0])):
            cells = [_cell(name, each) for name, each in zip(FIGURES, np.transpose(values), strict=True)]
            print(f"| {' | '.join([path.stem, *names, *cells])} |", flush=True)


def _cell(name: str, values: np.ndarray) -> str:
    """Return a mean with its 95 % interval over the divisions."""
    low, high = interval(values)
    if name == "ece":
        return f"{values.mean():.3f}"
    return f"{100 * values.mean():.1f} % ({100 * low:.1f} to {100 * high:.1f})"


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(argument) for argument in sys.argv[2:]])
