"""Train an encoder and a head step by step, in a run that can be cut off at any moment and resumed.

A step's batch and its augmentation depend on (seed, step) only, so that a resumed run gives the weights of an
uninterrupted one.
"""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from siamese_core.data.progress import Progress
from siamese_core.errors import UserError
from siamese_core.networks.encoders import EncoderSpec
from siamese_core.networks.heads import make_head
from siamese_core.networks.losses import LOSSES
from siamese_core.training.averaging import RunningMean
from siamese_core.training.batches import StepInputs
from siamese_core.training.options import TrainingOptions
from siamese_core.training.pair_network import AdamByInputs, PairNetwork
from siamese_core.training.precision import half_precision_on_accelerators
from siamese_core.training.prepared_images import PreparedImages
from siamese_core.training.state import (
    STATE_FILE,
    MetricsFile,
    NotFinite,
    Origin,
    read_header,
    read_variables,
    require_same_options,
    require_same_origin,
    write_state,
)

# The state is saved between intervals, too: after so many seconds, unless saving would then take more than
# this share of the time.
SAVE_SECONDS, SAVE_SHARE = 30.0, 0.05


@dataclass(frozen=True)
class TrainingResult:
    """A trained network. steps, images, seconds: of the whole run, its earlier parts included.

    best_step: the step whose weights these are where `patience` was set, else None.
    """

    encoder: keras.Model
    head: keras.layers.Layer
    steps: int
    images: int
    seconds: float
    best_step: int | None = None


class Trainer:
    """A training run whose state is kept in `folder`.

    `images` are those of a Dataset, or of a PairList: then only the truth that follows from its pairs counts.
    `origin` is stored with the state, which no run of another origin takes up.
    """

    def __init__(
        self,
        spec: EncoderSpec,
        images: PreparedImages,
        options: TrainingOptions,
        folder: Path,
        origin: Origin | None = None,
    ):
        self.spec, self.options, self.folder, self.origin = spec, options, folder, origin
        self.step, self.seconds, self.saved_step, self.loss = 0, 0.0, None, None
        self._next_save = time.monotonic() + SAVE_SECONDS
        self.inputs = StepInputs(spec, images, options)
        self.metrics = MetricsFile(folder / "metrics.csv")
        keras.utils.set_random_seed(options.seed)
        with half_precision_on_accelerators():
            encoder = spec.build(spec.size)
        self.network = PairNetwork(encoder, make_head(spec.head), options.batches, copied=True)
        self.network.compile(
            optimizer=AdamByInputs(options.learning_rate, global_clipnorm=options.clip_norm),
            loss=self._loss,
            jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
        )
        self.network.optimizer.build(self.network.trainable_variables)
        self.mean = RunningMean(self._weights())

    def _loss(self, known, logits):
        """Return the mean loss of a step's n batches. known: labels (n * b, 1), or truth (n * b, b)."""
        loss, n = LOSSES[self.spec.loss], self.options.batches
        parts = zip(ops.split(known, n), ops.split(logits, n), strict=True)
        losses = [loss(given, true[:, 0] if true.shape[1] == 1 else true) for true, given in parts]
        return sum(losses) / n

    def start_from(self, encoder: keras.Model, head: keras.layers.Layer) -> None:
        """Take over the weights of networks of the same shape, in place of random ones."""
        self.network.encoder.set_weights(encoder.get_weights())
        self.network.head.set_weights(head.get_weights())

    def run(self, validate: Callable[[PairNetwork], dict], progress: Progress) -> TrainingResult:
        """Train to the end. After each interval: validate, append a line of metrics, save the state.

        validate: returns the metrics of the network as it stands, "one_shot" among them where `patience` is
        set. UserError when a loss or a weight is not finite; the state saved before is kept.
        """
        if self.step == 0:
            for left_over in (self.metrics.file, self._best_file):
                left_over.unlink(missing_ok=True)
        before, started = self.seconds, time.monotonic()
        interval_start, losses = started, []
        with closing(self.inputs.from_step(self.step)) as upcoming:
            stops = self._done() >= 1 or self._out_of_patience()
            while not stops:
                losses.append(self._train(*next(upcoming)))
                self.seconds = before + time.monotonic() - started
                progress(self._done(), f"step {self.step}, loss {losses[-1]:.4f}")
                stops = self._done() >= 1
                if stops or time.monotonic() - interval_start >= 60 * self.options.interval_minutes:
                    self._end_interval(float(np.mean(losses)), validate)
                    stops = stops or self._out_of_patience()
                    interval_start, losses = time.monotonic(), []
                elif time.monotonic() >= self._next_save:
                    self._finite(self.save)
        return self._result()

    def _train(self, inputs: tuple[np.ndarray, np.ndarray], known: np.ndarray) -> float:
        self._set_learning_rate()
        loss = float(self.network.train_on_batch(inputs, known))
        self.step, self.loss = self.step + 1, loss
        self.mean.after(self.step)
        if not np.isfinite(loss):
            raise self._not_finite(f"a loss of {loss}")
        return loss

    def _not_finite(self, what: str) -> UserError:
        kept = "Nothing was saved yet"
        if self.saved_step is not None:
            kept = f"The state of step {self.saved_step} in {self.folder} is kept"
        return UserError(
            f"Training must stay finite. Received: {what} in step {self.step}. {kept}. "
            "Start over in another folder with a smaller learning rate, or look for a fault in the data."
        )

    def _end_interval(self, loss: float, validate: Callable[[PairNetwork], dict]) -> None:
        """Validate the mean of the weights, which a run returns, and keep it where it is the best so far."""
        with self.mean.in_place():
            metrics = {"loss": round(loss, 5), **validate(self.network)}
            if self.options.patience is not None:
                self._finite(lambda: self._keep_if_best(metrics["one_shot"]))
        seconds = round(self.seconds, 1)
        self.metrics.append({"step": self.step, "images": self.images_seen, "seconds": seconds, **metrics})
        self._finite(self.save)

    def _finite(self, write: Callable[[], None]) -> None:
        try:
            write()
        except NotFinite as problem:
            raise self._not_finite("a weight that is not finite") from problem

    @property
    def images_seen(self) -> int:
        return self.step * self.inputs.images_a_step

    @property
    def _best_file(self) -> Path:
        return self.folder / "best.npz"

    def _best(self) -> dict | None:
        return read_header(self._best_file) if self.options.patience is not None else None

    def _keep_if_best(self, one_shot: float) -> None:
        best = self._best()
        if best is None or one_shot > best["one_shot"]:
            header = {"step": self.step, "one_shot": one_shot}
            write_state(self._best_file, header, self._weights())

    def _out_of_patience(self) -> bool:
        best = self._best()
        if best is None:
            return False
        return self.metrics.after(best["step"]) >= self.options.patience

    def _result(self) -> TrainingResult:
        best = self._best()
        if best is not None:
            read_variables(self._best_file, self._weights())
        else:
            self.mean.replace()
        return TrainingResult(
            self.network.encoder,
            self.network.head,
            self.step,
            self.images_seen,
            self.seconds,
            best["step"] if best else None,
        )

    def _done(self) -> float:
        """Return the share of the run that is over, by whichever limit is nearer."""
        shares = [0.0]
        if self.options.steps:
            shares.append(self.step / self.options.steps)
        if self.options.minutes:
            shares.append(self.seconds / (60 * self.options.minutes))
        return max(shares)

    def _set_learning_rate(self) -> None:
        """Warm up linearly, then stay: averaging the weights does what a decaying rate would do."""
        warm = min(1.0, (self.step + 1) / max(1, self.options.warmup_steps))
        self.network.optimizer.learning_rate = self.options.learning_rate * warm

    def save(self) -> None:
        """Save weights, their running mean and the optimizer as one file that is complete or absent."""
        header = {"step": self.step, "seconds": self.seconds, **self._fixed()}
        if self.origin is not None:
            header["made_from"] = self.origin.json()
        start = time.monotonic()
        write_state(self.folder / STATE_FILE, header, self._variables())
        self.saved_step, now = self.step, time.monotonic()
        self._next_save = now + max(SAVE_SECONDS, (now - start) / SAVE_SHARE)

    def resume(self) -> bool:
        """Load the state in the folder; False if there is none. UserError if it is another run's."""
        file = self.folder / STATE_FILE
        header = read_header(file)
        if header is None:
            return False
        require_same_options(header, self._fixed())
        if self.origin is not None:
            require_same_origin(header, self.origin, file)
        read_variables(file, self._variables())
        self.step, self.seconds, self.saved_step = header["step"], header["seconds"], header["step"]
        self.metrics.cut_after(self.step)
        return True

    def _fixed(self) -> dict:
        return {"encoder": self.spec.name, **self.options.fixed()}

    def _weights(self) -> list:
        return [*self.network.encoder.variables, *self.network.head.variables]

    def _variables(self) -> list:
        return [*self._weights(), *self.network.optimizer.variables, *self.mean.variables]
