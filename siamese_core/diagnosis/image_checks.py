"""Check images before a network sees them. Needs NumPy, Pillow and SciPy only; changes nothing."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from siamese_core.diagnosis.findings import Check, Finding
from siamese_core.images.decoding import thumbnail
from siamese_core.images.ink import is_ink

LEAST_CONTRAST = 10  # grey levels between the 1st and the 99th percentile of an image
INK_SIDE = 105  # px: enough to tell ink from a photograph, and ten times as fast as a large image
MOST_INVERTED = 0.02  # share of the drawings with light ink
COLOURED = 5  # grey levels between the strongest and the weakest channel of a coloured photograph
FEWEST_COLOURED = 12  # photographs to judge the order of channels by
LEAST_BLUENESS = 3  # by which blue exceeds red where channels are swapped: grey levels, and standard errors
SIGNATURE_SIDE = 32  # px
# Correlation of two signatures. Drawings of one character by two hands stay below 0.8, two shots of one
# sitting below 0.99; a photograph and its JPEG, shrunk or brightened copy are above.
NEAR_DUPLICATE = 0.99
COMPARED_AT_ONCE = 512  # rows of the table of correlations


def check_input_range(images: Sequence[np.ndarray]) -> Finding:
    """Check that images (height, width, channels) are finite and in 0..255, as encoders take them."""
    check = Check("input-range", "the brightest value above 1 and at most 255, the darkest not below 0")
    remedy = "Give pixels in 0..255: scaling is a part of the encoder and travels with its checkpoint."
    unknown = sum(int(np.sum(~np.isfinite(image))) for image in images)
    if unknown:
        return check.found("error", unknown, f"{unknown} values are NaN or infinite.", remedy)
    low, high = min(float(image.min()) for image in images), max(float(image.max()) for image in images)
    if low < 0:
        return check.found("error", low, "The images were centred or preprocessed before.", remedy)
    if high > 255:
        return check.found(
            "error", high, "The images have more than 8 bits and were not scaled down.", remedy
        )
    if high <= 1:
        return check.found(
            "error", high, "The images were divided by 255, which the encoder does once more.", remedy
        )
    return check.ok(high)


def check_contrast(images: Sequence[np.ndarray]) -> Finding:
    """Check that most images (height, width, channels) in 0..255 are not blank."""
    check = Check("contrast", f"at least {LEAST_CONTRAST} grey levels in the median image")
    contrast = float(np.median([np.ptp(np.percentile(image, (1, 99))) for image in images]))
    if contrast >= LEAST_CONTRAST:
        return check.ok(contrast)
    return check.found(
        "error",
        contrast,
        "Most images are blank: empty, or scaled down and rounded.",
        "Look at a few of them, and give the originals.",
    )


def check_ink_polarity(images: Sequence[np.ndarray]) -> Finding:
    """Check that ink is darker than its ground in drawings and writing, uint8 (height, width, 3) each."""
    check = Check("ink-polarity", f"at most {MOST_INVERTED} of the drawings light on dark")
    drawings = [image for image in images if _is_ink(image)]
    if 2 * len(drawings) < len(images) or not drawings:
        return check.ok(0, " (received photographs: nothing to judge)")
    # The ground is the larger part, so that the median is its level, and light ink lifts the mean above it.
    greys = [image.mean(axis=2) for image in drawings]
    inverted = sum(bool(grey.mean() > np.median(grey)) for grey in greys)
    share = inverted / len(drawings)
    if share <= MOST_INVERTED:
        return check.ok(share)
    return check.found(
        "warning",
        share,
        f"The ink is lighter than its ground in {inverted} of {len(drawings)} drawings. A network that knows "
        "dark ink sees a full frame.",
        "Invert them: 255 - image. The preparation 'ink' does it by itself, 'plain' does not.",
    )


def check_channel_order(images: Sequence[np.ndarray]) -> Finding:
    """Check that red and blue are not swapped in images uint8 (height, width, 3).

    Photographs are warm on average (ImageNet's mean is red 124, green 117, blue 104), which a dozen show.
    """
    check = Check("channel-order", "red not below blue, in grey levels over all photographs")
    coloured = [image for image in images if _colour(image) > COLOURED]
    if len(coloured) < FEWEST_COLOURED:
        return check.ok(0, f" (received {len(coloured)} coloured ones: nothing to judge)")
    warmth = np.array([float(image[..., 0].mean() - image[..., 2].mean()) for image in coloured])
    mean, error = float(warmth.mean()), float(warmth.std() / len(warmth) ** 0.5)
    if mean > -LEAST_BLUENESS * max(1.0, error):
        return check.ok(mean)
    return check.found(
        "warning",
        mean,
        f"Over {len(warmth)} photographs red is {-mean:.1f} grey levels below blue (standard error "
        f"{error:.1f}): the channels are in the order blue, green, red, as OpenCV reads them.",
        "Turn the channels round: image[..., ::-1].",
    )


def _colour(image: np.ndarray) -> float:
    """Return the saturation of the median pixel: coloured ink on white paper does not count."""
    return float(np.median(image.max(axis=2) - image.min(axis=2)))


def _is_ink(image: np.ndarray) -> bool:
    return is_ink(thumbnail(image, INK_SIDE))


def signatures(images: Sequence[np.ndarray]) -> np.ndarray:
    """Return each image small and grey, with mean 0 and length 1 (0 if blank): float32 (n, SIGNATURE_SIDE^2).

    The dot product of two is their correlation, which size, brightness, contrast and JPEG hardly change.
    """
    rows = np.empty((len(images), SIGNATURE_SIDE**2), np.float32)
    for row, image in zip(rows, images, strict=True):
        grey = Image.fromarray(image).convert("L")
        row[:] = np.asarray(grey.resize((SIGNATURE_SIDE,) * 2, Image.Resampling.BOX)).ravel()
    rows -= rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.where(length > 1, rows / np.maximum(length, 1), 0)


def near_duplicates(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the pairs of rows (left, right) whose signatures show the same picture, int64 (pairs, 2)."""
    blocks = [
        np.argwhere(left[start : start + COMPARED_AT_ONCE] @ right.T > NEAR_DUPLICATE) + (start, 0)
        for start in range(0, len(left), COMPARED_AT_ONCE)
    ]
    return np.concatenate([np.empty((0, 2), np.int64), *blocks])


def check_near_duplicates(images: Sequence[np.ndarray], labels: np.ndarray, names: Sequence[str]) -> Finding:
    """Check that no picture occurs twice in images uint8 (height, width, 3) with labels (n,).

    Within a class it makes positive pairs too easy, under two labels it is a contradiction.
    """
    check = Check("near-duplicates", "no pair of images that show the same picture")
    rows, labels = signatures(images), np.asarray(labels)
    pairs = near_duplicates(rows, rows)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    if len(pairs) == 0:
        return check.ok(0)
    across = pairs[labels[pairs[:, 0]] != labels[pairs[:, 1]]]
    first, second = (across if len(across) else pairs)[0]
    example = f"{names[first]} and {names[second]} for one"
    cause = f"{len(pairs)} pairs among {len(images)} images show the same picture"
    if len(across) == 0:
        remedy = "Keep one of each: as a same pair they are answered without looking."
        return check.found("warning", len(pairs), f"{cause}, {example}.", remedy)
    return check.found(
        "error",
        len(pairs),
        f"{cause}, {len(across)} of them under two labels, {example}.",
        "Decide which label is right and delete the other copy.",
    )


def check_split_images(training: Sequence[np.ndarray], held_out: Sequence[np.ndarray]) -> Finding:
    """Check that no held-out picture is trained on, exactly or nearly. Images uint8 (height, width, 3)."""
    check = Check("split-images", "no held-out image that is trained on, too")
    shared = near_duplicates(signatures(training), signatures(held_out))
    count = len(np.unique(shared[:, 1]))
    if count == 0:
        return check.ok(0)
    return check.found(
        "error",
        count,
        f"{count} of {len(held_out)} held-out images show a picture that is trained on: what is measured "
        "with them is memory.",
        "Split by class, or by who drew or shot them, and only then make copies and distortions.",
    )
