"""A whole training run: data, training, calibration on held-out classes, a checkpoint with its card."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from siamese_core.checkpoints.checkpoint import (
    Checkpoint,
    base_card,
    load_checkpoint,
    read_card,
    save_checkpoint,
    write_card,
)
from siamese_core.checkpoints.domains import domain_of_images, some_of
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.data.datasets import Dataset, load_dataset
from siamese_core.data.pair_lists import PairList, load_pair_list
from siamese_core.data.progress import Progress
from siamese_core.data.sampling import Episode, members, sample_episodes
from siamese_core.errors import UserError
from siamese_core.evaluation.protocols import OneShotOptions
from siamese_core.images.ink import is_ink
from siamese_core.metrics import Calibration
from siamese_core.networks.encoders import EncoderSpec, encoder_spec, with_copies
from siamese_core.training.averaging import best_average
from siamese_core.training.precision import bfloat16_where_fast
from siamese_core.training.trainer import (
    PreparedImages,
    Trainer,
    TrainingOptions,
    TrainingResult,
    embed_pixels,
    one_shot_accuracy,
)
from siamese_core.training.validation import PrecomputedModel, calibrate, one_shot

HELD_OUT_SHARE = 0.1  # of the classes, where no validation data is given
INTERVAL_TRIALS, FINAL_TRIALS = 400, 4_000
INTERVAL_IMAGES = 5  # of each class: to embed all of them every few minutes would take too long
LEARNING_RATES = {"koch": 3e-4, "resnet50": 1e-3, "small_cnn": 3e-4, "face_cnn": 3e-4}


@dataclass(frozen=True)
class TrainingRequest:
    """What to train on what. `out`: the checkpoint's folder; the run itself lies beside it, in `<out>.run`.

    data: class folders, zips of them, or one list of pairs: a CSV, or with `labels` a list of `.npy` files;
    validation: class folders or a zip; patience: see `TrainingOptions`; start: the folder of a checkpoint of
    the same encoder to go on from, in place of random weights; update: store only what is new since then.
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


@dataclass(frozen=True)
class TrainedCheckpoint:
    checkpoint: Checkpoint
    folder: Path
    training: TrainingResult
    validation: dict

    def json(self) -> dict:
        return {
            "checkpoint": self.checkpoint.id,
            "folder": str(self.folder),
            "steps": self.training.steps,
            "images": self.training.images,
            "seconds": round(self.training.seconds, 1),
            "validation": self.validation,
        }


def train_checkpoint(
    request: TrainingRequest, store: CheckpointStore, progress: Progress
) -> TrainedCheckpoint:
    """Trains, calibrates and saves. An encoder that had no checkpoint yet gets this one as its current.

    UserError where the data cannot be trained on, the folder is taken, or a run to resume is not there.
    """
    spec = encoder_spec(request.encoder)
    if request.update and request.start is None:
        raise UserError(
            "An update is of the checkpoint that training starts from. Received: --update without --start. "
            "Add --start DIR, or leave out --update."
        )
    folder, run_folder = _folders(request, store)
    training, validation = _split(request)
    episodes = _interval_episodes(validation, request.seed)
    seen = PreparedImages(training, spec, run_folder, progress)
    unseen = PreparedImages(validation, spec, run_folder, progress)
    trainer = Trainer(spec, seen, _options(request, spec), run_folder)
    start = _start(request, trainer)
    if request.resume and not trainer.resume():
        raise UserError(
            f"A run to resume must be there. Received: no state in {run_folder}. Leave out --resume."
        )
    with bfloat16_where_fast():
        result = trainer.run(lambda t: {"one_shot": one_shot_accuracy(t, unseen, episodes)}, progress)
    if start is not None:
        score = partial(one_shot_accuracy, trainer, unseen, episodes)
        start.card["share_of_end"] = best_average(trainer.network, start.weights, score)
    encoder = spec.build(spec.size)  # from here on as precise as when it serves
    encoder.set_weights(result.encoder.get_weights())
    result = replace(result, encoder=encoder)
    progress(1.0, "measuring on held-out classes")
    checkpoint, metrics = _checkpoint(spec, result, unseen, request)
    checkpoint.card |= {"data": _described(training), "validation_data": _described(validation)}
    checkpoint.card |= start.card if start else {}
    checkpoint.card["trained_on"] = domain_of_images(
        [is_ink(training.image(i)) for i in some_of(len(training))]
    )
    saved = _save(checkpoint, folder, unseen, metrics, request.start if request.update else None)
    if not _has_current(store, spec.name) and request.out is None:
        store.promote(saved.id)
    return TrainedCheckpoint(saved, folder, result, saved.card["metrics"])


@dataclass(frozen=True)
class _Start:
    """weights: of the network as it began; card: what a checkpoint's card says of them."""

    weights: list[np.ndarray]
    card: dict


def _start(request: TrainingRequest, trainer: Trainer) -> _Start | None:
    """Takes over the weights to start from, if there are any."""
    if request.start is None:
        return None
    parent = load_checkpoint(request.start)
    if parent.encoder_name != request.encoder or parent.card.get("network"):
        raise UserError(
            f"Training goes on from a checkpoint of the same network. Received: {parent.id} to start "
            f"{request.encoder} from. Name another, or leave out --start."
        )
    trainer.start_from(parent.encoder, parent.head)
    card = {"parent": parent.id, "images_before": _seen(parent.card)}
    return _Start(trainer.network.get_weights(), card)


def _seen(card: dict) -> int:
    """Images, by a checkpoint and those it was learnt from."""
    return card.get("training_images", 0) + card.get("images_before", 0)


def _described(data: Dataset | PairList) -> dict:
    is_list = isinstance(data, PairList)
    kind = {"pairs": len(data.same)} if is_list else {"classes": len(np.unique(data.labels))}
    return {"images": len(data), **kind, "sha256": data.fingerprint()}


def _folders(request: TrainingRequest, store: CheckpointStore) -> tuple[Path, Path]:
    if request.out is None:
        return store.new_folder(request.encoder), store.own_folder.parent / "training" / request.encoder
    out = Path(request.out)
    if out.exists():
        raise UserError(
            f"A checkpoint is never overwritten. Received: --out {out}, which exists. Name another."
        )
    return out, out.with_name(out.name + ".run")


def _options(request: TrainingRequest, spec: EncoderSpec) -> TrainingOptions:
    return TrainingOptions(
        steps=request.steps,
        minutes=request.minutes,
        seed=request.seed,
        # Adam's steps are as noisy as before where they are larger by the root of what a step averages over.
        learning_rate=LEARNING_RATES[spec.name] * request.batches**0.5,
        batches=request.batches,
        other_characters=spec.preparation == "ink",
        interval_minutes=request.interval_minutes,
        patience=request.patience,
        images_before=_seen(read_card(request.start)) if request.start else 0,
    )


def _split(request: TrainingRequest) -> tuple[Dataset | PairList, Dataset]:
    """Training and validation data without a class in common."""
    if request.labels is not None or _is_pair_list(request.data):
        return _pairs_and_validation(request)
    data = load_dataset(request.data)
    if request.validation is not None:
        validation = load_dataset([request.validation])
        shared = _plain_classes(data, request.data) & _plain_classes(validation, [request.validation])
        if shared:
            raise UserError(
                "Validation must hold classes that training never sees. "
                f"Received: {len(shared)} classes on both sides, {sorted(shared)[0]!r} among them. "
                "Take them out of one side, or leave out --validation."
            )
        return data, validation
    return _held_out(data, request)


def _plain_classes(dataset: Dataset, paths: Sequence[Path]) -> set[str]:
    """Names of its classes without the folder or zip they lie in: train/cat and test/cat are both cat."""
    roots = {Path(path).name if Path(path).is_dir() else Path(path).stem for path in paths}
    names = {dataset.classes[label] for label in np.unique(dataset.labels)}
    return {name.partition("/")[2] if name.partition("/")[0] in roots else name for name in names}


def _is_pair_list(data: tuple[Path, ...]) -> bool:
    return len(data) == 1 and Path(data[0]).suffix.lower() == ".csv"


def _pairs_and_validation(request: TrainingRequest) -> tuple[PairList, Dataset]:
    if len(request.data) != 1 or request.validation is None:
        raise UserError(
            "Pairs to train on come as one list, and class folders to calibrate on as --validation. "
            f"Received: {len(request.data)} lists, {'a' if request.validation else 'no'} --validation."
        )
    return load_pair_list(request.data[0], request.labels), load_dataset([request.validation])


def _held_out(data: Dataset, request: TrainingRequest) -> tuple[Dataset, Dataset]:
    """Without validation data, some classes are kept from training to calibrate on."""
    rng = np.random.default_rng([request.seed, 2])
    several = [label for label, found in members(data.labels).items() if len(found) > 1]
    count = max(2, round(HELD_OUT_SHARE * len(several)))
    if len(several) < count + 2:
        raise UserError(
            "Training needs four classes with two images each: two are held out to calibrate on. "
            f"Received: {len(several)}. Give more data, or --validation."
        )
    held_out = np.isin(data.labels, rng.choice(several, count, replace=False))
    return data.subset(np.flatnonzero(~held_out)), data.subset(np.flatnonzero(held_out))


def _interval_episodes(validation: Dataset, seed: int) -> list[Episode]:
    """The trials that every interval takes; UserError where the data cannot fill one."""
    rng = np.random.default_rng([seed, 1])
    shape, within_group = _episode_shape(validation)
    images = [rng.permutation(found)[:INTERVAL_IMAGES] for found in members(validation.labels).values()]
    chosen = np.sort(np.concatenate(images))
    episodes = sample_episodes(validation.subset(chosen), rng, shape, INTERVAL_TRIALS, within_group)
    return [replace(e, query=int(chosen[e.query]), support=chosen[e.support]) for e in episodes]


def _episode_shape(dataset: Dataset) -> tuple[tuple[int, int], bool]:
    """20-way 1-shot within a group where the data allows it, else as many ways as there are classes."""
    usable = [label for label, found in members(dataset.labels).items() if len(found) > 1]
    largest = np.bincount(dataset.class_group[usable]).max() if usable else 0
    if largest >= 20:
        return (20, 1), True
    return (min(20, max(2, len(usable))), 1), False


def _checkpoint(
    spec: EncoderSpec, result: TrainingResult, unseen: PreparedImages, request: TrainingRequest
) -> tuple[Checkpoint, dict]:
    card = base_card(spec.name) | {
        "parent": None,
        "seed": request.seed,
        "steps": result.best_step or result.steps,
        "training_images": result.images,
        "training_seconds": round(result.seconds, 1),
    }
    encoder = with_copies(result.encoder, card)
    checkpoint = Checkpoint("", spec.name, encoder, result.head, Calibration(1.0, 0.0), 0.5, card)
    network = PrecomputedModel(checkpoint, embed_pixels(encoder, unseen.pixels))
    calibrated = calibrate(network, unseen.dataset.labels, np.random.default_rng([request.seed, 3]))
    checkpoint.calibration, checkpoint.threshold = calibrated.calibration, calibrated.threshold
    return checkpoint, {"one_shot": _one_shot(network, unseen.dataset), "verification": calibrated.metrics}


def _one_shot(network: PrecomputedModel, dataset: Dataset) -> dict:
    (n_way, k_shot), within_group = _episode_shape(dataset)
    result = one_shot(network, dataset, OneShotOptions(n_way, k_shot, FINAL_TRIALS, within_group))
    where = ", within group" if within_group else ""
    return {"setting": f"{n_way}-way {k_shot}-shot{where}, classes held out", **result.json()}


def _save(
    checkpoint: Checkpoint, folder: Path, unseen: PreparedImages, metrics: dict, update_of: Path | None
) -> Checkpoint:
    """Saves, then measures what was saved: its card tells how much the storage cost."""
    saved = save_checkpoint(checkpoint, folder, quantise=True, update_of=update_of)
    network = PrecomputedModel(saved, embed_pixels(saved.encoder, unseen.pixels))
    stored = _one_shot(network, unseen.dataset)
    loss = metrics["one_shot"]["accuracy"] - stored["accuracy"]
    saved.card["metrics"] = {**metrics, "one_shot": stored, "one_shot_lost_by_storing": loss}
    write_card(folder, saved.card)
    return saved


def _has_current(store: CheckpointStore, encoder: str) -> bool:
    try:
        store.current_id(encoder)
    except UserError:
        return False
    return True
