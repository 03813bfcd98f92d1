"""How long a training runs and how, and what must not change when it is taken up again."""

from dataclasses import asdict, dataclass

from siamese_core.data.sampling import BatchShape
from siamese_core.errors import UserError


@dataclass(frozen=True)
class TrainingOptions:
    """How long and how. Of `steps` and `minutes` the one reached first ends the run.

    batches: how many of `batch` are drawn for a step, each compared within itself; other_characters: each of
    them is changed as a whole into drawings of other characters, with time most into compounds of two;
    patience: that many intervals without a better "one_shot" from `validate` end the run too, and the best
    weights are its result (None: the last ones are); images_before: seen by the weights that it starts with.
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


def check(options: TrainingOptions) -> None:
    limits = {"steps": options.steps, "minutes": options.minutes, "patience": options.patience}
    wrong = {name: value for name, value in limits.items() if value is not None and not value > 0}
    if wrong or not (options.steps or options.minutes):
        received = ", ".join(f"{name} {value}" for name, value in limits.items())
        raise UserError(
            f"Training ends after a number of steps or minutes above 0. Received: {received}. Give one."
        )


def fixed(options: TrainingOptions) -> dict:
    """What must not change between the parts of one run; how long it runs may."""
    kept = asdict(options)
    return {
        key: kept[key]
        for key in (
            "seed",
            "learning_rate",
            "warmup_steps",
            "batch",
            "batches",
            "other_characters",
            "clip_norm",
            "images_before",
        )
    }
