"""What a frozen ResNet50 makes of photographs under each treatment of the pixels, with nothing trained."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
from keras import applications

from siamese_core.casestudies.study import StudyOptions, hold_out, of_variant, verification
from siamese_core.casestudies.study_training import StudyImages, all_scores
from siamese_core.data.datasets import Dataset
from siamese_core.data.progress import Progress
from siamese_core.data.sampling import members
from siamese_core.diagnosis.findings import Finding
from siamese_core.diagnosis.network_checks import compare_treatments, effective_rank, nearest_is_right
from siamese_core.errors import UserError
from siamese_core.networks.encoders import ENCODERS, EncoderSpec
from siamese_core.networks.heads import make_head
from siamese_core.training.prepared_images import PreparedImages, embed_pixels

HELD_OUT = 1 / 3  # share of the classes
IMAGES_OF_A_CLASS = 6  # at most
NEIGHBOUR_CLASSES, NEIGHBOURS = 40, 3  # 120 images for the nearest-neighbour rows, three of each class
LEAST_KOCH = 80  # px: the smallest side of which Koch's convolutions leave something

Treatment = Callable[[np.ndarray], np.ndarray]


def own_preprocessing(pixels: np.ndarray) -> np.ndarray:
    """Turn RGB in 0..255 to BGR less ImageNet's mean, what the weights were trained with."""
    return applications.resnet.preprocess_input(pixels.copy())


OWN, RAW, DIVIDED = "own preprocessing", "raw pixels", "divided by 255"
TREATMENTS: dict[str, Treatment] = {
    OWN: own_preprocessing,
    RAW: lambda pixels: pixels,
    DIVIDED: lambda pixels: pixels / 255,
    "divided by 255, then its own preprocessing": lambda pixels: own_preprocessing(pixels / 255),
}


@dataclass(frozen=True)
class Photos:
    """A data set as the two networks take it.

    photos: uint8 (n, size, size, 3) for the ResNet50; grey: uint8 (n, side, side, 1) for Koch's network;
    training, held_out: indices of images, of different classes.
    """

    dataset: Dataset
    photos: np.ndarray
    grey: np.ndarray
    training: np.ndarray
    held_out: np.ndarray

    def as_seen(self, inputs: np.ndarray) -> StudyImages:
        """Return the same images and split with other inputs (n, ...)."""
        return StudyImages(self.dataset, inputs, self.training, self.held_out)


def load_backbone(weights: Path, size: int) -> keras.Model:
    """Load ResNet50 without its top. UserError where the file does not hold its weights."""
    try:
        return applications.ResNet50(
            include_top=False, weights=str(weights), input_shape=(size, size, 3), pooling="avg"
        )
    except Exception as failure:  # h5py and Keras raise all kinds on a damaged file
        raise UserError(
            "The ImageNet weights are the file of Keras' ResNet50 without its top. "
            f"Received: {weights} ({str(failure).splitlines()[0]}). Name one with --resnet50-weights."
        ) from failure


def load_photos(options: StudyOptions, size: int, progress: Progress) -> Photos:
    """Prepare a few images of each class for both networks and hold a share of the classes out."""
    rng = np.random.default_rng(options.seed)
    by_class = members(options.dataset.labels).values()
    few = np.concatenate([rng.permutation(found)[:IMAGES_OF_A_CLASS] for found in by_class])
    dataset = options.dataset.subset(few)
    koch = replace(
        ENCODERS["koch"], preparation="plain", size=max(LEAST_KOCH, min(ENCODERS["koch"].size, size))
    )
    photo = EncoderSpec(
        "photo", "ResNet50", size, 3, "plain", "cosine", "pairwise", ENCODERS["resnet50"].build
    )
    pixels = [PreparedImages(dataset, spec, progress=progress).pixels for spec in (photo, koch)]
    return Photos(dataset, *pixels, *hold_out(dataset, HELD_OUT, rng))


def treated_features(backbone: keras.Model, photos: Photos, progress: Progress) -> dict[str, np.ndarray]:
    """Return the features (n, dim) under each of `TREATMENTS`."""
    features = {}
    for number, (words, treat) in enumerate(TREATMENTS.items()):
        progress(number / len(TREATMENTS), f"features of {len(photos.photos)} photos, {words}")
        features[words] = embed_pixels(backbone, treat(photos.photos.astype("float32")), batch_size=32)
    return features


def judge_treatments(
    features: dict[str, np.ndarray], photos: Photos, seed: int
) -> tuple[list[dict], list[Finding]]:
    """Return a row and a finding of each treatment: is the nearest neighbour of the same class?"""
    rng = np.random.default_rng(seed)
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


def untrained_row(images: StudyImages) -> dict:
    """Return the row of features compared by cosine, on the classes that trained variants are judged on."""
    features, labels = images.judged
    cosine = all_scores(make_head("cosine"), features)
    return {
        "variant": "own preprocessing, cosine, nothing trained",
        "nearest_neighbour": float(nearest_is_right(features, labels).mean()),
        "images": len(labels),
        "effective_rank": effective_rank(features),
        **verification(cosine, labels),
    }
