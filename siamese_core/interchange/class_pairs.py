"""Pairs that the classes of images imply: enough to find every class again, and as many of different ones."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from siamese_core.interchange.content import ClassedImage, LabelledPair


def class_pairs(images: Sequence[ClassedImage]) -> list[LabelledPair]:
    """Return for each image a pair with the one before it in its class and one with another class's image.

    The other image is drawn, always the same way, so that a file gives the same pairs each time. n images
    have n (n - 1) / 2 pairs; these are at most 2 n, and the same ones chain each class together.
    """
    rng = np.random.default_rng(0)
    sizes = Counter(image.class_name for image in images)
    last: dict[str, ClassedImage] = {}
    pairs, taken = [], set()
    for image in images:
        if image.class_name in last:
            pairs.append(_pair(last[image.class_name], image, "same"))
        last[image.class_name] = image
        if sizes[image.class_name] < len(images):
            other = _other(images, image.class_name, rng)
            if (pair := frozenset((image.place, other.place))) not in taken:
                taken.add(pair)
                pairs.append(_pair(image, other, "different"))
    return pairs


def _other(images: Sequence[ClassedImage], class_name: str, rng: np.random.Generator) -> ClassedImage:
    while (drawn := images[int(rng.integers(len(images)))]).class_name == class_name:
        pass
    return drawn


def _pair(left: ClassedImage, right: ClassedImage, answer: str) -> LabelledPair:
    names = dict.fromkeys((left.class_name, right.class_name))
    return LabelledPair(left.place, left.place, right.place, answer, note=" and ".join(names))
