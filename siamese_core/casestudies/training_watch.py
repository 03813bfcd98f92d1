"""Watch a training: at which step does it go NaN, in which layer does that start, does the loss move?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.data.progress import Progress
from siamese_core.diagnosis.findings import Check, Finding

if TYPE_CHECKING:
    import keras


LEAST_MOVE = 0.01  # relative range of the loss within the last quarter of a run
FEWEST_STEPS = 12  # to judge a run by


@dataclass(frozen=True)
class TrainingRecord:
    """What happened in a training.

    losses: of each step; nan_step: the first step, counted from 1, after which the loss or a weight is not
    finite, or None; spoilt: paths of the weights that were not finite then, in the order of the layers;
    last_weight: path of the network's last weight.
    """

    losses: tuple[float, ...]
    nan_step: int | None = None
    spoilt: tuple[str, ...] = ()
    last_weight: str = ""


class TrainingWatch:
    """Record what happens to `network`: call `observe` after each step."""

    def __init__(self, network: "keras.Model"):
        self._network = network
        self.record = TrainingRecord(())

    def observe(self, loss: float) -> bool:
        """Record a step. Return whether to go on: False once the loss or a weight is not finite."""
        losses = (*self.record.losses, float(loss))
        weights = self._network.trainable_variables
        spoilt = tuple(weight.path for weight in weights if not _is_finite(weight))
        well = not spoilt and bool(np.isfinite(loss))
        step = None if well else len(losses)
        self.record = TrainingRecord(losses, step, spoilt, weights[-1].path)
        return well


def _is_finite(weight: "keras.Variable") -> bool:
    from keras import ops

    return bool(ops.isfinite(ops.sum(weight)))  # one number: a sum with a NaN in it is NaN


def check_training(record: TrainingRecord) -> Finding:
    """Check whether the run went NaN, and where: in a layer, or behind all of them, in the loss.

    A NaN gradient spoils every layer between where it arises and the input, and none behind.
    """
    check = Check("finite-training", "no step after which the loss or a weight is NaN or infinite")
    if record.nan_step is None:
        return check.ok(0, f" (of {len(record.losses)})")
    if not record.spoilt or record.spoilt[-1] == record.last_weight:
        where = "behind the last layer, in the distance or the loss: a root has an infinite gradient at 0"
    else:
        where = f"behind {record.spoilt[-1]}, the last layer with a NaN"
    return check.found(
        "error",
        record.nan_step,
        f"After step {record.nan_step} {len(record.spoilt)} weights are NaN; it starts {where}.",
        "Clamp what is under a root away from 0, before the root, and keep embeddings from coinciding.",
    )


def check_loss_moves(losses: Sequence[float]) -> Finding:
    """Check whether the loss still moves: its range over the last quarter of the run over its median."""
    check = Check("loss-moves", f"a loss that moves by {LEAST_MOVE} of itself, or is 0")
    known = np.asarray(losses, np.float64)
    known = known[np.isfinite(known)]
    if len(known) < FEWEST_STEPS:
        return check.ok(0, f" (received {len(known)} steps: nothing to judge)")
    last_quarter = known[-(len(known) // 4) :]
    middle = float(np.median(last_quarter))
    moves = float(np.ptp(last_quarter)) / middle if middle > 0 else 1.0
    if moves >= LEAST_MOVE or middle < 1e-6:
        return check.ok(moves)
    return check.found(
        "error",
        moves,
        f"The loss is stuck at {middle:.4f}: the embeddings have collapsed, and no gradient leads out.",
        "Give embeddings no softmax but a unit length; start with a lower learning rate.",
    )


def train_watched(
    network: "keras.Model", draw: Callable[[int], tuple], steps: int, progress: Progress
) -> TrainingRecord:
    """Train a compiled network on the batches that `draw(step)` gives, for `steps` or until it goes NaN."""
    watch = TrainingWatch(network)
    for step in range(steps):
        progress(step / steps, f"step {step + 1} of {steps}")
        if not watch.observe(network.train_on_batch(*draw(step))):
            break
    return watch.record
