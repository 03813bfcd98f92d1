"""Check embeddings for collapse: alike for images of different classes, without length, or slow to make."""

import time
from collections.abc import Callable

import numpy as np

from siamese_core.diagnosis.findings import Check, Finding

MOST_NEGATIVE_COSINE = 0.98  # mean of negative pairs; rectified features that rank well have up to 0.9
LEAST_NORM = 0.01  # of an embedding, in units of the median
MOST_MILLISECONDS = 1000.0  # an image: a pool of a thousand takes a quarter of an hour
TIMED = 16  # images


def check_negative_cosine(embeddings: np.ndarray, labels: np.ndarray) -> Finding:
    """Check the mean cosine of embeddings (n, d) of different classes. labels: (n,)."""
    check = Check("negative-cosine", f"at most {MOST_NEGATIVE_COSINE} on average between different classes")
    length = np.linalg.norm(embeddings, axis=1, keepdims=True)
    unit = embeddings / np.maximum(length, 1e-12)
    different = labels[:, None] != labels[None]
    mean = float((unit @ unit.T)[different].mean())
    if mean <= MOST_NEGATIVE_COSINE:
        return check.ok(mean)
    return check.found(
        "warning",
        mean,
        f"Images of different classes have a cosine of {mean:.3f} on average: the embeddings have collapsed "
        "into a narrow cone.",
        "Check the range of the pixels that the network is given; of an adopted network take an earlier "
        "tensor (--output).",
    )


def check_norms(embeddings: np.ndarray) -> Finding:
    """Check that no embedding (n, d) is of nearly no length beside the others."""
    check = Check("embedding-norms", f"the shortest embedding at least {LEAST_NORM} of the median length")
    length = np.linalg.norm(embeddings, axis=1)
    median = float(np.median(length))
    share = float(length.min()) / median if median > 0 else 0.0
    note = f" (lengths {length.min():.3g} to {length.max():.3g}, median {median:.3g})"
    if share >= LEAST_NORM:
        return check.ok(share, note)
    short = int(np.sum(length < LEAST_NORM * median)) if median > 0 else len(length)
    return check.found(
        "warning",
        share,
        f"{short} of {len(length)} embeddings are (nearly) 0: the cosine of such an image means nothing.",
        "Look at these images; take a tensor before a rectifier, or check the range of the pixels.",
    )


def check_time(embed: Callable[[np.ndarray], np.ndarray], pixels: np.ndarray) -> Finding:
    """Measure the milliseconds an image that embedding takes, once compiled. pixels: (n, ...)."""
    check = Check("milliseconds-an-image", f"at most {MOST_MILLISECONDS:g} on this machine")
    batch = pixels[:TIMED]
    embed(batch)
    start = time.perf_counter()
    embed(batch)
    spent = 1000 * (time.perf_counter() - start) / len(batch)
    if spent <= MOST_MILLISECONDS:
        return check.ok(spent)
    return check.found(
        "warning",
        spent,
        f"An image takes {spent / 1000:.1f} s: a pool takes long to embed.",
        "Take a smaller network or a smaller input, or a machine with more cores.",
    )
