"""Check a network: its weights, the outputs of its layers, its embeddings and similarities."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.diagnosis.findings import Check, Finding
from siamese_core.metrics import mcnemar_exact

if TYPE_CHECKING:
    from siamese_core.diagnosis.layer_units import LayerUnits

# Trained networks that do well have up to three quarters of their sigmoid units asleep on 50 images, and up
# to a third of their rectified ones; of the sigmoid units that work, three quarters of the answers are flat.
MOST_DEAD = {"relu": 0.6, "sigmoid": 0.9, "tanh": 0.9}
MOST_FLAT = 0.95  # share of a layer's outputs where its slope is below 1 %
LEAST_RANK = 4.0  # effective rank, in directions
LEAST_SPREAD = 0.05  # mean distance of embeddings from their mean, of their length
LEAST_RANGE = 0.1  # of similarities between the 5th and the 95th percentile
LEAST_GAIN = 0.1  # of nearest-neighbour accuracy, by which another treatment must be better
MOST_REWARDED = (
    0.1  # share of a distance's weights below 0, by size; retraining on a few answers stays far below
)
IMAGENET_MEAN_BGR = np.array([103.939, 116.779, 123.68], np.float32)
SURE_P = 0.01  # of McNemar's exact test

Embed = Callable[[np.ndarray], np.ndarray]  # pixels (n, size, size, channels) -> embeddings (n, d)


def check_weights(weights: Sequence[tuple[str, np.ndarray]]) -> Finding:
    """Check that all weights are finite. weights: (path, values) in the order of the layers."""
    check = Check("finite-weights", "no weight that is NaN or infinite")
    spoilt = [(path, int(np.sum(~np.isfinite(values)))) for path, values in weights]
    total = sum(count for _, count in spoilt)
    if total == 0:
        return check.ok(0)
    first = next(path for path, count in spoilt if count)
    return check.found(
        "error",
        total,
        f"{total} weights are not numbers, the first of them in {first}: a gradient was NaN or infinite.",
        "Load an earlier checkpoint, and train on with a finite gradient: clamp what is under a root.",
    )


def check_answers(layers: Sequence["LayerUnits"]) -> Finding:
    """Check that all layers put out finite numbers, and name the first that does not."""
    check = Check("finite-answers", "no layer that answers with NaN or infinity")
    spoilt = [layer.name for layer in layers if not layer.finite]
    if not spoilt:
        return check.ok(0)
    return check.found(
        "error",
        len(spoilt),
        f"It starts in the layer {spoilt[0]}, {len(spoilt)} of {len(layers)} layers have it: its weights are "
        "not finite, or its inputs too large.",
        "Look at this layer's weights and at the range of its inputs.",
    )


def check_dead_units(layers: Sequence["LayerUnits"]) -> Finding:
    """Check for dead units: a rectifier that is never above 0, another unit that is always at one end."""
    shares = [(_dead(layer), layer) for layer in layers if layer.activation in MOST_DEAD]
    if not shares:
        return Check("dead-units", "layers whose units can fall asleep").ok(0, " (none: nothing to judge)")
    share, layer = max(shares, key=lambda each: each[0] / MOST_DEAD[each[1].activation])
    most = MOST_DEAD[layer.activation]
    check = Check("dead-units", f"at most {most:g} of a layer's {layer.activation} units asleep")
    if share <= most:
        return check.ok(share)
    return check.found(
        "error" if share > 0.99 else "warning",
        share,
        f"{round(share * len(layer.stuck))} of {len(layer.stuck)} {layer.activation} units of {layer.name} "
        "answer alike to every image: they tell nothing and learn nothing.",
        "Check the range of the input, lower the learning rate, start from He's weights with bias 0.",
    )


def _dead(layer: "LayerUnits") -> float:
    return float(np.mean(layer.stuck))


def check_saturated_units(layers: Sequence["LayerUnits"]) -> Finding:
    """Check for sigmoid and tanh units that work only at their flat ends, and for a one-hot softmax."""
    check = Check(
        "saturated-units", f"at most {MOST_FLAT:g} of a layer's answers where its slope is below 1 %"
    )
    shares = [(_saturated(layer), layer) for layer in layers if _can_saturate(layer)]
    if not shares:
        return check.ok(0, " (no such layer: nothing to judge)")
    share, layer = max(shares, key=lambda each: each[0])
    if share <= MOST_FLAT:
        return check.ok(share)
    return check.found(
        "error",
        share,
        f"The {layer.activation} of {layer.name} is flat for {100 * share:.0f} % of its answers: gradients "
        "vanish there, and different images get the very same embedding.",
        "Check the range of the input and the size of the weights; give embeddings no softmax.",
    )


def _can_saturate(layer: "LayerUnits") -> bool:
    return layer.activation in ("sigmoid", "tanh", "softmax")


def _saturated(layer: "LayerUnits") -> float:
    working = 1 - _dead(layer)
    return 1.0 if working == 0 else (layer.flat - (1 - working)) / working


def effective_rank(embeddings: np.ndarray) -> float:
    """Return the effective rank (Roy, Vetterli 2007) of embeddings (n, d): how many directions they use.

    It is exp of the entropy of the shares of variance, 1..min(n - 1, d), or 0 for a single point.
    """
    centred = np.asarray(embeddings, np.float64) - np.mean(embeddings, axis=0)
    variance = np.square(np.linalg.svd(centred, compute_uv=False))
    if variance.sum() < 1e-12:
        return 0.0
    shares = variance / variance.sum()
    shares = shares[shares > 0]
    return float(np.exp(-np.sum(shares * np.log(shares))))


def check_effective_rank(embeddings: np.ndarray) -> Finding:
    """Check that embeddings (n, d) of images of several classes have not collapsed."""
    least = min(LEAST_RANK, (len(embeddings) - 1) / 2)  # few images cannot fill many directions
    check = Check("effective-rank", f"at least {least:.2g} directions in use of {embeddings.shape[1]}")
    rank = effective_rank(embeddings)
    if rank >= least:
        return check.ok(rank)
    return check.found(
        "error" if rank < least / 2 else "warning",
        rank,
        f"The embeddings of {len(embeddings)} images lie on a line or in a point: they have collapsed.",
        "Train on with negatives that matter (all pairs of a batch), no softmax, a lower learning rate.",
    )


def check_rewarded_differences(weights: np.ndarray) -> Finding:
    """Check the weights (d,) of a weighted L1 distance: those below 0 make differing images more alike."""
    check = Check("rewarded-differences", f"at most {MOST_REWARDED:g} of the head's weight below 0")
    size = float(np.abs(weights).sum())
    share = float(-np.minimum(weights, 0).sum()) / size if size > 0 else 0.0
    if share <= MOST_REWARDED:
        return check.ok(share)
    return check.found(
        "warning",
        share,
        f"{int(np.sum(weights < 0))} of {len(weights)} weights of the head are below 0: they fit the classes "
        "trained on, and images of other classes seem alike where they differ.",
        "Keep the head's weights at or above 0 in training; setting those below 0 to 0 helps at once.",
    )


def check_embedding_spread(embeddings: np.ndarray) -> Finding:
    """Check how far embeddings (n, d) are from their mean, on average, in units of their length."""
    check = Check(
        "embedding-spread", f"at least {LEAST_SPREAD} of their length between an embedding and the mean"
    )
    embeddings = np.asarray(embeddings, np.float64)
    length = float(np.mean(np.linalg.norm(embeddings, axis=1)))
    away = float(np.mean(np.linalg.norm(embeddings - embeddings.mean(axis=0), axis=1)))
    spread = away / length if length > 0 else 0.0
    if spread >= LEAST_SPREAD:
        return check.ok(spread)
    return check.found(
        "error" if spread < LEAST_SPREAD / 10 else "warning",
        spread,
        "All images get nearly the same embedding, whatever they show.",
        "Check the range of the input; let the last layer have no bias of 0.5, and weights above 0.01.",
    )


def check_similarity_range(similarity: np.ndarray) -> Finding:
    """Check the range that holds 90 % of the similarities 0..1 (n,) of pairs, half of them positive."""
    check = Check("similarity-range", f"at least {LEAST_RANGE} between the 5th and the 95th percentile")
    low, high = np.percentile(similarity, (5, 95))
    if high - low >= LEAST_RANGE:
        return check.ok(high - low)
    return check.found(
        "error" if high - low < LEAST_RANGE / 5 else "warning",
        high - low,
        f"Same and different pairs alike get a similarity of about {np.median(similarity):.2f}: the network "
        "does not tell these images apart.",
        "Look at the embeddings; if they differ, fit the calibration again, else train on images like these.",
    )


def nearest_is_right(embeddings: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return for each image whether its nearest neighbour (cosine) is of the same class, bool (n,)."""
    length = np.linalg.norm(embeddings, axis=1, keepdims=True)
    unit = embeddings / np.maximum(length, 1e-12)
    cosine = unit @ unit.T
    np.fill_diagonal(cosine, -np.inf)
    labels = np.asarray(labels)
    return labels[np.argmax(cosine, axis=1)] == labels


def check_preprocessing(embed: Embed, pixels: np.ndarray, labels: np.ndarray) -> Finding:
    """Check that no other treatment of the pixels (n, size, size, channels) gives a better network.

    labels: (n,), with several images of a class. Measured: the accuracy of the nearest neighbour.
    """
    pixels = np.asarray(pixels, np.float32)
    others = {
        words: nearest_is_right(embed(treated), labels) for words, treated in _treatments(pixels).items()
    }
    return compare_treatments(nearest_is_right(embed(pixels), labels), others)


def compare_treatments(as_given: np.ndarray, others: Mapping[str, np.ndarray]) -> Finding:
    """Compare treatments of the pixels by whose nearest neighbour is right, bool (n,) each."""
    check = Check("preprocessing", f"no other treatment of the pixels better by {LEAST_GAIN} of accuracy")
    words, best = max(others.items(), key=lambda other: other[1].mean())
    accuracy, better = float(as_given.mean()), float(best.mean())
    if better - accuracy < LEAST_GAIN or mcnemar_exact(best, as_given) > SURE_P:
        return check.ok(accuracy)
    return check.found(
        "error",
        accuracy,
        f"Nearest neighbours are right for {100 * accuracy:.0f} % of {len(best)} images as they are given, "
        f"for {100 * better:.0f} % with {words}: that is what the network was trained on.",
        "Make the network's own preprocessing a part of the encoder, once, and give it RGB in 0..255.",
    )


def _treatments(pixels: np.ndarray) -> dict[str, np.ndarray]:
    divided = pixels.max() <= 1
    full = pixels * 255 if divided else pixels
    treatments = {"pixels in 0..255": full} if divided else {"pixels in 0..1": full / 255}
    treatments["pixels in -1..1"] = full / 127.5 - 1
    if pixels.shape[-1] == 3:
        treatments["channels turned to BGR"] = pixels[..., ::-1]
        treatments["pixels in 0..255, turned to BGR, less ImageNet's mean"] = (
            full[..., ::-1] - IMAGENET_MEAN_BGR
        )
    return treatments | {"inverted pixels": 255 - full}
