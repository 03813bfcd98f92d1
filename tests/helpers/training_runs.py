"""Short training runs of a small network, killed and resumed at will."""

import csv
import dataclasses
from pathlib import Path

import keras
import numpy as np
import pytest

from siamese_core.data.datasets import Dataset
from siamese_core.data.pair_lists import PairList
from siamese_core.data.sampling import BatchShape, sample_pairs
from siamese_core.networks.encoders import EncoderSpec, encoder_spec
from siamese_core.training.options import TrainingOptions
from siamese_core.training.pair_network import PairNetwork
from siamese_core.training.prepared_images import PreparedImages
from siamese_core.training.trainer import Trainer

CNN = dataclasses.replace(encoder_spec("small_cnn"), size=36)  # for what has to be learned


def one_layer(size: int) -> keras.Model:
    """Build an encoder that is traced and saved in no time."""
    return keras.Sequential(
        [
            keras.Input((size, size, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.AveragePooling2D(6),
            keras.layers.Flatten(),
            keras.layers.Dense(16),
        ]
    )


SPEC = dataclasses.replace(CNN, build=one_layer)
OPTIONS = TrainingOptions(
    steps=60, warmup_steps=5, learning_rate=1e-3, other_characters=False, batch=BatchShape(8, 4)
)
SHORT = dataclasses.replace(OPTIONS, steps=10)
PATIENT = dataclasses.replace(OPTIONS, steps=40, interval_minutes=0, patience=3)
A_STEP = 1e-3  # how far a weight moves in one step, about: the learning rate


class Killed(Exception):
    """The process ends here."""


def ignore(share: float, words: str) -> None:
    """Take progress that nobody looks at."""


def no_metrics(network: PairNetwork) -> dict:
    return {}


def scripted(scores: list[float]):
    """Validation that gives these accuracies, one an interval."""
    remaining = iter(scores)
    return lambda network: {"one_shot": next(remaining)}


def weights(trainer: Trainer) -> list[np.ndarray]:
    """The weights of encoder and head."""
    network = trainer.network
    return [variable.numpy() for variable in (*network.encoder.variables, *network.head.variables)]


def same(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    """Whether two runs took the same steps. Threads may add in another order, so the last bits may differ."""
    return all(np.sqrt(np.mean(np.square(a - b))) < 0.01 * A_STEP for a, b in zip(first, second, strict=True))


def lines(folder: Path) -> list[dict]:
    """The lines of a run's metrics."""
    with (folder / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def run(images: PreparedImages, folder: Path, options=OPTIONS, spec: EncoderSpec = SPEC) -> Trainer:
    """Train to the end without validation."""
    trainer = Trainer(spec, images, options, folder)
    trainer.run(no_metrics, ignore)
    return trainer


def kill_at(trainer: Trainer, step: int, save: bool = True) -> None:
    """Train until `step` is over and its state saved, as at the end of an interval, and no further."""

    def progress(share: float, words: str) -> None:
        if trainer.step == step:
            if save:
                trainer.save()
            raise Killed

    with pytest.raises(Killed):
        trainer.run(no_metrics, progress)


def pairs_of(dataset: Dataset, count: int) -> PairList:
    """Random pairs of a dataset as a list."""
    drawn = sample_pairs(dataset.labels, np.random.default_rng(2), count)
    return PairList([dataset.image(i) for i in range(len(dataset))], drawn.left, drawn.right, drawn.same)
