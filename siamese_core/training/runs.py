"""Train from a request to a saved checkpoint: data, training, calibration on classes held out, card."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from siamese_core.checkpoints.card import CheckpointCard, read_card
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.checkpoints.domains import domain_of_images, some_of
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.data.datasets import Dataset
from siamese_core.data.left_out import LeftOut
from siamese_core.data.pair_lists import PairList
from siamese_core.data.progress import Progress, hearing_every_interrupt, saving_when_interrupted
from siamese_core.errors import UserError
from siamese_core.images.ink import is_ink
from siamese_core.networks.encoders import EncoderSpec, encoder_spec
from siamese_core.training.averaging import best_average
from siamese_core.training.measured_checkpoint import described, measured_checkpoint, save_measured
from siamese_core.training.options import TrainingOptions, TrainingRequest
from siamese_core.training.precision import bfloat16_where_fast
from siamese_core.training.prepared_images import PreparedImages, differs_from_kept
from siamese_core.training.split import training_and_validation
from siamese_core.training.state import (
    STATE_FILE,
    Origin,
    other_origin,
    read_header,
    require_same_options,
    require_same_origin,
    telling_what_is_kept,
)
from siamese_core.training.trainer import Trainer, TrainingResult
from siamese_core.training.validation import interval_episodes, one_shot_accuracy

# Adam's rate where a step has one batch
LEARNING_RATES = {"koch": 3e-4, "resnet50": 1e-3, "small_cnn": 3e-4, "face_cnn": 3e-4}


UNCHECKED = (
    "Resumed from {file}, which an earlier version wrote without what it was made from: "
    "whether --data, --validation and --start are the same could not be checked in full."
)


@dataclass(frozen=True)
class TrainedCheckpoint:
    """A saved checkpoint, the folder it is in, the training it came from, and its metrics.

    images: how many images the data holds; left_out: what lay beside them; note: what could not be checked
    when the run was resumed.
    """

    checkpoint: Checkpoint
    folder: Path
    training: TrainingResult
    validation: dict
    images: int
    left_out: LeftOut
    note: str = ""

    def json(self) -> dict:
        return {
            "checkpoint": self.checkpoint.id,
            "folder": str(self.folder),
            "steps": self.training.steps,
            "images": self.training.images,
            "seconds": round(self.training.seconds, 1),
            "validation": self.validation,
            **({"note": self.note} if self.note else {}),
        }


@dataclass(frozen=True)
class _Start:
    """The initial weights of a run, and what the card of its checkpoint says of them."""

    weights: list[np.ndarray]
    entries: dict


def train_checkpoint(
    request: TrainingRequest, store: CheckpointStore, progress: Progress
) -> TrainedCheckpoint:
    """Train, calibrate and save. The first checkpoint of an encoder in the store becomes its current one.

    UserError where the data cannot be trained on, the folder is taken, or a run to resume is not there.
    KeyboardInterrupt, which says what is kept, after Ctrl-C.
    """
    folders = run_folders(request, store)
    with telling_what_is_kept(folders[1], request.resume):
        return _train(request, store, folders, progress)


def _train(
    request: TrainingRequest, store: CheckpointStore, folders: tuple[Path, Path], progress: Progress
) -> TrainedCheckpoint:
    spec, (folder, run_folder) = encoder_spec(request.encoder), folders
    with hearing_every_interrupt():
        training, validation = training_and_validation(request)
        origin, options = run_origin(request, training, validation), run_options(request, spec)
        note = _resumable(run_folder, spec, options, origin) if request.resume else ""
        episodes = interval_episodes(validation, request.seed)
        seen = PreparedImages(training, spec, run_folder, progress)
        unseen = PreparedImages(validation, spec, run_folder, progress)
        trainer = Trainer(spec, seen, options, run_folder, origin)
        start = start_weights(request, trainer)
        if request.resume:
            trainer.resume()
    score = partial(one_shot_accuracy, images=unseen, episodes=episodes)
    with bfloat16_where_fast(), saving_when_interrupted(trainer.save, progress) as after_step:
        result = trainer.run(lambda network: {"one_shot": score(network)}, after_step)
    if start is not None:
        start.entries["share_of_end"] = best_average(
            trainer.network, start.weights, lambda: score(trainer.network)
        )
    progress(1.0, "measuring on held-out classes")
    checkpoint, metrics = measured_checkpoint(spec, result, unseen, request.seed)
    checkpoint.note(
        data=described(training),
        validation_data=described(validation),
        trained_on=domain_of_images([is_ink(training.image(i)) for i in some_of(len(training))]),
        **(start.entries if start else {}),
    )
    saved = save_measured(checkpoint, folder, unseen, metrics, request.start if request.update else None)
    if not _has_current(store, spec.name) and request.out is None:
        store.promote(saved.id)
    left_out = training.left_out + validation.left_out
    return TrainedCheckpoint(
        saved, folder, result, saved.card.metrics, len(training) + len(validation), left_out, note
    )


def run_origin(request: TrainingRequest, training: Dataset | PairList, validation: Dataset) -> Origin:
    """Return what a run is made from, which a resumed one must be made from, too."""
    start = read_card(request.start).id if request.start else ""
    return Origin(training.fingerprint(), validation.fingerprint(), start)


def _resumable(run_folder: Path, spec: EncoderSpec, options: TrainingOptions, origin: Origin) -> str:
    """Check that the run in a folder is the one to resume; return a note where not all could be compared.

    UserError where there is none, or where it was begun with other options or made from something else.
    """
    file, header = run_folder / STATE_FILE, require_state(run_folder)
    require_same_options(header, {"encoder": spec.name, **options.fixed()})
    if "made_from" in header:
        require_same_origin(header, origin, file)
        return ""
    differing = [
        option
        for option, fingerprint in (("--data", origin.data), ("--validation", origin.validation))
        if differs_from_kept(fingerprint, spec, run_folder)
    ]
    if differing:
        raise other_origin(differing, file)
    return UNCHECKED.format(file=file)


def require_state(run_folder: Path) -> dict:
    """Return the header of the state in a folder; UserError where there is none to resume."""
    header = read_header(run_folder / STATE_FILE)
    if header is None:
        raise UserError(
            f"A run to resume must be there. Received: no state in {run_folder}. Leave out --resume."
        )
    return header


def run_folders(request: TrainingRequest, store: CheckpointStore) -> tuple[Path, Path]:
    """Return the checkpoint's folder and that of the run's state. UserError where the request contradicts."""
    if request.update and request.start is None:
        raise UserError(
            "An update is of the checkpoint that training starts from. Received: --update without --start. "
            "Add --start DIR, or leave out --update."
        )
    if request.out is None:
        return store.new_folder(request.encoder), store.own_folder.parent / "training" / request.encoder
    out = Path(request.out)
    if out.exists():
        raise UserError(
            f"A checkpoint is never overwritten. Received: --out {out}, which exists. Name another."
        )
    return out, out.with_name(out.name + ".run")


def run_options(request: TrainingRequest, spec: EncoderSpec) -> TrainingOptions:
    """Return how an encoder is trained as a person asked for it."""
    return TrainingOptions(
        steps=request.steps,
        minutes=request.minutes,
        seed=request.seed,
        # A gradient averaged over n batches is less noisy: Adam's rate may grow by the root of n.
        learning_rate=LEARNING_RATES[spec.name] * request.batches**0.5,
        batches=request.batches,
        other_characters=spec.preparation == "ink",
        interval_minutes=request.interval_minutes,
        patience=request.patience,
        images_before=_images_before(read_card(request.start)) if request.start else 0,
    )


def start_weights(request: TrainingRequest, trainer: Trainer) -> _Start | None:
    """Give the trainer the weights of the checkpoint to start from, if there is one."""
    if request.start is None:
        return None
    parent = load_checkpoint(request.start)
    if parent.encoder_name != request.encoder or parent.card.network:
        raise UserError(
            f"Training goes on from a checkpoint of the same network. Received: {parent.id} to start "
            f"{request.encoder} from. Name another, or leave out --start."
        )
    trainer.start_from(parent.encoder, parent.head)
    entries = {"parent": parent.id, "images_before": _images_before(parent.card)}
    return _Start(trainer.network.get_weights(), entries)


def _images_before(card: CheckpointCard) -> int:
    """Return how many images a checkpoint and its ancestors were trained on."""
    return (card.training_images or 0) + (card.images_before or 0)


def _has_current(store: CheckpointStore, encoder: str) -> bool:
    try:
        store.current_id(encoder)
    except UserError:
        return False
    return True
