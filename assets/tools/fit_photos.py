"""Calibrate the ImageNet checkpoint: `python -m assets.tools.fit_photos WEIGHTS PHOTOS`.

WEIGHTS: the ResNet50 weights; PHOTOS: class folders of photographs, or a zip of them. Writes and prints the
calibration that photographs are compared with. The figures of verification are cross-fitted: each half of the
classes is judged by the fit of the other half.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from siamese_core.checkpoints.checkpoint import load_checkpoint
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.data.datasets import load_dataset
from siamese_core.evaluation.protocols import OneShotOptions
from siamese_core.training.validation import PrecomputedModel, calibrate, one_shot
from siamese_core.workspace.imagenet import CALIBRATION, photo_checkpoint

TRIALS = 4_000


def main(weights: Path, photos: Path) -> None:
    data = load_dataset([photos])
    with tempfile.TemporaryDirectory() as folder:
        store = CheckpointStore(Path(folder), Path(folder) / "shipped")
        checkpoint = load_checkpoint(store.folder(photo_checkpoint(weights, store)))
    embeddings = np.concatenate(
        [checkpoint.embed([data.image(i) for i in part]) for part in np.array_split(np.arange(len(data)), 20)]
    )
    network = PrecomputedModel(checkpoint, embeddings)
    found = calibrate(network, data.labels, np.random.default_rng(0))
    trials = one_shot(network, data, OneShotOptions(n_way=20, k_shot=1, episodes=TRIALS)).json()
    counts = f"{len(data)} photographs of {len(data.classes)} categories of objects"
    verification = found.metrics | {"data": f"{counts}; ImageNet weights of 8-bit precision"}
    kept = {name: trials[name] for name in ("accuracy", "ci95", "trials")}
    numbers = {
        "slope": round(found.calibration.slope, 5),
        "intercept": round(found.calibration.intercept, 5),
        "threshold": round(float(found.threshold), 5),
        "metrics": {
            "verification": verification,
            "one_shot": {"setting": "20-way 1-shot, across categories", **kept},
        },
    }
    CALIBRATION.write_text(json.dumps(numbers, indent=1) + "\n")
    print(json.dumps(numbers))


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:3]))
