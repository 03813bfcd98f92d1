"""Calibrate a network for photographs: `python -m assets.tools.fit_photos PHOTOS [RESNET50_WEIGHTS]`.

PHOTOS: class folders of photographs, or a zip of them. Writes and prints the calibration of
EfficientNet-Lite2, or of ResNet50 where a file of its weights is named. The figures of verification are
cross-fitted: each half of the classes is judged by the fit of the other half.
"""

import json
import sys
from pathlib import Path

import numpy as np

from assets.tools.embedded_model import embedded, photograph_model
from siamese_core.checkpoints.pretrained import PHOTOGRAPH_NETWORKS
from siamese_core.checkpoints.store import SHIPPED
from siamese_core.data.datasets import load_dataset
from siamese_core.evaluation.protocols import OneShotOptions
from siamese_core.training.validation import PrecomputedModel, calibrate, one_shot
from siamese_core.workspace.imagenet import lite_weights

TRIALS = 4_000
# A similarity of images that the network does not know is drawn to the threshold, and then says nothing.
THRESHOLD = 0.5
UNFITTED = {"slope": 30.0, "intercept": -20.0, "threshold": 0.5, "metrics": {}}  # until the first fit


def main(photos: Path, resnet50_weights: Path | None = None) -> None:
    slot, weights = ("resnet50", resnet50_weights) if resnet50_weights else ("koch", lite_weights())
    file = SHIPPED / f"{PHOTOGRAPH_NETWORKS[slot].name}.json"
    if not file.exists():
        file.write_text(json.dumps(UNFITTED))
    data, checkpoint = load_dataset([photos]), photograph_model(slot, weights)
    network = PrecomputedModel(checkpoint, embedded(checkpoint, data).astype("float32"))
    found = calibrate(network, data.labels, np.random.default_rng(0), THRESHOLD)
    trials = one_shot(network, data, OneShotOptions(n_way=20, k_shot=1, episodes=TRIALS)).json()
    counts = f"{len(data)} photographs of {len(data.classes)} categories of objects"
    verification = found.metrics | {"data": f"{counts}; weights: {weights.name}"}
    kept = {name: trials[name] for name in ("accuracy", "ci95", "trials")}
    numbers = {
        "slope": round(found.calibration.slope, 5),
        "intercept": round(found.calibration.intercept, 5),
        "threshold": found.threshold,
        "metrics": {
            "verification": verification,
            "one_shot": {"setting": "20-way 1-shot, across categories", **kept},
        },
    }
    file.write_text(json.dumps(numbers, indent=1) + "\n")
    print(json.dumps(numbers))


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:3]))
