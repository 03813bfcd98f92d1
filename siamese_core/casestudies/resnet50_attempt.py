"""Run the first published attempt: why a frozen ResNet50 does worse than a small network from scratch."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from siamese_core.casestudies import published
from siamese_core.casestudies.frozen_features import (
    DIVIDED,
    OWN,
    RAW,
    Photos,
    judge_treatments,
    load_backbone,
    load_photos,
    treated_features,
    untrained_row,
)
from siamese_core.casestudies.study import (
    StudyOptions,
    StudyReport,
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
from siamese_core.data.progress import Progress
from siamese_core.data.sampling import BatchShape
from siamese_core.diagnosis.findings import Check, Finding
from siamese_core.diagnosis.layer_units import layer_units
from siamese_core.diagnosis.network_checks import (
    check_dead_units,
    check_effective_rank,
    check_embedding_spread,
    check_saturated_units,
    effective_rank,
    nearest_is_right,
)
from siamese_core.networks.encoders import ENCODERS, PRETRAINED
from siamese_core.training.prepared_images import embed_pixels
from siamese_core.workspace.imagenet import download_weights, find_weights

NAME = "resnet50-vs-scratch"
STEPS = 200  # of each training
HALFSIZE = 8  # positive pairs, and as many negative ones, in a published batch
BATCH = BatchShape(8, 4)  # classes and images of our batch: as many images as a published one
LEARNING_RATE = 3e-4  # the same for all variants, so that a row differs from another by what it names only
PROBED = 32  # images that the layers are watched with
LAST = 10  # steps at the end whose mean loss is reported
MOST_COST = 0.05  # of equal error rate that units on top of the features may cost
SIGMOIDS, NO_SIGMOIDS = f"published head, {OWN}", f"{OWN}, no sigmoids"


@dataclass(frozen=True)
class FeatureVariant:
    """One network to train on the images of the study.

    encoder: builds it anew for each training; ours: train on all pairs of a batch with the project's loss,
    else on random pairs with cross-entropy.
    """

    name: str
    images: StudyImages
    encoder: Callable[[], keras.Model]
    ours: bool = False


def run(options: StudyOptions, progress: Progress) -> StudyReport:
    """Run the study. UserError where weights are missing or fewer than four classes have two images."""
    size = options.size or PRETRAINED["resnet50_imagenet"].size
    backbone = load_backbone(options.weights or find_weights() or download_weights(), size)
    return compare(backbone, load_photos(options, size, progress), options, progress)


def compare(backbone: keras.Model, photos: Photos, options: StudyOptions, progress: Progress) -> StudyReport:
    """Judge the frozen features under each treatment of the pixels, then what is trained on them."""
    features = treated_features(backbone, photos, progress)
    table, findings = judge_treatments(features, photos, options.seed)
    table.append(untrained_row(photos.as_seen(features[OWN])))
    versions = variants(features, photos)
    for number, variant in enumerate(versions):
        row, found = train(variant, options, part(progress, number, len(versions), variant.name))
        table.append(row)
        findings += of_variant(variant.name, found)
    return StudyReport(NAME, (*findings, *cost_of_sigmoids(table)), tuple(table))


def cost_of_sigmoids(table: Sequence[dict]) -> list[Finding]:
    """Compare the rows of the published head and of the bare features: what do the sigmoid units cost?

    Both have the same preprocessing and training. No finding where one of them went NaN.
    """
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


def variants(features: dict[str, np.ndarray], photos: Photos) -> list[FeatureVariant]:
    """Return what was published and advised, the parts of the cure one by one, and a network from scratch."""
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
    """Train a variant. Return its row of the table, on classes held out, and its diagnosis."""
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
