"""Choose what is measured: checkpoints that serve, both fused, others of a slot, baselines."""

from collections.abc import Sequence
from dataclasses import dataclass

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.checkpoints.domains import HANDWRITING
from siamese_core.checkpoints.naming import network_title
from siamese_core.evaluation.baselines import BASELINES, Baseline
from siamese_core.evaluation.fusion import Fused, fused_for
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.picking import Images, pick
from siamese_core.workspace.workbench import Workbench

SERVES, OTHER, FUSED, BASELINE = "serves", "other", "fused", "baseline"
TITLES = {
    "pixel_cosine": "Pixels, cosine",
    "blurred_cosine": "Blurred pixels, cosine",
    "modified_hausdorff": "Modified Hausdorff",
}


@dataclass(frozen=True)
class MeasuredModel:
    """A model to measure.

    key: its name among those of a report; role: one of the constants above; slot: that it is of, "" for none;
    title: what people call it; note: why it was picked; normalised: its scores are normalised against the
    pool.
    """

    key: str
    role: str
    slot: str
    title: str
    model: Checkpoint | Fused | Baseline
    note: str = ""
    normalised: bool = False


def serving_models(workbench: Workbench, images: Images, as_compared: bool) -> list[MeasuredModel]:
    """Return what serves such images in both slots, and both fused.

    as_compared: normalised against the pool where Compare does so; else as `evaluate` measures it.
    """
    found, domain = [], HANDWRITING
    for slot in SLOTS:
        picked = pick(workbench, slot, images)
        checkpoint, domain = _as_compared(workbench, picked.checkpoint, as_compared), picked.domain
        title = network_title(checkpoint.card)
        normalised = checkpoint is not picked.checkpoint
        found.append(MeasuredModel(slot, SERVES, slot, title, checkpoint, picked.note, normalised))
    fused = fused_for(workbench.checkpoints.shipped_folder, domain, [each.model for each in found])
    return [*found, MeasuredModel("fused", FUSED, "", "Both fused", fused)]


def other_models(workbench: Workbench, ids: Sequence[str], as_compared: bool) -> list[MeasuredModel]:
    """Return checkpoints by their ids, each in its encoder's slot. UserError where one is unknown."""
    found = []
    for checkpoint_id in dict.fromkeys(ids):
        loaded = load_checkpoint(workbench.checkpoints.folder(checkpoint_id))
        checkpoint = _as_compared(workbench, loaded, as_compared)
        title, slot = workbench.names.words(checkpoint_id), checkpoint.encoder_name
        found.append(
            MeasuredModel(checkpoint_id, OTHER, slot, title, checkpoint, normalised=checkpoint is not loaded)
        )
    return found


def baseline_models() -> list[MeasuredModel]:
    """Return the training-free baselines."""
    return [MeasuredModel(name, BASELINE, "", TITLES[name], each) for name, each in BASELINES.items()]


def embedding_models(models: Sequence[MeasuredModel]) -> list[Checkpoint | Baseline]:
    """Return what embeds for the models: two checkpoints of one encoder share their embeddings."""
    return [each.model for each in models if each.role != FUSED]


def _as_compared(workbench: Workbench, checkpoint: Checkpoint, wished: bool) -> Checkpoint:
    return workbench.matcher.cohorts.for_pool(checkpoint) if wished else checkpoint
