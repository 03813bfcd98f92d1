"""`evaluate one-shot`, `evaluate lake` and `evaluate verification`: trials, a model, a table of scores."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from siamese_core.cli.commands import DEFAULT_ENCODER, Answer, open_workbench
from siamese_core.cli.terminal import table
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from siamese_core.evaluation.picking import Images
    from siamese_core.evaluation.protocols import Model, OneShotTrials, Row, VerificationTrials
    from siamese_core.workspace.workbench import Workbench

DEFAULT_PAIRS = 2000


def evaluate_one_shot(options: Namespace, progress: Progress) -> Answer:
    import numpy as np

    from siamese_core.data.datasets import load_dataset
    from siamese_core.evaluation.protocols import OneShotOptions, one_shot_trials

    episodes = OneShotOptions(options.n_way, options.k_shot, options.episodes, options.within_group)
    trials = one_shot_trials(load_dataset(options.data), episodes, np.random.default_rng(options.seed))
    return _evaluate(trials, options, progress)


def evaluate_lake(options: Namespace, progress: Progress) -> Answer:
    from siamese_core.evaluation.protocols import lake_trials

    return _evaluate(lake_trials(options.runs), options, progress)


def evaluate_verification(options: Namespace, progress: Progress) -> Answer:
    import numpy as np

    from siamese_core.data.datasets import load_dataset
    from siamese_core.data.pair_lists import load_pair_list
    from siamese_core.evaluation.protocols import listed_pairs, sampled_pairs

    if options.list and options.pairs:
        raise UserError("--pairs draws from --data. Received: it with --list, whose pairs are all taken.")
    if options.labels and not options.list:
        raise UserError("--labels belong to the pairs of a --list. Received: them with --data.")
    if options.list:
        trials = listed_pairs(load_pair_list(options.list, options.labels))
    else:
        rng = np.random.default_rng(options.seed)
        trials = sampled_pairs(load_dataset(options.data), options.pairs or DEFAULT_PAIRS, rng)
    return _evaluate(trials, options, progress)


def _evaluate(trials: "OneShotTrials | VerificationTrials", options: Namespace, progress: Progress) -> Answer:
    from siamese_core.evaluation.baselines import BASELINES
    from siamese_core.evaluation.protocols import Row, with_baselines

    progress(0.0, "loading the checkpoint")
    model, notes = _model(options, _images(trials))
    models = 1 + len(BASELINES) if options.baselines else 1
    watched = _watched(trials, models, progress)
    rows = with_baselines(watched, model) if options.baselines else (Row(watched.evaluate(model), None),)
    answer = rows[0].result.json()
    if options.baselines:
        answer["baselines"] = [row.json() for row in rows[1:]]
    title = f"{rows[0].result.protocol}, {rows[0].result.checkpoint}"
    return Answer(answer, "\n".join([title, *filter(None, notes), "", _scores_text(rows)]))


def _watched(
    trials: "OneShotTrials | VerificationTrials", models: int, progress: Progress
) -> "OneShotTrials | VerificationTrials":
    """The same trials, telling how far they are: every model reads each image once."""
    total, done = models * len(_used(trials)), 0

    def read(number: int) -> "np.ndarray":
        nonlocal done
        progress(done / total, f"image {done + 1} of {total}")
        done += 1
        return trials.read(number)

    return replace(trials, read=read)


def _used(trials: "OneShotTrials | VerificationTrials") -> "np.ndarray":
    """The numbers of the images that the trials use."""
    import numpy as np

    from siamese_core.evaluation.protocols import OneShotTrials

    sides = (
        (trials.query, trials.support) if isinstance(trials, OneShotTrials) else (trials.left, trials.right)
    )
    return np.union1d(*sides)


def _images(trials: "OneShotTrials | VerificationTrials") -> "Images":
    from siamese_core.evaluation.picking import Images

    used = _used(trials)
    return Images(len(used), lambda place: trials.read(int(used[place])))


def _model(options: Namespace, images: "Images") -> "tuple[Model, list[str]]":
    """What is measured, and notes: why this checkpoint, and whether it ever saw such images."""
    from siamese_core.checkpoints.checkpoint import load_checkpoint
    from siamese_core.evaluation.picking import pick, warning_of

    if options.checkpoint:
        checkpoint = load_checkpoint(options.checkpoint)
        return checkpoint, [warning_of(checkpoint, images)]
    bench, encoder = open_workbench(options), options.encoder or DEFAULT_ENCODER
    if encoder == "fused":
        return _fused(bench, images)
    picked = pick(bench, encoder, images)
    return picked.checkpoint, [picked.note]


def _fused(bench: "Workbench", images: "Images") -> "tuple[Model, list[str]]":
    from siamese_core.evaluation.fusion import Fused, for_images_of, load_fusion
    from siamese_core.evaluation.picking import pick
    from siamese_core.networks.encoders import SLOTS

    picked = [pick(bench, slot, images) for slot in SLOTS]
    checkpoints = [each.checkpoint for each in picked]
    stored = load_fusion(bench.checkpoints.shipped_folder / "fusion.json")
    fusion = for_images_of(picked[0].domain, stored, checkpoints)
    return Fused(*checkpoints, fusion), [each.note for each in picked]


def _scores_text(rows: Sequence["Row"]) -> str:
    verification = rows[0].result.protocol == "verification"
    heading = ["model", "accuracy", "95 % interval", "correct", "seconds"]
    heading += ["ROC AUC", "EER", "TPR at FPR 0.01", "ECE", "threshold"] if verification else []
    heading += ["p (McNemar)"] if len(rows) > 1 else []
    lines = []
    for row in rows:
        scores = row.json()
        low, high = scores["ci95"]
        line = [
            scores["encoder"],
            f"{100 * scores['accuracy']:.2f} %",
            f"{100 * low:.1f} to {100 * high:.1f} %",
        ]
        line += [f"{scores['correct']} of {scores['trials']}", f"{scores['seconds']:.1f}"]
        if verification:
            names = ("roc_auc", "eer", "tpr_at_fpr_0.01", "ece", "threshold")
            line += [f"{scores[name]:.3f}" for name in names]
        if len(rows) > 1:
            line.append("" if row.mcnemar_p is None else f"{row.mcnemar_p:.2g}")
        lines.append(line)
    return table(heading, lines)
