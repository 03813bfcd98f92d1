"""`evaluate one-shot`, `evaluate lake`, `evaluate verification`: measure a checkpoint on trials."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from siamese_core.cli.arguments import (
    ENCODER_NAMES,
    add_command,
    add_data,
    add_group,
    add_pair_labels,
    add_seed,
    whole,
)
from siamese_core.cli.cohort import add_cohort, normalised
from siamese_core.cli.command import DEFAULT_ENCODER, CommandResult, open_workbench
from siamese_core.cli.dataset import add_strict, load, with_left_out
from siamese_core.cli.terminal import table
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError
from siamese_core.networks.encoders import ENCODERS, SLOTS

if TYPE_CHECKING:
    import numpy as np

    from siamese_core.evaluation.protocols import OneShotTrials, Row, VerificationTrials
    from siamese_core.evaluation.scoring import Model
    from siamese_core.workspace.picking import Images
    from siamese_core.workspace.workbench import Workbench

SUMMARY = "measure a checkpoint"
FUSED = "fused"
DEFAULT_PAIRS = 2000  # random pairs
VERIFICATION_SCORES = {
    "ROC AUC": "roc_auc",
    "EER": "eer",
    "TPR at FPR 0.01": "tpr_at_fpr_0.01",
    "ECE": "ece",
    "threshold": "threshold",
}


def add_arguments(parser: ArgumentParser) -> None:
    protocols = add_group(parser)
    one_shot = add_command(protocols, "one-shot", "measure on random N-way K-shot trials", evaluate_one_shot)
    add_data(one_shot, required=True)
    one_shot.add_argument(
        "--n-way", type=whole(2), default=20, metavar="N", help="classes in a trial (%(default)s)"
    )
    one_shot.add_argument(
        "--k-shot", type=whole(1), default=1, metavar="K", help="support images of a class (%(default)s)"
    )
    one_shot.add_argument("--episodes", type=whole(1), default=400, metavar="E", help="trials (%(default)s)")
    one_shot.add_argument(
        "--within-group", action="store_true", help="draw all classes of a trial from one group"
    )
    lake = add_command(
        protocols, "lake", "measure on the 20 fixed runs of all_runs.zip (Lake et al.)", evaluate_lake
    )
    lake.add_argument("--runs", type=Path, required=True, metavar="ZIP", help="all_runs.zip as published")
    words = "measure verdicts on pairs, half of them same"
    verification = add_command(protocols, "verification", words, evaluate_verification)
    source = verification.add_mutually_exclusive_group(required=True)
    add_data(source)
    source.add_argument("--list", type=Path, metavar="FILE", help="CSV left,right,same with paths beside it")
    add_pair_labels(verification, "--list")
    verification.add_argument(
        "--pairs", type=whole(2), metavar="N", help=f"random pairs of --data ({DEFAULT_PAIRS})"
    )
    for each in (one_shot, lake, verification):
        _add_model(each)
    for each in (one_shot, verification):
        add_seed(each)
        add_strict(each)


def _add_model(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--ask-anyway", action="store_true", help="as of compare; measuring asks an encoder in any case"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--encoder",
        choices=(*ENCODERS, FUSED),
        metavar="NAME",
        help=f"{ENCODER_NAMES}, or {FUSED}: both slots' similarities in one ({DEFAULT_ENCODER})",
    )
    which.add_argument("--checkpoint", type=Path, metavar="DIR", help="measure the checkpoint in this folder")
    add_cohort(parser)
    parser.add_argument(
        "--baselines", action="store_true", help="measure training-free baselines on the same trials, too"
    )


def evaluate_one_shot(options: Namespace, progress: Progress) -> CommandResult:
    """Measure on random one-shot trials."""
    import numpy as np

    from siamese_core.evaluation.protocols import OneShotOptions, one_shot_trials

    episodes = OneShotOptions(options.n_way, options.k_shot, options.episodes, options.within_group)
    dataset = load(options, options.data)
    trials = one_shot_trials(dataset, episodes, np.random.default_rng(options.seed))
    return with_left_out(_evaluate(trials, options, progress), len(dataset), dataset.left_out)


def evaluate_lake(options: Namespace, progress: Progress) -> CommandResult:
    """Measure on the published runs of Lake et al."""
    from siamese_core.evaluation.protocols import lake_trials

    return _evaluate(lake_trials(options.runs), options, progress)


def evaluate_verification(options: Namespace, progress: Progress) -> CommandResult:
    """Measure on pairs, random ones or those of a list."""
    import numpy as np

    from siamese_core.data.pair_lists import load_pair_list
    from siamese_core.evaluation.protocols import listed_pairs, sampled_pairs

    if options.list and options.pairs:
        raise UserError(
            "--pairs draws from --data. Received: it with --list, whose pairs are all taken. Leave out one."
        )
    if options.labels and not options.list:
        raise UserError(
            "--labels belong to the pairs of a --list. Received: them with --data. Leave them out."
        )
    if options.list:
        dataset = load_pair_list(options.list, options.labels)
        if options.strict:
            dataset.left_out.require_none()
        trials = listed_pairs(dataset)
    else:
        dataset, rng = load(options, options.data), np.random.default_rng(options.seed)
        trials = sampled_pairs(dataset, options.pairs or DEFAULT_PAIRS, rng)
    return with_left_out(_evaluate(trials, options, progress), len(dataset), dataset.left_out)


def _evaluate(
    trials: "OneShotTrials | VerificationTrials", options: Namespace, progress: Progress
) -> CommandResult:
    from siamese_core.evaluation.asked_anyway import asked_anyway
    from siamese_core.evaluation.baselines import BASELINES
    from siamese_core.evaluation.protocols import Row, with_baselines

    progress(0.0, "loading the checkpoint")
    model, notes = _model(options, _images(trials))
    model = asked_anyway(model)
    models = 1 + len(BASELINES) if options.baselines else 1
    watched = _watched(trials, models, progress)
    rows = with_baselines(watched, model) if options.baselines else (Row(watched.evaluate(model), None),)
    scores = rows[0].result.json() | {"abstains": model.abstains}
    if model.abstains:
        share = f"{100 * model.abstains:.0f} %"
        notes.append(f"It does not know {share} of the images: measuring asks it anyway.")
    if options.baselines:
        scores["baselines"] = [row.json() for row in rows[1:]]
    title = f"{rows[0].result.protocol}, {rows[0].result.checkpoint}"
    return CommandResult(scores, (title, *filter(None, notes), "", score_table(rows)))


def _watched(
    trials: "OneShotTrials | VerificationTrials", models: int, progress: Progress
) -> "OneShotTrials | VerificationTrials":
    """Return the same trials, which report progress whenever an image is read: once for each model."""
    total, done = models * len(_used(trials)), 0

    def read(number: int) -> "np.ndarray":
        nonlocal done
        progress(done / total, f"image {done + 1} of {total}")
        done += 1
        return trials.read(number)

    return replace(trials, read=read)


def _used(trials: "OneShotTrials | VerificationTrials") -> "np.ndarray":
    """Return the numbers of the images that the trials use."""
    import numpy as np

    from siamese_core.evaluation.protocols import OneShotTrials

    sides = (
        (trials.query, trials.support) if isinstance(trials, OneShotTrials) else (trials.left, trials.right)
    )
    return np.union1d(*sides)


def _images(trials: "OneShotTrials | VerificationTrials") -> "Images":
    from siamese_core.workspace.picking import Images

    used = _used(trials)
    return Images(len(used), lambda place: trials.read(int(used[place])))


def _model(options: Namespace, images: "Images") -> "tuple[Model, list[str]]":
    """Return the model to measure, and notes: why it was chosen, and whether it knows such images."""
    from siamese_core.checkpoints.checkpoint_files import load_checkpoint
    from siamese_core.workspace.picking import pick, warning_of

    if options.checkpoint:
        checkpoint = load_checkpoint(options.checkpoint)
        return normalised(options, checkpoint), [warning_of(checkpoint, images)]
    workbench, encoder = open_workbench(options), options.encoder or DEFAULT_ENCODER
    if encoder == FUSED:
        return _fused(options, workbench, images)
    picked = pick(workbench, encoder, images)
    return normalised(options, picked.checkpoint), [picked.note]


def _fused(options: Namespace, workbench: "Workbench", images: "Images") -> "tuple[Model, list[str]]":
    from siamese_core.evaluation.fusion import fused_for
    from siamese_core.workspace.picking import pick

    picked = [pick(workbench, slot, images) for slot in SLOTS]
    checkpoints = [normalised(options, each.checkpoint) for each in picked]
    fused = fused_for(workbench.checkpoints.shipped_folder, picked[0].domain, checkpoints)
    return fused, [each.note for each in picked]


def score_table(rows: Sequence["Row"]) -> Table:
    """Return a table of the measured model and the baselines, a row each."""
    extra = VERIFICATION_SCORES if rows[0].result.protocol == "verification" else {}
    heading = ["model", "accuracy", "95 % interval", "correct", "seconds", *extra]
    heading += ["p (McNemar)"] if len(rows) > 1 else []
    lines = []
    for row in rows:
        scores = row.json()
        low, high = scores["ci95"]
        line = [
            scores["encoder"],
            f"{100 * scores['accuracy']:.2f} %",
            f"{100 * low:.1f} to {100 * high:.1f} %",
            f"{scores['correct']} of {scores['trials']}",
            f"{scores['seconds']:.1f}",
            *(f"{scores[name]:.3f}" for name in extra.values()),
        ]
        if len(rows) > 1:
            line.append("" if row.mcnemar_p is None else f"{row.mcnemar_p:.2g}")
        lines.append(line)
    return table(heading, lines)
