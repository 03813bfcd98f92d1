"""From batches to a new encoder and head. Knows no log and no page.

A step's batch and its distortion depend on (seed, step) only, so a run that is killed and resumed sees what
an uninterrupted one would have seen.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from siamese_core.data.progress import Progress
from siamese_core.data.sampling import Episode
from siamese_core.errors import UserError
from siamese_core.networks.encoders import EncoderSpec
from siamese_core.networks.heads import make_head
from siamese_core.networks.losses import LOSSES
from siamese_core.training.augmentation import CHANGES, origins, other_characters
from siamese_core.training.averaging import RunningMean
from siamese_core.training.batches import batches
from siamese_core.training.compounds import compounds, share_after
from siamese_core.training.options import TrainingOptions, check, fixed
from siamese_core.training.pair_network import AdamByInputs, PairNetwork
from siamese_core.training.precision import half_precision_on_accelerators
from siamese_core.training.prepared_images import PreparedImages
from siamese_core.training.state import MetricsFile, NotFinite, read_header, read_variables, write_state

# Between two intervals the state is saved, too: this often, and no more than a twentieth of the time.
SAVE_SECONDS, SAVE_SHARE = 30.0, 0.05


@dataclass(frozen=True)
class TrainingResult:
    """steps, images, seconds: of the whole run; best_step: whose weights these are, if `patience` was set."""

    encoder: keras.Model
    head: keras.layers.Layer
    steps: int
    images: int
    seconds: float
    best_step: int | None = None


class Trainer:
    """A run that can be cut off at any moment and taken up again in `folder`.

    `images` may be of a Dataset, or of a PairList: then only what follows from its pairs is learnt.
    """

    def __init__(self, spec: EncoderSpec, images: PreparedImages, options: TrainingOptions, folder: Path):
        check(options)
        self.spec, self.images, self.options, self.folder = spec, images, options, folder
        self.step, self.seconds, self.saved_step = 0, 0.0, None
        self._next_save = time.monotonic() + SAVE_SECONDS
        self.source = batches(images.dataset, options.batch)
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
        """The mean over the batches of a step; known: (n * b, 1) labels, or (n * b, b) truth."""
        loss, n = LOSSES[self.spec.loss], self.options.batches
        parts = zip(ops.split(known, n), ops.split(logits, n), strict=True)
        losses = [loss(said, true[:, 0] if true.shape[1] == 1 else true) for true, said in parts]
        return sum(losses) / n

    def start_from(self, encoder: keras.Model, head: keras.layers.Layer) -> None:
        """Takes over the weights of networks of the same shape, in place of random ones."""
        self.network.encoder.set_weights(encoder.get_weights())
        self.network.head.set_weights(head.get_weights())

    def run(self, validate: Callable[["Trainer"], dict], progress: Progress) -> TrainingResult:
        """Trains to the end; every interval it validates, writes a line of metrics and saves its state.

        UserError when a number stops being finite; the state saved before is kept.
        """
        if self.step == 0:
            for left_over in (self.metrics.file, self._best_file):
                left_over.unlink(missing_ok=True)
        before, started = self.seconds, time.monotonic()
        interval_start, losses = started, []
        with closing(self._batches()) as upcoming:
            stops = self._done() >= 1 or self._waits_in_vain()
            while not stops:
                losses.append(self._train(*next(upcoming)))
                self.seconds = before + time.monotonic() - started
                progress(self._done(), f"step {self.step}, loss {losses[-1]:.4f}")
                stops = self._done() >= 1
                if stops or time.monotonic() - interval_start >= 60 * self.options.interval_minutes:
                    self._end_interval(float(np.mean(losses)), validate)
                    stops = stops or self._waits_in_vain()
                    interval_start, losses = time.monotonic(), []
                elif time.monotonic() >= self._next_save:
                    self._finite(self.save)
        return self._result()

    def _train(self, inputs: tuple[np.ndarray, np.ndarray], known: np.ndarray) -> float:
        self._set_learning_rate()
        loss = float(self.network.train_on_batch(inputs, known))
        self.step += 1
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

    def _end_interval(self, loss: float, validate: Callable[["Trainer"], dict]) -> None:
        """Validates the mean of the weights, which is what a run results in, and keeps the best."""
        with self.mean.in_place():
            metrics = {"loss": round(loss, 5), **validate(self)}
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
        return self.step * self.source.size * self.options.batches

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

    def _waits_in_vain(self) -> bool:
        best = self._best()
        if best is None:
            return False
        return sum(int(row["step"]) > best["step"] for row in self.metrics.rows()) >= self.options.patience

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
        shares = [0.0]
        if self.options.steps:
            shares.append(self.step / self.options.steps)
        if self.options.minutes:
            shares.append(self.seconds / (60 * self.options.minutes))
        return max(shares)

    def _set_learning_rate(self) -> None:
        """Linear warm-up; what a fading rate would settle, the mean of the weights does."""
        warm = min(1.0, (self.step + 1) / max(1, self.options.warmup_steps))
        self.network.optimizer.learning_rate = self.options.learning_rate * warm

    def _batches(self) -> Iterator[tuple[tuple[np.ndarray, np.ndarray], np.ndarray]]:
        with ThreadPoolExecutor(1) as ahead:
            following = ahead.submit(self._drawn, self.step)
            step = self.step
            while True:
                drawn = following.result()
                step += 1
                following = ahead.submit(self._drawn, step)
                yield drawn

    def _drawn(self, step: int) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
        """What the network takes, and what is known: labels int32 (n * b, 1), or truth (n * b, b)."""
        rng = np.random.default_rng([self.options.seed, step])
        drawn = [self.source.draw(rng) for _ in range(self.options.batches)]
        indices, known = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
        parts, places = self._changed(rng, indices, step * len(indices))
        return (self.images.pixels[parts], places), known[:, None] if known.ndim == 1 else known

    def _changed(
        self, rng: np.random.Generator, indices: np.ndarray, seen: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of which images (n, p) copies are made, and where the corners of their cells come from."""
        warps = [CHANGES[self.spec.preparation](rng, len(indices))]
        if self.options.other_characters:
            warps.append(other_characters(rng, self.options.batches).repeated(self.source.size))
        corners = origins(*warps)
        if not (self.options.other_characters and self.source.of_classes):
            return indices[:, None], corners[:, None]
        share = share_after(self.options.images_before + seen)
        joined = compounds(rng, self.options.batches, self.source.size, self.options.batch.n_images, share)
        return indices[joined.rows], joined(corners)

    def save(self) -> None:
        """The whole state, weights, their mean and optimizer, as one file that is complete or absent."""
        header = {
            "step": self.step,
            "seconds": self.seconds,
            "encoder": self.spec.name,
            **fixed(self.options),
        }
        start = time.monotonic()
        write_state(self.folder / "state.npz", header, self._variables())
        self.saved_step, now = self.step, time.monotonic()
        self._next_save = now + max(SAVE_SECONDS, (now - start) / SAVE_SHARE)

    def resume(self) -> bool:
        """Takes up the state in the folder; False if there is none. UserError if it is of another run."""
        file = self.folder / "state.npz"
        header = read_header(file)
        if header is None:
            return False
        expected = {"encoder": self.spec.name, **fixed(self.options)}
        differing = [key for key, value in expected.items() if header.get(key) != value]
        if differing:
            raise UserError(
                "A run is resumed with the options it began with. "
                f"Received: other {', '.join(differing)}. Give the same ones, or another folder."
            )
        read_variables(file, self._variables())
        self.step, self.seconds, self.saved_step = header["step"], header["seconds"], header["step"]
        self.metrics.cut_after(self.step)
        return True

    def _weights(self) -> list:
        return [*self.network.encoder.variables, *self.network.head.variables]

    def _variables(self) -> list:
        return [*self._weights(), *self.network.optimizer.variables, *self.mean.variables]


def one_shot_accuracy(trainer: Trainer, images: PreparedImages, episodes: list[Episode]) -> float:
    """Share of `episodes` over `images` whose query is nearest its own class; each image is embedded once."""
    used = np.unique(np.concatenate([np.append(e.support.ravel(), e.query) for e in episodes]))
    embeddings = embed_pixels(trainer.network.encoder, images.pixels[used])
    row = {int(index): i for i, index in enumerate(used)}
    hits = 0
    for episode in episodes:
        support = embeddings[[row[int(i)] for i in episode.support.ravel()]]
        logits = trainer.network.head.pairwise(embeddings[[row[episode.query]]], support)
        scores = ops.convert_to_numpy(logits).reshape(episode.support.shape).mean(axis=1)
        hits += int(np.argmax(scores) == episode.target)
    return hits / len(episodes)


def embed_pixels(encoder: keras.Model, pixels: np.ndarray, batch_size: int = 128) -> np.ndarray:
    """Prepared uint8 (n, size, size, channels) to float32 (n, embedding_dim)."""
    parts = []
    for i in range(0, len(pixels), batch_size):
        batch = pixels[i : i + batch_size].astype("float32")
        if i:  # as large as the first: for another size some backends would compile anew
            batch = np.pad(batch, ((0, batch_size - len(batch)), (0, 0), (0, 0), (0, 0)))
        parts.append(np.asarray(encoder.predict_on_batch(batch), "float32"))
    return np.concatenate(parts)[: len(pixels)]
