"""Run the checks that fit a data set, a split, a list of pairs or a checkpoint."""

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.data.datasets import Dataset
from siamese_core.data.pair_lists import PairList
from siamese_core.data.sampling import Pairs, members, sample_pairs
from siamese_core.diagnosis import network_checks as checks
from siamese_core.diagnosis.collapse_checks import check_negative_cosine, check_norms, check_time
from siamese_core.diagnosis.findings import Finding
from siamese_core.diagnosis.image_checks import (
    check_channel_order,
    check_contrast,
    check_ink_polarity,
    check_input_range,
    check_near_duplicates,
    check_split_images,
    signatures,
)
from siamese_core.diagnosis.label_checks import (
    check_identical_pairs,
    check_label_convention,
    check_split_classes,
    check_threshold,
)
from siamese_core.errors import UserError
from siamese_core.images.decoding import image_id
from siamese_core.networks.kept_network import FrozenNetwork

if TYPE_CHECKING:
    from siamese_core.checkpoints.checkpoint import Checkpoint
    from siamese_core.diagnosis.layer_units import LayerUnits

LOOKED_AT = 60  # images whose colours and ink are judged
COMPARED = 2000  # images searched for near-duplicates, drawn at random from more
CLASSES, IMAGES_OF_A_CLASS = 40, 4  # that a network embeds
TREATED = 80  # of these, embedded under several treatments of the pixels
PROBED = 48  # of these, about, that every layer is watched with
PAIRS = 600  # random pairs of these
TRAINING_WORDS = {"train", "training"}
HELD_OUT_WORDS = {"test", "testing", "val", "valid", "validation", "eval", "evaluation", "holdout"}


def diagnose_images(dataset: Dataset, rng: np.random.Generator) -> list[Finding]:
    """Check the images of a data set, and its split if its folders name one (train, test, validation)."""
    shown = _images(dataset, LOOKED_AT, rng)
    findings = [
        check_input_range(shown),
        check_contrast(shown),
        check_channel_order(shown),
        check_ink_polarity(shown[::2]),  # half of them: telling ink from photographs is slow
    ]
    training, held_out = _named_sides(dataset)
    if len(training) and len(held_out):
        findings += diagnose_split(dataset.subset(training), dataset.subset(held_out), rng)
        dataset = dataset.subset(training)  # near-duplicates across the split are reported above
    chosen = _draw(len(dataset), COMPARED, rng)
    images, names = [dataset.image(index) for index in chosen], [dataset.names[index] for index in chosen]
    return [*findings, check_near_duplicates(images, dataset.labels[chosen], names)]


def diagnose_split(training: Dataset, held_out: Dataset, rng: np.random.Generator) -> list[Finding]:
    """Check that no class and no image is on both sides of a split."""
    classes = [_class_names(side) for side in (training, held_out)]
    images = [_images(side, COMPARED, rng) for side in (training, held_out)]
    return [check_split_classes(*classes), check_split_images(*images)]


def diagnose_pairs(pairs: PairList, checkpoint: "Checkpoint | None" = None) -> list[Finding]:
    """Check the labels of listed pairs by the checkpoint's similarities, else by correlations of pixels."""
    ids = np.array([image_id(image) for image in pairs.images])
    findings = [check_identical_pairs(ids[pairs.left], ids[pairs.right], pairs.same)]
    if pairs.same.all() or not pairs.same.any():
        return findings
    if checkpoint is None:
        rows = signatures(pairs.images)
        scores = np.einsum("ij,ij->i", rows[pairs.left], rows[pairs.right])
        return [*findings, check_label_convention(scores, pairs.same)]
    return findings + _judge_similarities(checkpoint, checkpoint.embed(pairs.images), pairs)


def diagnose_network(checkpoint: "Checkpoint", dataset: Dataset, rng: np.random.Generator) -> list[Finding]:
    """Check a checkpoint's weights and layers, and its embeddings of images of several classes.

    UserError unless two classes have two images each.
    """
    from siamese_core.training.prepared_images import embed_pixels

    chosen = _several_of_each(dataset, rng)
    pixels = np.stack([checkpoint.prepare(dataset.image(index)) for index in chosen]).astype(np.float32)
    layers = _layers(checkpoint, pixels[:: max(1, len(pixels) // PROBED)])
    findings = [checks.check_weights(_weights(checkpoint)), checks.check_answers(layers)]
    if any(finding.level == "error" for finding in findings):
        return findings  # nothing more can be measured on NaN
    labels = dataset.labels[chosen]

    def embed(batch: np.ndarray) -> np.ndarray:
        return embed_pixels(checkpoint.encoder, batch)

    embeddings = embed(pixels)
    if checkpoint.card.head == "weighted_l1":
        findings.append(checks.check_rewarded_differences(np.asarray(checkpoint.head.weight)))
    return [
        *findings,
        checks.check_dead_units(layers),
        checks.check_saturated_units(layers),
        checks.check_effective_rank(embeddings),
        checks.check_embedding_spread(embeddings),
        check_negative_cosine(embeddings, labels),
        check_norms(embeddings),
        check_time(embed, pixels),
        checks.check_preprocessing(embed, pixels[:TREATED], labels[:TREATED]),
        *_judge_similarities(checkpoint, embeddings, sample_pairs(labels, rng, PAIRS)),
    ]


def _layers(checkpoint: "Checkpoint", pixels: np.ndarray) -> "tuple[LayerUnits, ...]":
    """Return the units of each layer; none of a network that cannot be looked into."""
    from siamese_core.diagnosis.layer_units import layer_units

    return () if isinstance(checkpoint.encoder, FrozenNetwork) else layer_units(checkpoint.encoder, pixels)


def _weights(checkpoint: "Checkpoint") -> list[tuple[str, np.ndarray]]:
    networks = (checkpoint.encoder, checkpoint.head)
    return [
        (weight.path, values)
        for network in networks
        for weight, values in zip(network.weights, network.get_weights(), strict=True)
    ]


def _judge_similarities(
    checkpoint: "Checkpoint", embeddings: np.ndarray, pairs: Pairs | PairList
) -> list[Finding]:
    logits = checkpoint.logits(embeddings[pairs.left], embeddings[pairs.right])
    similarity = checkpoint.similarity(logits)
    return [
        checks.check_similarity_range(similarity),
        check_label_convention(logits, pairs.same),
        check_threshold(similarity, pairs.same, checkpoint.threshold),
    ]


def _draw(count: int, most: int, rng: np.random.Generator) -> np.ndarray:
    """Return indices below `count`: all of them, or `most` at random, in order."""
    return np.sort(rng.permutation(count)[:most])


def _images(dataset: Dataset, most: int, rng: np.random.Generator) -> list[np.ndarray]:
    return [dataset.image(index) for index in _draw(len(dataset), most, rng)]


def _several_of_each(dataset: Dataset, rng: np.random.Generator) -> np.ndarray:
    several = [found for found in members(dataset.labels).values() if len(found) > 1]
    if len(several) < 2:
        raise UserError(
            "A network is judged by two classes with two images each, or more. "
            f"Received: {len(several)} such classes. Give more --data."
        )
    chosen = [several[place] for place in _draw(len(several), CLASSES, rng)]
    return np.concatenate([rng.permutation(found)[:IMAGES_OF_A_CLASS] for found in chosen])


def _named_sides(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return indices of the images in folders named as training data, and of those named as held out."""
    words = [{part.lower() for part in PurePosixPath(name).parts} for name in dataset.classes]
    training, held_out = (
        np.flatnonzero(np.isin(dataset.labels, [label for label, said in enumerate(words) if said & side]))
        for side in (TRAINING_WORDS, HELD_OUT_WORDS)
    )
    return training, np.setdiff1d(held_out, training)


def _class_names(side: Dataset) -> set[str]:
    """Return the names of the classes below the folder that names the side, else below the root."""
    names = set()
    for label in np.unique(side.labels):
        parts = PurePosixPath(side.classes[label]).parts
        named = [place for place, part in enumerate(parts) if part.lower() in TRAINING_WORDS | HELD_OUT_WORDS]
        below = parts[named[-1] + 1 :] if named else parts[1:]
        names.add("/".join(below or parts))
    return names
