"""From the log to a candidate, judged on pairs it never saw, promoted or kept. Nothing flows back."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from siamese_core.answers.pair_log import PairLog
from siamese_core.atomic import locked
from siamese_core.checkpoints.card import write_card
from siamese_core.checkpoints.checkpoint import Checkpoint, save_checkpoint
from siamese_core.checkpoints.domains import some_of
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError
from siamese_core.evaluation.protocols import ProtocolResult, VerificationTrials
from siamese_core.images.decoding import image_id
from siamese_core.metric_learning.learning import LabelledPairs
from siamese_core.retraining.answered_pairs import AnsweredPairs, collect, judged_afresh
from siamese_core.retraining.gate import Measured, forgotten, judge, named
from siamese_core.retraining.head_training import (
    LEARNED_COSINE,
    answers_evidence,
    learned_head,
    pairs_evidence,
    retrained_head,
)
from siamese_core.retraining.options import MODES, PROMOTIONS, RetrainOptions
from siamese_core.retraining.replay import Replay
from siamese_core.retraining.report import RetrainReport, write_report
from siamese_core.training.validation import PrecomputedModel
from siamese_core.workspace.embedding_store import EmbeddingStore, open_embedding_store, unlabelled_rows
from siamese_core.workspace.workbench import Workbench

EMBEDDED_AT_ONCE, EMBEDDING_SHARE = 32, 0.1  # of the work


def retrain(
    workbench: Workbench,
    options: RetrainOptions,
    progress: Progress = lambda fraction, text: None,
    log: PairLog | None = None,
) -> RetrainReport:
    """Reads the log (the workbench's own, or another of the same images), trains a candidate, judges it
    against its parent and promotes or keeps it.

    UserError where there is too little to learn from, another retraining of the workspace is under way, or
    another checkpoint was promoted meanwhile.
    """
    _check(options)
    started = time.monotonic()
    with _alone(workbench.workspace):
        progress(0.0, "reading the log")
        rng = np.random.default_rng(options.seed)
        events = (log or workbench.log).rows()
        answered = collect(events, workbench.images, options.until, rng)
        run = _Run(workbench, options, answered, Replay(), progress)
        parent = _parent(run)
        if parent.checkpoint.card.learning:
            answered = judged_afresh(answered, events, parent.checkpoint.card.answers["until"])
            run = replace(run, answered=answered)
        judged = _candidate(run, parent, rng)
        progress(0.8, "judging on the holdout and on the base protocol")
        judgement = judge(_measured(run, parent), _measured(run, judged))
        candidate = _completed(run, parent, judged, judgement.before.base)
        judgement = named(judgement, candidate.checkpoint.id)
        promoted = options.promote == "force" or (options.promote == "auto" and judgement.better)
        ids = (parent.checkpoint.id, candidate.checkpoint.id)
        report = RetrainReport(options, answered, ids, judgement, promoted, time.monotonic() - started)
        _complete_card(run, candidate.checkpoint, report)
        if promoted:
            _check_still_current(run, parent.checkpoint)
            workbench.checkpoints.promote(ids[1], options.encoder)
        write_report(report, workbench.workspace / "reports" / ids[1])
        progress(1.0, report.reason)
    return report


@dataclass(frozen=True)
class _Run:
    """One retraining: what it works on and where it tells how far it is."""

    workbench: Workbench
    options: RetrainOptions
    answered: AnsweredPairs
    replay: Replay
    progress: Progress


@dataclass(frozen=True)
class _Network:
    """A checkpoint with its embeddings of the answered images (m, d) and of the replayed ones (r, d)."""

    checkpoint: Checkpoint
    answered: np.ndarray
    replayed: np.ndarray


def _check(options: RetrainOptions) -> None:
    for name, value, choices in (("mode", options.mode, MODES), ("promote", options.promote, PROMOTIONS)):
        if value not in choices:
            raise UserError(f"Option {name} is one of {', '.join(choices)}. Received: {value!r}.")


@contextlib.contextmanager
def _alone(workspace: Path) -> Iterator[None]:
    """One retraining at a time in a workspace; the system frees the lock of a process that dies."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locked(workspace / "retraining.lock", seconds=0))
        except TimeoutError:
            raise UserError(
                "One retraining at a time. Received: a second one while another is under way in this "
                "workspace. Wait until it has ended."
            ) from None
        yield


def _parent(run: _Run) -> _Network:
    """What serves now. Embeddings of the answered images that the pool has, and of the base protocol from an
    earlier retraining, are on disk."""
    matcher, slot = run.workbench.matcher, run.options.encoder
    run.progress(0.05, "loading the checkpoint")
    run.workbench.ready_for(_some_images(run), [slot])
    checkpoint = matcher.checkpoint(slot, _domain(run))
    store = open_embedding_store(run.workbench.embeddings_folder, checkpoint)
    base = EmbeddingStore(store.folder / "base", store.dim)
    replayed = [image_id(image) for image in run.replay.images]
    store.fill(matcher.cache, checkpoint.embeddings_id, run.answered.ids)
    base.fill(matcher.cache, checkpoint.embeddings_id, replayed)
    parent = _network(run, checkpoint, lambda images: matcher.embed(slot, images, _domain(run)), 0.1)
    _check_still_current(run, checkpoint)  # or the embeddings may be another's
    base.append(replayed, parent.replayed)
    return parent


def _domain(run: _Run) -> str:
    """Handwriting or photographs, whichever most answered images are: that checkpoint is retrained."""
    return run.workbench.matcher.domain(_some_images(run))


def _some_images(run: _Run) -> list[np.ndarray]:
    """Enough to tell what most of them are."""
    images = run.answered.images
    return [images[number] for number in some_of(len(images))]


def _network(
    run: _Run, checkpoint: Checkpoint, embed: Callable[[Sequence[np.ndarray]], np.ndarray], share: float
) -> _Network:
    """Tells that `share` of the work is done before, and up to EMBEDDING_SHARE more meanwhile."""
    kinds = {"answered images": run.answered.images, "images of the base protocol": run.replay.images}
    count, done, embeddings = sum(map(len, kinds.values())), 0, []
    for kind, images in kinds.items():
        parts = []
        for start in range(0, len(images), EMBEDDED_AT_ONCE):
            told = f"embedding {len(images)} {kind}, {start} done"
            run.progress(share + EMBEDDING_SHARE * (done + start) / count, told)
            parts.append(embed(images[start : start + EMBEDDED_AT_ONCE]))
        done += len(images)
        embeddings.append(np.concatenate(parts))
    return _Network(checkpoint, *embeddings)


def _check_still_current(run: _Run, parent: Checkpoint) -> None:
    slot = run.options.encoder
    if run.workbench.matcher.checkpoint(slot, _domain(run)).id != parent.id:
        raise UserError(
            f"A candidate takes the place of its parent. Received: {slot}, where another checkpoint than "
            f"{parent.id} was promoted meanwhile. Retrain again: the answers are all in the log."
        )


def _candidate(run: _Run, parent: _Network, rng: np.random.Generator) -> _Network:
    """What is judged: it has learned from the answers that train and never saw the holdout. In mode "full" it
    is saved, since storing changes an encoder; saving promotes nothing."""
    run.progress(0.2, "fitting the head")
    base = _base(run, parent)
    fitted = _learned(run, parent, run.answered.parts.training, base) or _adapted(run, parent, base, rng)
    fitted.note(**_origin(run), parent=parent.checkpoint.id)
    if run.options.mode == "head":
        return replace(parent, checkpoint=fitted)
    new = _with_trained_encoder(run, fitted, rng)
    new.card = replace(fitted.card, steps=new.card.steps)
    run.progress(0.7, "saving the candidate")
    folder = run.workbench.checkpoints.new_folder(new.encoder_name)
    saved = save_checkpoint(new, folder, quantise=True)
    return _network(run, saved, saved.embed, 0.7)


def _learned(run: _Run, parent: _Network, use: np.ndarray, base: ProtocolResult) -> Checkpoint | None:
    """A head learned from the answers in `use`, bool (n,), and from images that nobody has compared yet; None
    where none is better that forgets nothing of the base protocol."""
    answered = run.answered
    others = unlabelled_rows(run.workbench.embeddings_folder, parent.checkpoint, set(answered.ids))
    answers = LabelledPairs(*(each[use] for each in (answered.left, answered.right, answered.same)))
    embeddings = np.concatenate([parent.answered, others])
    return learned_head(
        parent.checkpoint,
        embeddings,
        answers,
        np.random.default_rng(run.options.seed),
        lambda candidate: forgotten(base, _base(run, replace(parent, checkpoint=candidate))) is None,
    )


def _adapted(run: _Run, parent: _Network, base: ProtocolResult, rng: np.random.Generator) -> Checkpoint:
    """The head that was, its weights and calibration fitted to the answers that train."""
    return retrained_head(
        parent.checkpoint,
        answers_evidence(parent.checkpoint, parent.answered, run.answered),
        pairs_evidence(parent.checkpoint, parent.replayed, run.replay.pairs()),
        rng,
        lambda candidate: forgotten(base, _base(run, replace(parent, checkpoint=candidate))) is None,
    )


def _completed(run: _Run, parent: _Network, judged: _Network, base: ProtocolResult) -> _Network:
    """What is saved and may be promoted. A learned head learns again in the same way, from the holdout's
    answers too: what was judged is what such learning gives."""
    if run.options.mode == "full":
        return judged
    new = judged.checkpoint
    if new.card.head == LEARNED_COSINE and new.card.learning:
        run.progress(0.85, "learning from all answers")
        every = np.ones(len(run.answered.same), bool)
        final = _learned(run, parent, every, base) or new
        final.note(**_origin(run), parent=parent.checkpoint.id)
        new = final
    run.progress(0.9, "saving the candidate")
    store = run.workbench.checkpoints
    folder = store.folder(parent.checkpoint.id)
    saved = save_checkpoint(new, store.new_folder(new.encoder_name), quantise=True, encoder_of=folder)
    return replace(judged, checkpoint=saved)


def _origin(run: _Run) -> dict:
    """The entries of the candidate's card that say what it was made from."""
    parts = run.answered.parts
    answers = {
        "training": int(parts.training.sum()),
        "holdout": int(parts.holdout.sum()),
        "until": run.answered.until,
        "sha256": run.answered.fingerprint(),
    }
    return {"answers": answers, "mode": run.options.mode, "seed": run.options.seed}


def _with_trained_encoder(run: _Run, fitted: Checkpoint, rng: np.random.Generator) -> Checkpoint:
    """The encoder learns under a head that fits already: under another it would move all images that it
    learns from to suit that head, and no others (LP-FT, Kumar et al. 2022)."""
    from siamese_core.retraining.encoder_training import PreparedPairs, retrained_encoder

    def prepared(images: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack([fitted.prepare(image) for image in images])

    answered, use, known = run.answered, run.answered.parts.training, run.replay.pairs()
    answers = PreparedPairs(
        prepared(answered.images), answered.left[use], answered.right[use], answered.same[use]
    )
    replayed = PreparedPairs(prepared(run.replay.images), known.left, known.right, known.same)
    return retrained_encoder(
        fitted, answers, replayed, rng, lambda share, text: run.progress(0.25 + 0.4 * share, text)
    )


def _measured(run: _Run, network: _Network) -> Measured:
    """On the pairs that judge, and on the base protocol."""
    answered, judges = run.answered, run.answered.parts.holdout
    trials = VerificationTrials(int, answered.left[judges], answered.right[judges], answered.same[judges])
    return Measured(
        trials.evaluate(PrecomputedModel(network.checkpoint, network.answered)), _base(run, network)
    )


def _base(run: _Run, network: _Network) -> ProtocolResult:
    return run.replay.one_shot(PrecomputedModel(network.checkpoint, network.replayed))


def _complete_card(run: _Run, candidate: Checkpoint, report: RetrainReport) -> None:
    """Adds what is known only after judging."""
    after = report.judgement.after
    candidate.note(
        metrics={"holdout": after.holdout.json(), "base": after.base.json()},
        training_seconds=round(report.seconds, 1),
    )
    write_card(run.workbench.checkpoints.folder(candidate.id), candidate.card)
