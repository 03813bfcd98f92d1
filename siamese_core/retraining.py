"""From the log to a candidate, judged on pairs it never saw, promoted or kept. Nothing flows back."""

import contextlib
import fcntl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from siamese_core.checkpoints import ENCODER_FILE, Checkpoint, save_checkpoint
from siamese_core.errors import UserError
from siamese_core.evaluation import VerificationTrials
from siamese_core.gate import Measured, judge
from siamese_core.head_training import pairs_evidence, retrained_head
from siamese_core.material import Material, collect
from siamese_core.pair_log import PairLog
from siamese_core.replay import Replay
from siamese_core.retrain_report import RetrainReport, write_report
from siamese_core.workbench import Workbench

MODES = ("head", "full")
PROMOTIONS = ("auto", "never", "force")

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class RetrainOptions:
    """encoder: the slot; mode: "head" (the encoder stays) or "full"; promote: "auto" (if better), "never" or
    "force"; until: the label_id after which the log is not read, to repeat an earlier retraining."""

    encoder: str = "koch"
    mode: str = "head"
    promote: str = "auto"
    seed: int = 0
    until: str | None = None


@dataclass
class _Run:
    """One retraining: what it works on, and the embeddings it has made so far, by checkpoint."""

    workbench: Workbench
    options: RetrainOptions
    material: Material
    parent: Checkpoint
    progress: Progress
    rng: np.random.Generator
    replay: Replay = field(default_factory=Replay)

    def embed(self, images) -> np.ndarray:
        """By the parent's encoder, each image once."""
        return self.workbench.matcher.embed(self.options.encoder, images)


def retrain(
    workbench: Workbench,
    options: RetrainOptions,
    progress: Progress = lambda fraction, text: None,
    log: PairLog | None = None,
) -> RetrainReport:
    """Reads the log, trains a candidate, judges it against its parent and promotes or keeps it.

    UserError where there is too little to learn from, or another retraining of the workspace is under way.
    """
    _check(options)
    started = time.monotonic()
    with _alone(workbench.workspace):
        progress(0.0, "reading the log")
        rng = np.random.default_rng(options.seed)
        material = collect((log or workbench.log).rows(), workbench.images, options.until, rng)
        parent = workbench.matcher.checkpoint(options.encoder)
        run = _Run(workbench, options, material, parent, progress, rng)
        candidate = _train(run)
        progress(0.75, "judging on the holdout and on the base protocol")
        judgement = judge(_measure(run, parent), _measure(run, candidate))
        promoted = options.promote == "force" or (options.promote == "auto" and judgement.better)
        if workbench.matcher.checkpoint(options.encoder).id != parent.id:
            raise UserError(
                f"A candidate takes the place of its parent. Received: {options.encoder}, where another "
                f"checkpoint than {parent.id} was promoted meanwhile. Retrain again; the candidate "
                f"{candidate.id} is saved."
            )
        if promoted:
            workbench.checkpoints.promote(candidate.id, options.encoder)
        report = RetrainReport(options, material, (parent.id, candidate.id), judgement, promoted)
        report = report.timed(time.monotonic() - started)
        write_report(report, workbench.workspace / "reports" / candidate.id, workbench.images)
        progress(1.0, report.reason)
    return report


def _check(options: RetrainOptions) -> None:
    for name, value, choices in (("mode", options.mode, MODES), ("promote", options.promote, PROMOTIONS)):
        if value not in choices:
            raise UserError(f"Option {name} is one of {', '.join(choices)}. Received: {value!r}.")


@contextlib.contextmanager
def _alone(workspace: Path) -> Iterator[None]:
    """One retraining at a time in a workspace; the system frees the lock of a process that dies."""
    workspace.mkdir(parents=True, exist_ok=True)
    with (workspace / "retraining.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                "One retraining at a time. Received: a second one while another is under way in this "
                "workspace. Wait until it has ended."
            ) from None
        yield


def _train(run: _Run) -> Checkpoint:
    """The candidate, saved in the workspace; saving promotes nothing."""
    run.progress(0.1, "embedding the images")
    replayed = run.replay.pairs()
    start, shared = run.parent, run.workbench.checkpoints.folder(run.parent.id) / ENCODER_FILE
    if run.options.mode == "full":
        start, shared = _trained_encoder(run, replayed), None
        embed = start.embed
    else:
        embed = run.embed
    run.progress(0.6, "fitting the head")
    known = pairs_evidence(start, embed(run.replay.images), (replayed.left, replayed.right), replayed.same)
    candidate = retrained_head(start, embed(run.material.images), run.material, known, run.rng)
    candidate.card["parent"] = run.parent.id
    candidate.card["answers"] = {
        "training": int(run.material.parts.training.sum()),
        "until": run.material.rows[-1].label_id,
        "seed": run.options.seed,
    }
    folder = run.workbench.checkpoints.new_folder(run.options.encoder)
    return save_checkpoint(candidate, folder, quantise=True, encoder_file=shared)


def _trained_encoder(run: _Run, replayed) -> Checkpoint:
    from siamese_core.encoder_training import PreparedPairs, retrained_encoder

    def prepared(images, left, right, same) -> PreparedPairs:
        return PreparedPairs(np.stack([run.parent.prepare(image) for image in images]), left, right, same)

    material, use = run.material, run.material.parts.training
    answers = prepared(material.images, material.left[use], material.right[use], material.same[use])
    base = prepared(run.replay.images, replayed.left, replayed.right, replayed.same)
    return retrained_encoder(
        run.parent, answers, base, run.rng, lambda share, text: run.progress(0.1 + 0.5 * share, text)
    )


def _measure(run: _Run, checkpoint: Checkpoint) -> Measured:
    """On the pairs that judge, and on the base protocol."""
    material, judges = run.material, run.material.parts.holdout
    trials = VerificationTrials(
        material.images.__getitem__, material.left[judges], material.right[judges], material.same[judges]
    )
    model = _Cached(checkpoint, run) if run.options.mode == "head" else checkpoint
    return Measured(trials.evaluate(model), run.replay.one_shot(model))


class _Cached:
    """A checkpoint with its parent's encoder, whose embeddings are there already."""

    def __init__(self, checkpoint: Checkpoint, run: _Run):
        self.encoder_name, self.id, self.threshold = (
            checkpoint.encoder_name,
            checkpoint.id,
            checkpoint.threshold,
        )
        self.logits, self.similarity, self.embed = checkpoint.logits, checkpoint.similarity, run.embed
