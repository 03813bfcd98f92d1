"""From batches to a new encoder and head. Knows no log and no page.

The choice of step's batch and its distortion depend on (seed, step) only, so a run that is killed and resumed sees
what an uninterrupted one would have seen.
"""

import csv
import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from siamese_core.augmentation import distort, mirror
from siamese_core.datasets import Dataset
from siamese_core.encoders import EncoderSpec, prepare
from siamese_core.errors import UserError
from siamese_core.heads import make_head
from siamese_core.losses import LOSSES
from siamese_core.sampling import BatchShape, Episode, class_batch, members

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class TrainingOptions:
    """How long and how. Of `steps` and `minutes` the one reached first ends the run.

    quarter_turns: a batch is turned by 0, 90, 180 or 270 degrees as a whole (drawings only).
    """

    steps: int | None = None
    minutes: float | None = None
    seed: int = 0
    learning_rate: float = 3e-4
    warmup_steps: int = 100
    batch: BatchShape = BatchShape()
    quarter_turns: bool = True
    interval_minutes: float = 5.0
    clip_norm: float = 5.0


@dataclass(frozen=True)
class TrainingResult:
    encoder: keras.Model
    head: keras.layers.Layer
    steps: int
    images: int
    seconds: float


class PreparedImages:
    """Every image of a dataset as the encoder sees it: uint8 (n, size, size, channels), made once."""

    def __init__(self, dataset: Dataset, spec: EncoderSpec, cache: Path | None = None, progress=None):
        self.dataset = dataset
        name = f"prepared-{spec.preparation}-{spec.size}-{spec.channels}-{dataset.fingerprint()[:16]}.npy"
        file = cache / name if cache else None
        if file and file.exists():
            self.pixels = np.load(file, allow_pickle=False)
            return
        shape = (len(dataset), spec.size, spec.size, spec.channels)
        self.pixels = np.empty(shape, "uint8")
        for index in range(len(dataset)):
            self.pixels[index] = prepare(dataset.image(index), spec.preparation, spec.size, spec.channels)
            if progress and index % 500 == 0:
                progress(index / len(dataset), f"preparing images: {index} of {len(dataset)}")
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            partial = file.with_suffix(".part.npy")
            np.save(partial, self.pixels)
            os.replace(partial, file)


class PairNetwork(keras.Model):
    """Encoder and head as one trainable model: images (b, size, size, channels) -> logits (b, b) of all pairs."""

    def __init__(self, encoder: keras.Model, head: keras.layers.Layer):
        super().__init__()
        self.encoder, self.head = encoder, head

    def call(self, images, training=False):
        embeddings = ops.cast(self.encoder(images, training=training), "float32")
        return self.head.pairwise(embeddings, embeddings)

    def build(self, shape):
        embeddings = (None, self.encoder.output_shape[-1])
        self.head.build(embeddings, embeddings)
        self.built = True


class Trainer:
    """A run that can be cut off at any moment and taken up again in `folder`."""

    def __init__(self, spec: EncoderSpec, images: PreparedImages, options: TrainingOptions, folder: Path):
        if not options.steps and not options.minutes:
            raise UserError("Training ends after a number of steps or minutes. Received: neither.")
        self.spec, self.images, self.options, self.folder = spec, images, options, folder
        self.step, self.seconds = 0, 0.0
        keras.utils.set_random_seed(options.seed)
        self.network = PairNetwork(spec.build(spec.size), make_head(spec.head))
        self.network.build(None)
        loss = LOSSES[spec.loss]
        self.network.compile(
            optimizer=keras.optimizers.Adam(
                options.learning_rate, clipnorm=None, global_clipnorm=options.clip_norm
            ),
            loss=lambda labels, logits: loss(logits, labels[:, 0]),
            jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
        )
        self.network.optimizer.build(self.network.trainable_variables)
        self.by_class = members(images.dataset.labels)

    def run(self, validate: Callable[["Trainer"], dict], progress: Progress) -> TrainingResult:
        """Trains to the end; every interval it validates, writes a line of `metrics.csv` and saves its state."""
        before, started = self.seconds, time.monotonic()
        interval_start, losses = started, []
        for batch in self._batches():
            self._set_learning_rate()
            losses.append(float(self.network.train_on_batch(*batch)))
            self.step += 1
            self.seconds = before + time.monotonic() - started
            progress(self._done(), f"step {self.step}, loss {losses[-1]:.4f}")
            ends = self._done() >= 1
            if ends or time.monotonic() - interval_start >= 60 * self.options.interval_minutes:
                self._record({"loss": round(float(np.mean(losses)), 5), **validate(self)})
                self.save()
                interval_start, losses = time.monotonic(), []
            if ends:
                break
        return TrainingResult(
            self.network.encoder, self.network.head, self.step, self.step * self._batch_size(), self.seconds
        )

    def _batch_size(self) -> int:
        shape = self.options.batch
        return min(shape.n_classes, len(self.by_class)) * shape.n_images

    def _done(self) -> float:
        shares = [0.0]
        if self.options.steps:
            shares.append(self.step / self.options.steps)
        if self.options.minutes:
            shares.append(self.seconds / (60 * self.options.minutes))
        return max(shares)

    def _set_learning_rate(self) -> None:
        """Linear warm-up, then half a cosine down to 1 % (Loshchilov, Hutter 2017)."""
        warm = min(1.0, (self.step + 1) / max(1, self.options.warmup_steps))
        fade = 0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * min(1.0, self._done())))
        self.network.optimizer.learning_rate = self.options.learning_rate * warm * fade

    def _batches(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        with ThreadPoolExecutor(1) as ahead:
            following = ahead.submit(self._batch, self.step)
            step = self.step
            while True:
                batch = following.result()
                step += 1
                following = ahead.submit(self._batch, step)
                yield batch

    def _batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng([self.options.seed, step])
        indices, labels = class_batch(self.images.dataset, rng, self.options.batch, self.by_class)
        turns = int(rng.integers(4)) if self.options.quarter_turns else 0
        pixels = self.images.pixels[indices]
        ink = self.spec.preparation == "ink"
        copies = [distort(p, rng, turns) if ink else mirror(p, rng) for p in pixels]
        return np.stack(copies).astype("float32"), labels.astype("int32")[:, None]

    def _record(self, metrics: dict) -> None:
        row = {
            "step": self.step,
            "images": self.step * self._batch_size(),
            "seconds": round(self.seconds, 1),
            **metrics,
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "metrics.csv"
        new = not file.exists()
        with file.open("a", newline="", encoding="utf-8") as lines:
            writer = csv.DictWriter(lines, list(row))
            if new:
                writer.writeheader()
            writer.writerow(row)

    def save(self) -> None:
        """The whole state, weights and optimizer, as one file that is complete or absent."""
        self.folder.mkdir(parents=True, exist_ok=True)
        arrays = {f"v{i}": ops.convert_to_numpy(v) for i, v in enumerate(self._variables())}
        header = {
            "step": self.step,
            "seconds": self.seconds,
            "encoder": self.spec.name,
            **_fixed(self.options),
        }
        arrays["header"] = np.frombuffer(json.dumps(header).encode(), "uint8")
        partial = self.folder / "state.part.npz"
        np.savez(partial, **arrays)
        os.replace(partial, self.folder / "state.npz")

    def resume(self) -> bool:
        """Takes up the state in the folder; False if there is none. UserError if it is of another run."""
        file = self.folder / "state.npz"
        if not file.exists():
            return False
        with np.load(file, allow_pickle=False) as state:
            header = json.loads(bytes(state["header"]))
            expected = {"encoder": self.spec.name, **_fixed(self.options)}
            differing = [key for key, value in expected.items() if header.get(key) != value]
            if differing:
                raise UserError(
                    f"A run is resumed with the options it began with. Received: other {', '.join(differing)}. "
                    "Give the same ones, or another --out."
                )
            for i, variable in enumerate(self._variables()):
                variable.assign(state[f"v{i}"])
        self.step, self.seconds = header["step"], header["seconds"]
        return True

    def _variables(self) -> list:
        return [
            *self.network.encoder.variables,
            *self.network.head.variables,
            *self.network.optimizer.variables,
        ]


def _fixed(options: TrainingOptions) -> dict:
    """What must not change between the parts of one run; how long it runs may."""
    kept = asdict(options)
    return {
        key: kept[key]
        for key in ("seed", "learning_rate", "warmup_steps", "batch", "quarter_turns", "clip_norm")
    }


def one_shot_accuracy(trainer: Trainer, images: PreparedImages, episodes: list[Episode]) -> float:
    """Share of `episodes` over `images` whose query is nearest to its own class; each image is embedded once."""
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
    parts = [
        np.asarray(encoder.predict_on_batch(pixels[i : i + batch_size].astype("float32")), "float32")
        for i in range(0, len(pixels), batch_size)
    ]
    return np.concatenate(parts)


def use_bfloat16_where_fast() -> bool:
    """Lets TensorFlow compute convolutions in bfloat16 on processors that have instructions for it: twice the speed.

    Weights and everything that needs the range of float32 stay float32. Whether it was switched on.
    """
    flags = Path("/proc/cpuinfo")
    fast = keras.backend.backend() == "tensorflow" and flags.exists() and "avx512_bf16" in flags.read_text()
    if fast:
        import tensorflow

        tensorflow.config.optimizer.set_experimental_options({"auto_mixed_precision_onednn_bfloat16": True})
    return fast
