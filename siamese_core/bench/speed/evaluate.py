"""Benchmark `evaluate`: images a second of `evaluate one-shot`, against the bare forward pass."""

import numpy as np

from siamese_core.bench.speed.benchmark import Benchmark, LoadModel, speedup, timed
from siamese_core.bench.speed.images import new_drawings
from siamese_core.evaluation.asked_anyway import asked_anyway
from siamese_core.evaluation.protocols import OneShotTrials
from siamese_core.images.decoding import decode_image, encode_png

IMAGES, WAYS = 1000, 20
BATCH = 32
PARTS = 4  # of the images, between which the bare network runs


def measure(load_model: LoadModel) -> list[Benchmark]:
    """Measure trials on new drawings in PNG files, which are decoded, prepared and embedded once each.

    The plain way is the network alone, on as many prepared images in batches of 32: its copies are turned
    inside it. The seconds are of all images.
    """
    model = load_model()
    files = [encode_png(drawing) for drawing, _ in zip(new_drawings(1), range(IMAGES), strict=False)]
    prepared = model.batch([decode_image(file) for file in files[:BATCH]])
    model.embed_batch(prepared)  # compiles
    part, ours, baseline = IMAGES // PARTS, 0.0, 0.0
    for start in range(0, IMAGES, part):
        trials = _trials(files[start : start + part])
        ours += timed(lambda t=trials: t.evaluate(asked_anyway(model)))[0]
        batches = [prepared[: min(BATCH, part - at)] for at in range(0, part, BATCH)]
        baseline += timed(lambda b=batches: [model.embed_batch(each) for each in b])[0]
    return [speedup("evaluate", ours, baseline, IMAGES, "at least 0.85")]


def _trials(files: list[bytes]) -> OneShotTrials:
    """Return trials that use each of the files: 20 for each 20 of them, each of which is the query once."""
    numbers = np.arange(len(files) // WAYS * WAYS)
    support = np.repeat(numbers.reshape(-1, WAYS), WAYS, axis=0)[:, :, None]
    return OneShotTrials(
        "one-shot", lambda number: decode_image(files[number]), np.roll(numbers, 1), support, numbers % WAYS
    )
