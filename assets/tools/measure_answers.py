"""Measure what answers teach: `python -m assets.tools.measure_answers RESNET50_WEIGHTS DATA...`.

DATA: class folders, or zips of them. A person who knows the classes gives `ANSWERS` answers to the queue,
which asks by both networks, as `bench loop` simulates it for one. Prints rows of the model card's table: each
network and both fused, on classes that were never labelled and on new images of those that were, means over
`SEEDS` divisions of the classes.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assets.tools.embedded_model import embedded
from assets.tools.measure_domains import MOST_IMAGES, POOL, SEED, models_for
from siamese_core.bench.loop import (
    PAIRS,
    SPLITS,
    TRIALS,
    WAYS,
    Condition,
    base_protocol,
    interval,
    simulated,
    split_classes,
    view_of,
)
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.naming import network_title
from siamese_core.checkpoints.store import SHIPPED
from siamese_core.data.datasets import Dataset, load_dataset
from siamese_core.data.sampling import sample_pairs
from siamese_core.evaluation.fusion import Fusion, load_fusion
from siamese_core.evaluation.protocols import OneShotOptions, ProtocolResult
from siamese_core.labelling.candidates import find_candidates
from siamese_core.metrics import equal_error_rate
from siamese_core.retraining.head_training import learned_head, unlabelled_head
from siamese_core.retraining.judging.gate import forgotten
from siamese_core.training.validation import one_shot

ANSWERS, SEEDS = 300, 5
STAGES = ("before", "with a pool", "unlabelled", f"{ANSWERS} answers")
HEADING = ("images", "measured on", "network", *STAGES, *(f"EER {stage}" for stage in STAGES))


@dataclass(frozen=True)
class Network:
    """A checkpoint, its embeddings (n, d) of the images, and the base protocol for heads."""

    model: Checkpoint
    rows: np.ndarray
    base: Callable[[Checkpoint], ProtocolResult]


@dataclass(frozen=True)
class TableModel:
    """Takes trials whose "images" are rows of a table of scores (n, n)."""

    table: np.ndarray
    encoder_name: str = "table"
    id: str = ""

    def embed(self, images: Sequence[int]) -> np.ndarray:
        return np.asarray(images, "int64")

    def logits(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return self.table[left, right]


def figures(data: Dataset, table: np.ndarray) -> tuple[float, float]:
    """Return the one-shot error and the equal error rate of scores (n, n) of the images."""
    options = OneShotOptions(n_way=min(WAYS, len(np.unique(data.labels))), episodes=TRIALS)
    correct = one_shot(TableModel(table), data, options).correct
    pairs = sample_pairs(data.labels, np.random.default_rng(0), PAIRS)
    return 1 - float(correct.mean()), equal_error_rate(table[pairs.left, pairs.right], pairs.same)


def measured(
    data: Dataset, networks: list[Network], fusion: Fusion, seed: int
) -> Iterator[tuple[str, int, list[tuple[float, float]]]]:
    """Yield split, number of the network (the last is both) and its figures at each stage."""
    pool, *tests = split_classes(data.labels, np.random.default_rng(seed))
    shown = [each.rows[pool].astype("float32") for each in networks]
    served = [each.model.normalised(images) for each, images in zip(networks, shown, strict=True)]
    views = [view_of(*each) for each in zip(served, shown, strict=True)]
    candidates = find_candidates(views, np.random.default_rng(seed))
    asked = Condition("queue", ANSWERS)
    answers = simulated(candidates, data.labels[pool], asked, np.random.default_rng(seed))
    stages = []
    for each, model, images in zip(networks, served, shown, strict=True):
        known, base = each.base(each.model), each.base

        def allowed(head: Checkpoint, known=known, base=base) -> bool:
            return forgotten(known, base(head)) is None

        found = learned_head(model, images, answers, np.random.default_rng(seed), allowed)
        stages.append((each.model, model, unlabelled_head(each.model, images), found or model))
    for split, rows in zip(SPLITS, tests, strict=True):
        part = data.subset(rows)
        tables = [
            [_log_odds(model, each.rows[rows]) for model in models]
            for each, models in zip(networks, stages, strict=True)
        ]
        fused = [_fused(*pair, fusion) for pair in zip(*tables, strict=True)]
        for number, own in enumerate([*tables, fused]):
            yield split, number, [figures(part, table) for table in own]


def _log_odds(model: Checkpoint, rows: np.ndarray) -> np.ndarray:
    rows = rows.astype("float32")
    return model.calibration.log_odds(model.pairwise_logits(rows, rows))


def _fused(koch: np.ndarray, resnet50: np.ndarray, fusion: Fusion) -> np.ndarray:
    return fusion.koch * koch + fusion.resnet50 * resnet50


def main(resnet50_weights: Path, paths: list[Path]) -> None:
    print(f"| {' | '.join(HEADING)} |\n|{'---|' * len(HEADING)}")
    for path in paths:
        whole = load_dataset([path])
        chosen = whole.subset(np.random.default_rng(SEED).permutation(len(whole))[: POOL + MOST_IMAGES])
        models, domain = models_for(whole, resnet50_weights)
        networks = [Network(each, embedded(each, chosen), base_protocol(each)) for each in models]
        titles = [*(network_title(each.card) for each in models), "both fused"]
        found: dict[tuple[str, int], list] = {}
        for seed in range(SEEDS):
            for split, number, values in measured(chosen, networks, load_fusion(SHIPPED, domain), seed):
                found.setdefault((split, number), []).append(values)
        for split in SPLITS:
            for number, title in enumerate(titles):
                errors, rates = np.moveaxis(np.array(found[split, number]), 2, 0)
                cells = [path.stem, split, title, *_cells(errors), *_cells(rates)]
                print(f"| {' | '.join(cells)} |", flush=True)


def _cells(values: np.ndarray) -> list[str]:
    """Return the means (seeds, stages) of each stage, of the last one with its 95 % interval."""
    low, high = interval(values[:, -1])
    means = [f"{100 * mean:.1f} %" for mean in values.mean(axis=0)]
    means[-1] += f" ({100 * max(0, low):.1f} to {100 * high:.1f})"
    return means


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(argument) for argument in sys.argv[2:]])
