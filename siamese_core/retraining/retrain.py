"""Retrain: from the log to a candidate, judged on pairs it never saw, promoted or kept. Nothing flows
back."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from siamese_core.answers.pair_log import PairLog
from siamese_core.atomic import locked
from siamese_core.checkpoints.card import write_card
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError
from siamese_core.retraining.answered_pairs import collect, judged_afresh
from siamese_core.retraining.candidate import implied_pairs, judged_candidate, saved_candidate
from siamese_core.retraining.judging.gate import judge, named
from siamese_core.retraining.options import MODES, PROMOTIONS, RetrainOptions
from siamese_core.retraining.replay import Replay
from siamese_core.retraining.report import RetrainReport, write_report
from siamese_core.retraining.run import Run
from siamese_core.workspace.workbench import Workbench


def retrain(
    workbench: Workbench,
    options: RetrainOptions,
    progress: Progress = lambda fraction, text: None,
    log: PairLog | None = None,
) -> RetrainReport:
    """Train a candidate on the answers, judge it against its parent, and promote or keep it.

    log: another log of the same images than the workbench's own.

    UserError where there are too few answers, another retraining of the workspace is under way, or another
    checkpoint was promoted meanwhile.
    """
    _check(options)
    started = time.monotonic()
    with _alone(workbench.workspace):
        progress(0.0, "reading the log")
        rng = np.random.default_rng(options.seed)
        events = (log or workbench.log).rows()
        answered = collect(events, workbench.images, options.until, rng)
        run = Run(workbench, options, answered, Replay(), progress)
        parent = run.parent()
        if parent.checkpoint.card.learning:
            answered = judged_afresh(answered, events, parent.checkpoint.card.answers["until"])
            run = replace(run, answered=answered)
        judged = judged_candidate(run, parent, rng)
        progress(0.8, "judging on the holdout and on the base protocol")
        before, after = run.measured(parent), run.measured(judged)
        candidate = saved_candidate(run, parent, judged, before.base)
        implied = implied_pairs(run, parent, judged, candidate.checkpoint)
        judgement = named(judge(before, after, implied), candidate.checkpoint.id)
        promoted = options.promote == "force" or (options.promote == "auto" and judgement.better)
        ids = (parent.checkpoint.id, candidate.checkpoint.id)
        report = RetrainReport(options, answered, ids, judgement, promoted, time.monotonic() - started)
        _complete_card(workbench, candidate.checkpoint, report)
        if promoted:
            run.check_still_current(parent.checkpoint)
            workbench.checkpoints.promote(ids[1], options.encoder)
        write_report(report, workbench.workspace / "reports" / ids[1])
        progress(1.0, report.reason)
    return report


def _check(options: RetrainOptions) -> None:
    for name, value, choices in (("mode", options.mode, MODES), ("promote", options.promote, PROMOTIONS)):
        if value not in choices:
            raise UserError(f"Option {name} is one of {', '.join(choices)}. Received: {value!r}. Choose one.")


@contextlib.contextmanager
def _alone(workspace: Path) -> Iterator[None]:
    """Allow one retraining at a time in a workspace; the system frees the lock of a process that dies."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locked(workspace / "retraining.lock", seconds=0))
        except TimeoutError:
            raise UserError(
                "One retraining at a time. Received: a second one while another is under way in this "
                "workspace. Wait until it has ended."
            ) from None
        yield


def _complete_card(workbench: Workbench, candidate: Checkpoint, report: RetrainReport) -> None:
    """Add to the card what is known only after judging."""
    after = report.judgement.after
    candidate.note(
        metrics={"holdout": after.holdout.json(), "base": after.base.json()},
        training_seconds=round(report.seconds, 1),
    )
    write_card(workbench.checkpoints.folder(candidate.id), candidate.card)
