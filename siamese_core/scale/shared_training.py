"""Train one worker's share of every step, in step with the other workers of a run.

Keras' JAX backend holds the same weights in every process and adds up their gradients (data parallelism); a
step is that of one process with all of the batch, normalisation layers and pairs across shares included.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

import numpy as np

from siamese_core.networks.encoders import encoder_spec
from siamese_core.training.batches import StepInputs
from siamese_core.training.options import TrainingRequest
from siamese_core.training.prepared_images import PreparedImages
from siamese_core.training.runs import run_options, run_origin, start_weights
from siamese_core.training.split import training_and_validation
from siamese_core.training.state import STATE_FILE, MetricsFile
from siamese_core.training.trainer import Trainer

SAVE_STEPS = 100  # steps after which the first worker saves the state, at the latest
LOSSES_FILE = "losses.csv"  # in the folder of a run


@dataclass(frozen=True)
class Worker:
    """The worker with this number among `of` workers. The first one, 0, writes the run's folder."""

    number: int
    of: int

    def share(self, rows: np.ndarray) -> np.ndarray:
        """Return this worker's rows of a batch (n, ...), n a multiple of the workers."""
        size = len(rows) // self.of
        return rows[self.number * size : (self.number + 1) * size]


class SharedInputs:
    """The inputs of each step, of which a worker gets its share."""

    def __init__(self, inputs: StepInputs, worker: Worker):
        self.inputs, self.worker = inputs, worker

    @property
    def images_a_step(self) -> int:
        return self.inputs.images_a_step

    def from_step(self, step: int) -> Iterator[tuple[tuple[np.ndarray, np.ndarray], np.ndarray]]:
        """Yield the worker's share of the inputs of `step` and of every later one."""
        with closing(self.inputs.from_step(step)) as upcoming:
            for (images, corners), known in upcoming:
                share = self.worker.share
                yield (share(images), share(corners)), share(known)


def train_share(request: TrainingRequest, run_folder: Path, worker: Worker, save_steps: int) -> None:
    """Train to the last step, from the state in the run's folder if there is one.

    Keras' distribution must be set. Nothing is validated on the way, which the others would have to wait for:
    the losses of all steps are in the run's `losses.csv`.
    """
    spec = encoder_spec(request.encoder)
    training, validation = training_and_validation(request)
    options = replace(run_options(request, spec), interval_minutes=inf)
    with tempfile.TemporaryDirectory() as aside:
        own = run_folder if worker.number == 0 else Path(aside)
        if own != run_folder and (run_folder / STATE_FILE).exists():
            shutil.copy(run_folder / STATE_FILE, own)
        images = PreparedImages(training, spec, run_folder)
        trainer = Trainer(spec, images, options, own, run_origin(request, training, validation))
        start_weights(request, trainer)
        trainer.resume()
        trainer.inputs, losses = SharedInputs(trainer.inputs, worker), MetricsFile(own / LOSSES_FILE)
        losses.cut_after(trainer.step)

        def after_step(share: float, words: str) -> None:
            losses.append({"step": trainer.step, "loss": trainer.loss})
            if worker.number == 0 and trainer.step % save_steps == 0:
                trainer.save()

        trainer.run(lambda network: {}, after_step)
