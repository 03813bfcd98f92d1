"""What to train, on which data, for how long, and with which settings."""

from dataclasses import asdict, dataclass
from pathlib import Path

from siamese_core.data.sampling import BatchShape
from siamese_core.errors import UserError


@dataclass(frozen=True)
class TrainingRequest:
    """What a person asks for with `train`.

    data: class folders, zips of them, or one list of pairs: a CSV, or with `labels` a list of `.npy` files.
    validation: class folders or a zip; None holds some classes out of `data`.
    out: the checkpoint's folder; the state of the run is kept beside it, in `<out>.run`.
    start: folder of a checkpoint of the same network whose weights to start from, in place of random ones.
    strict: refuse data of which anything was left out.
    update: store only the weights that differ from those of `start`.
    patience, batches: see `TrainingOptions`.
    """

    encoder: str
    data: tuple[Path, ...]
    validation: Path | None = None
    steps: int | None = None
    minutes: float | None = None
    out: Path | None = None
    resume: bool = False
    seed: int = 0
    interval_minutes: float = 5.0
    labels: Path | None = None
    patience: int | None = None
    start: Path | None = None
    update: bool = False
    batches: int = 1
    strict: bool = False


@dataclass(frozen=True)
class TrainingOptions:
    """How long and how to train. Of `steps` and `minutes` the limit reached first ends the run.

    batch: classes and images of one batch; batches: how many are drawn for a step, each compared within
    itself.
    other_characters: augment each batch as a whole into characters that the data does not have.
    patience: stop after so many intervals without a better "one_shot" from `validate`, and return the best
    weights (None: train to the end and return the last ones).
    images_before: images that the initial weights have been trained on.
    """

    steps: int | None = None
    minutes: float | None = None
    seed: int = 0
    learning_rate: float = 3e-4
    warmup_steps: int = 100
    batch: BatchShape = BatchShape()
    batches: int = 1
    other_characters: bool = True
    interval_minutes: float = 5.0
    clip_norm: float = 5.0
    patience: int | None = None
    images_before: int = 0

    def __post_init__(self) -> None:
        limits = {"steps": self.steps, "minutes": self.minutes, "patience": self.patience}
        wrong = {name: value for name, value in limits.items() if value is not None and not value > 0}
        if wrong or not (self.steps or self.minutes):
            received = ", ".join(f"{name} {value}" for name, value in limits.items())
            raise UserError(
                f"Training ends after a number of steps or minutes above 0. Received: {received}. Give one."
            )

    def fixed(self) -> dict:
        """Return the options that a resumed run must share with the run that it continues."""
        extendable = ("steps", "minutes", "interval_minutes", "patience")
        return {name: value for name, value in asdict(self).items() if name not in extendable}
