"""The first published attempt: why a frozen ResNet50 does worse than a small network from scratch."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
from keras import applications

from siamese_core.casestudies import published
from siamese_core.casestudies.study import (
    StudyOptions,
    StudyReport,
    hold_out,
    of_variant,
    part,
    verification,
)
from siamese_core.casestudies.study_training import (
    JIT,
    Draw,
    StudyImages,
    all_pairs,
    all_pairs_network,
    all_scores,
    random_pairs,
)
from siamese_core.casestudies.training_watch import check_loss_moves, check_training, train_watched
from siamese_core.data.datasets import Dataset
from siamese_core.data.progress import Progress
from siamese_core.data.sampling import BatchShape, members
from siamese_core.diagnosis.findings import Check, Finding
from siamese_core.diagnosis.layer_units import layer_units
from siamese_core.diagnosis.network_checks import (
    check_dead_units,
    check_effective_rank,
    check_embedding_spread,
    check_saturated_units,
    compare_treatments,
    effective_rank,
    nearest_is_right,
)
from siamese_core.errors import UserError
from siamese_core.networks.encoders import ENCODERS, PRETRAINED, EncoderSpec
from siamese_core.networks.heads import make_head
from siamese_core.training.prepared_images import PreparedImages, embed_pixels
from siamese_core.workspace.imagenet import download_weights, find_weights

NAME = "resnet50-vs-scratch"
STEPS = 200
HELD_OUT = 1 / 3  # of the classes
IMAGES_OF_A_CLASS = 6
NEIGHBOUR_CLASSES, NEIGHBOURS = 40, 3  # 120 images for the nearest-neighbour rows
HALFSIZE = 8  # same pairs, and as many different ones, in a published batch
BATCH = BatchShape(8, 4)  # ours: as many images
LEARNING_RATE = 3e-4  # one for all, so that a row differs from another by what it names
PROBED = 32  # images
LAST = 10  # steps whose mean loss is told
MOST_COST = 0.05  # of equal error rate, for what stands on the features
LEAST_KOCH = 80  # px that its convolutions leave something of

Treatment = Callable[[np.ndarray], np.ndarray]


def own_preprocessing(pixels: np.ndarray) -> np.ndarray:
    """RGB 0..255 -> BGR less ImageNet's mean, what the weights were trained with."""
    return applications.resnet.preprocess_input(pixels.copy())


OWN, RAW, DIVIDED = "own preprocessing", "raw pixels", "divided by 255"
SIGMOIDS, NO_SIGMOIDS = f"published head, {OWN}", f"{OWN}, no sigmoids"
TREATMENTS: dict[str, Treatment] = {
    OWN: own_preprocessing,
    RAW: lambda pixels: pixels,
    DIVIDED: lambda pixels: pixels / 255,
    "divided by 255, then its own preprocessing": lambda pixels: own_preprocessing(pixels / 255),
}


@dataclass(frozen=True)
class Photos:
    """What is seen of a data set: photos uint8 (n, size, size, 3) by the ResNet50, grey (n, side, side, 1) by
    Koch's network; training, held_out: indices of images, of different classes."""

    dataset: Dataset
    photos: np.ndarray
    grey: np.ndarray
    training: np.ndarray
    held_out: np.ndarray

    def as_seen(self, inputs: np.ndarray) -> StudyImages:
        return StudyImages(self.dataset, inputs, self.training, self.held_out)


@dataclass(frozen=True)
class FeatureVariant:
    """encoder: built anew for each training; ours: all pairs of a batch under the project's loss, else random
    pairs under cross-entropy."""

    name: str
    images: StudyImages
    encoder: Callable[[], keras.Model]
    ours: bool = False


def run(options: StudyOptions, progress: Progress) -> StudyReport:
    """UserError where there are no weights, or the data has fewer than four classes with two images."""
    size = options.size or PRETRAINED["resnet50_imagenet"].size
    backbone = _backbone(options.weights or find_weights() or download_weights(), size)
    return compare(backbone, _photos(options, size, progress), options, progress)


def _backbone(weights: Path, size: int) -> keras.Model:
    try:
        return applications.ResNet50(
            include_top=False, weights=str(weights), input_shape=(size, size, 3), pooling="avg"
        )
    except Exception as failure:  # whatever a damaged file may bring
        raise UserError(
            "The ImageNet weights are the file of Keras' ResNet50 without its top. "
            f"Received: {weights} ({str(failure).splitlines()[0]}). Name one with --resnet50-weights."
        ) from failure


def _photos(options: StudyOptions, size: int, progress: Progress) -> Photos:
    rng = np.random.default_rng(options.seed)
    by_class = members(options.dataset.labels).values()
    few = np.concatenate([rng.permutation(found)[:IMAGES_OF_A_CLASS] for found in by_class])
    dataset = options.dataset.subset(few)
    koch = replace(
        ENCODERS["koch"], preparation="plain", size=max(LEAST_KOCH, min(ENCODERS["koch"].size, size))
    )
    photo = EncoderSpec("photo", size, 3, "plain", "cosine", "pairwise", ENCODERS["resnet50"].build)
    pixels = [PreparedImages(dataset, spec, progress=progress).pixels for spec in (photo, koch)]
    return Photos(dataset, *pixels, *hold_out(dataset, HELD_OUT, rng))


def compare(backbone: keras.Model, photos: Photos, options: StudyOptions, progress: Progress) -> StudyReport:
    """The frozen features under each treatment of the pixels, then heads and networks trained on them."""
    features = {}
    for number, (words, treat) in enumerate(TREATMENTS.items()):
        progress(number / len(TREATMENTS), f"features of {len(photos.photos)} photos, {words}")
        features[words] = embed_pixels(backbone, treat(photos.photos.astype("float32")), batch_size=32)
    table, findings = _frozen(features, photos, options)
    table.append(_untrained(photos.as_seen(features[OWN])))
    versions = variants(features, photos)
    for number, variant in enumerate(versions):
        row, found = train(variant, options, part(progress, number, len(versions), variant.name))
        table.append(row)
        findings += of_variant(variant.name, found)
    return StudyReport(NAME, (*findings, *cost_of_sigmoids(table)), tuple(table))


def cost_of_sigmoids(table: Sequence[dict]) -> list[Finding]:
    """The rows of the published head and of the bare features, of one preprocessing and one training: what do
    the sigmoid units cost? Nothing is told where one of them went NaN."""
    eer = {row["variant"]: row.get("eer") for row in table}
    with_units, without = eer[SIGMOIDS], eer[NO_SIGMOIDS]
    if with_units is None or without is None:
        return []
    check = Check(
        "sigmoid-units", f"an equal error rate at most {MOST_COST} above that of the features they stand on"
    )
    cost = with_units - without
    if cost <= MOST_COST:
        return [check.ok(cost)]
    words = (
        f"4096 sigmoid units on top of the features take the equal error rate from {without:.3f} to "
        f"{with_units:.3f}: small weights about a bias of 0.5 leave them nearly the same for all images."
    )
    return [check.found("error", cost, words, "Compare the features themselves, brought to unit length.")]


def _frozen(features: dict[str, np.ndarray], photos: Photos, options: StudyOptions) -> tuple[list, list]:
    """Nearest neighbours among `NEIGHBOURS` images of each of `NEIGHBOUR_CLASSES` classes, no training."""
    rng = np.random.default_rng(options.seed)
    labels = photos.dataset.labels
    classes = [found for found in members(labels).values() if len(found) >= NEIGHBOURS]
    chosen = rng.permutation(len(classes))[:NEIGHBOUR_CLASSES]
    rows = np.concatenate([classes[place][:NEIGHBOURS] for place in chosen])
    right = {words: nearest_is_right(each[rows], labels[rows]) for words, each in features.items()}
    table, findings = [], []
    for words, correct in right.items():
        variant = f"frozen features, {words}"
        table.append(
            {
                "variant": variant,
                "nearest_neighbour": float(correct.mean()),
                "images": len(rows),
                "effective_rank": effective_rank(features[words][rows]),
            }
        )
        others = {name: each for name, each in right.items() if name != words}
        findings += of_variant(variant, [compare_treatments(correct, others)])
    return table, findings


def _untrained(images: StudyImages) -> dict:
    """What the features are worth as they are, on the classes that the trained variants are judged on."""
    features, labels = images.judged
    cosine = all_scores(make_head("cosine"), features)
    return {
        "variant": "own preprocessing, cosine, nothing trained",
        "nearest_neighbour": float(nearest_is_right(features, labels).mean()),
        "images": len(labels),
        "effective_rank": effective_rank(features),
        **verification(cosine, labels),
    }


def variants(features: dict[str, np.ndarray], photos: Photos) -> list[FeatureVariant]:
    """As published and as advised, then the parts of the cure, one added to the other; and from scratch."""
    dim = features[OWN].shape[1]

    def sigmoids() -> keras.Model:
        return published.sigmoid_units(dim)

    def unit_features() -> keras.Model:
        return keras.Sequential([keras.Input((dim,)), keras.layers.UnitNormalization()])

    def koch() -> keras.Model:
        return ENCODERS["koch"].build(photos.grey.shape[1])

    raw, divided, own = (photos.as_seen(features[words]) for words in (RAW, DIVIDED, OWN))
    grey = photos.as_seen(photos.grey)
    return [
        FeatureVariant("published head, raw pixels", raw, sigmoids),
        FeatureVariant("published head, divided by 255 as advised", divided, sigmoids),
        FeatureVariant(SIGMOIDS, own, sigmoids),
        FeatureVariant(NO_SIGMOIDS, own, unit_features),
        FeatureVariant("own preprocessing, no sigmoids, all pairs", own, unit_features, ours=True),
        FeatureVariant("Koch from scratch, random pairs", grey, koch),
        FeatureVariant("Koch from scratch, all pairs", grey, koch, ours=True),
    ]


def train(variant: FeatureVariant, options: StudyOptions, progress: Progress) -> tuple[dict, list[Finding]]:
    """Its row of the table, on classes that training never saw, and what its diagnosis says."""
    keras.utils.set_random_seed(options.seed)
    network, draw = _training(variant, np.random.default_rng(options.seed))
    start = time.perf_counter()
    record = train_watched(network, draw, options.steps or STEPS, progress)
    row = {
        "variant": variant.name,
        "steps": len(record.losses),
        "seconds": time.perf_counter() - start,
    }
    if record.nan_step:
        return row, [check_training(record)]
    inputs, labels = variant.images.judged
    embeddings = embed_pixels(network.encoder, inputs)
    row |= {
        "loss": float(np.mean(record.losses[-LAST:])),
        "nearest_neighbour": float(nearest_is_right(embeddings, labels).mean()),
        "images": len(labels),
        "effective_rank": effective_rank(embeddings),
        **verification(_scores(network, embeddings), labels),
    }
    layers = layer_units(network.encoder, inputs[:PROBED])
    return row, [
        check_training(record),
        check_loss_moves(record.losses),
        check_dead_units(layers),
        check_saturated_units(layers),
        check_embedding_spread(embeddings),
        check_effective_rank(embeddings),
    ]


def _training(variant: FeatureVariant, rng: np.random.Generator) -> tuple[keras.Model, Draw]:
    if variant.ours:
        network = all_pairs_network(variant.encoder(), "weighted_l1", "pairwise", LEARNING_RATE)
        return network, all_pairs(variant.images, rng, BATCH)
    network = published.SameProbability(variant.encoder())
    network.compile(keras.optimizers.Adam(LEARNING_RATE), loss="binary_crossentropy", jit_compile=JIT)
    return network, random_pairs(variant.images, rng, HALFSIZE)


def _scores(network: keras.Model, embeddings: np.ndarray) -> np.ndarray:
    if isinstance(network, published.SameProbability):
        return network.pairwise(embeddings)
    return all_scores(network.head, embeddings)
