"""Fit what an encoder knows: `python -m assets.tools.fit_familiarity ENCODER DATA [RESNET50_WEIGHTS]`.

ENCODER: koch or resnet50 (the shipped checkpoints, which know handwriting), efficientnet_lite2 or
resnet50_photographs (which know photographs). DATA: a folder with the zips named in `SETS`. Writes
`familiarity.npz` of the encoder and prints how many images of each set are foreign to it.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from assets.tools.embedded_model import photograph_model
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.checkpoints.familiarity_file import FAMILIARITY_FILE, write_familiarity
from siamese_core.checkpoints.store import SHIPPED
from siamese_core.data.datasets import load_dataset
from siamese_core.data.sampling import sample_pairs
from siamese_core.metric_learning.familiarity import Familiarity, doubted, fit_familiarity
from siamese_core.metrics import bounded_logit, expected_calibration_error
from siamese_core.workspace.imagenet import lite_weights

INK = ("omniglot/images_background", "omniglot/images_validation", "signatures_hindi")
PHOTOS = ("photos_60", "products_lab", "faces_orl")
CONFIRMED = ("dog_noses", "faces_lfw_ag")  # printed, and nothing is chosen by them
SETS = (*INK, *PHOTOS, *CONFIRMED)
MOST_IMAGES = 700  # of a set
RANKS = {"koch": 32, "resnet50": 32, "efficientnet_lite2": 16, "resnet50_photographs": 16}
# Which terms of trust are fitted, and with which sign: photographs of any kind lie far from drawings, and
# what tells unusual ones is how much of them lies outside of the subspace of known ones, and whether they are
# clearly of one class of ImageNet; unusual writing lies nearer to photographs.
TERMS = {
    "koch": {1: -1},
    "resnet50": {1: -1},
    "efficientnet_lite2": {2: -1, 3: 1},
    "resnet50_photographs": {2: -1},
}
FALSE_ALARMS = 0.01  # share of held-out and of merely unusual images that may count as foreign
PAIRS = 4000  # of a set, that trust is fitted to
SYNTHETIC = 60


def synthetic(rng: np.random.Generator) -> list[np.ndarray]:
    """Return images of nothing: noise in colour and in grey, one colour, a gradient, stripes."""
    images = []
    for _ in range(SYNTHETIC // 5):
        height, width = rng.integers(100, 320, size=2)
        level, spread = rng.integers(60, 200), rng.integers(4, 70)
        grey = np.clip(rng.normal(level, spread, (height, width, 1)), 0, 255)
        ramp = np.linspace(0, 255, height)[:, None, None] * rng.random(3) + np.zeros((height, width, 3))
        stripes = 127 + 120 * np.sin(np.arange(width) / rng.uniform(2, 30))[None, :, None]
        images += [
            rng.integers(0, 256, (height, width, 3)),
            np.repeat(grey, 3, axis=2),
            np.zeros((height, width, 3)) + rng.integers(0, 256, 3),
            ramp,
            np.broadcast_to(stripes, (height, width, 3)),
        ]
    return [image.astype(np.uint8) for image in images]


def embedded(checkpoint: Checkpoint, data: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return embeddings (n, d) and class labels (n,) of a sample of a set."""
    dataset = load_dataset([data / f"{name}.zip"])
    chosen = np.random.default_rng(0).permutation(len(dataset))[:MOST_IMAGES]
    parts = np.array_split(chosen, max(1, len(chosen) // 32))
    rows = [checkpoint.embed([dataset.image(int(i)) for i in part]) for part in parts]
    print(name, len(chosen), file=sys.stderr, flush=True)
    return np.concatenate(rows), dataset.labels[chosen]


def with_trust(
    familiarity: Familiarity,
    signs: dict[int, int],
    checkpoint: Checkpoint,
    sets: list[tuple[np.ndarray, np.ndarray]],
) -> Familiarity:
    """Fit terms of the trust by the mean log-loss of random pairs of the sets, half of them positive."""
    judged = []
    for rows, labels in sets:
        pairs = sample_pairs(labels, np.random.default_rng(1), PAIRS)
        terms = familiarity.trust_terms(rows)
        logits = checkpoint.calibration.log_odds(checkpoint.logits(rows[pairs.left], rows[pairs.right]))
        judged.append((logits, terms[pairs.left], terms[pairs.right], np.where(pairs.same, 1, -1)))
    middle = bounded_logit(checkpoint.threshold)
    spreads = np.concatenate([left for _, left, _, _ in judged]).std(axis=0)

    def weights(free: np.ndarray) -> np.ndarray:
        found = np.append(free[0], np.zeros(len(spreads) - 1))
        for (term, sign), size in zip(signs.items(), free[1:], strict=True):
            found[term] = sign * np.exp(size) / spreads[term]
        return found

    def loss(free: np.ndarray) -> float:
        losses = []
        for logits, left, right, sign in judged:
            trust = expit(np.minimum(left @ weights(free), right @ weights(free)))
            losses.append(np.logaddexp(0, -sign * (middle + trust * (logits - middle))).mean())
        return float(np.mean(losses))

    sizes = [np.full(len(signs), size) for size in (-1.0, 1.0)]
    starts = [np.append(start, size) for start in (-20.0, -5.0, 0.0, 5.0) for size in sizes]
    best = min((minimize(loss, start, method="Nelder-Mead") for start in starts), key=lambda each: each.fun)
    return replace(familiarity, trust_weights=weights(best.x))


def calibration_error(
    familiarity: Familiarity, checkpoint: Checkpoint, rows: np.ndarray, labels: np.ndarray
) -> float:
    """Return the expected calibration error of random pairs, half of them positive."""
    pairs = sample_pairs(labels, np.random.default_rng(3), PAIRS)
    trust = familiarity.trust(rows)
    similarity = checkpoint.similarity(checkpoint.logits(rows[pairs.left], rows[pairs.right]))
    drawn = doubted(similarity, np.minimum(trust[pairs.left], trust[pairs.right]), checkpoint.threshold)
    return expected_calibration_error(drawn, pairs.same)


def main(encoder: str, data: Path, weights: Path | None = None) -> None:
    if encoder in ("koch", "resnet50"):
        checkpoint, file = load_checkpoint(SHIPPED / encoder), SHIPPED / encoder / FAMILIARITY_FILE
        known, unusual, others = INK[0], INK[1:], PHOTOS
    else:
        slot, weights = ("resnet50", weights) if weights else ("koch", lite_weights())
        checkpoint = photograph_model(slot, weights)
        file = SHIPPED / f"{encoder}.{FAMILIARITY_FILE}"
        known, unusual, others = PHOTOS[0], PHOTOS[1:], INK[:2]
    found = {name: embedded(checkpoint, data, name) for name in SETS}
    images = synthetic(np.random.default_rng(0))
    nothing = np.concatenate([checkpoint.embed(images[n : n + 20]) for n in range(0, len(images), 20)])
    rows, labels = found[known]
    classes = np.random.default_rng(2).permutation(np.unique(labels))
    held = np.isin(labels, classes[: len(classes) // 3])
    foreign = np.concatenate([found[others[0]][0], nothing[::2]])
    head = checkpoint.head
    weight = (
        np.maximum(np.asarray(head.weight), 0) ** 0.5 if hasattr(head, "weight") else np.ones(rows.shape[1])
    )
    unit = not hasattr(head, "weight")
    familiarity = fit_familiarity(rows[~held], foreign, weight, unit, RANKS[encoder])
    if checkpoint.familiarity:
        familiarity = replace(familiarity, class_weights=checkpoint.familiarity.class_weights)
    tolerated = [rows[held], *(found[name][0] for name in unusual)]
    limit = max(np.quantile(familiarity.distance(each), 1 - FALSE_ALARMS) for each in tolerated)
    familiarity = replace(familiarity, limit=float(limit))
    asked = [(rows[held], labels[held]), *(found[name] for name in unusual)]
    familiarity = with_trust(familiarity, TERMS[encoder], checkpoint, asked)
    write_familiarity(file, replace(familiarity, class_weights=None))  # these come with the weights
    shares = {name: float(familiarity.is_foreign(each).mean()) for name, (each, _) in found.items()}
    shares |= {"held out": float(familiarity.is_foreign(rows[held]).mean())}
    shares |= {"of nothing": float(familiarity.is_foreign(nothing[1::2]).mean())}
    errors = {name: calibration_error(familiarity, checkpoint, *each) for name, each in found.items()}
    numbers = {"limit": familiarity.limit, "trust_weights": familiarity.trust_weights.tolist()}
    print(json.dumps(numbers | {"foreign": shares, "ece": errors, "bytes": file.stat().st_size}))


if __name__ == "__main__":
    main(sys.argv[1], *(Path(argument) for argument in sys.argv[2:4]))
