"""`evaluate one-shot`, `evaluate lake` and `evaluate verification`: trials, a model, a table of scores."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from siamese_core.commands import DEFAULT_ENCODER, Answer, Progress, open_workbench
from siamese_core.errors import UserError
from siamese_core.terminal import table

if TYPE_CHECKING:
    import numpy as np

    from siamese_core.evaluation import Model, OneShotTrials, Row, VerificationTrials

DEFAULT_PAIRS = 2000
LOOKED_AT = 48  # images of the trials, by which they are told to be handwriting or photographs


def evaluate_one_shot(options: Namespace, progress: Progress) -> Answer:
    import numpy as np

    from siamese_core.datasets import load_dataset
    from siamese_core.evaluation import OneShotOptions, one_shot_trials

    episodes = OneShotOptions(options.n_way, options.k_shot, options.episodes, options.within_group)
    trials = one_shot_trials(load_dataset(options.data), episodes, np.random.default_rng(options.seed))
    return _evaluate(trials, options, progress)


def evaluate_lake(options: Namespace, progress: Progress) -> Answer:
    from siamese_core.evaluation import lake_trials

    return _evaluate(lake_trials(options.runs), options, progress)


def evaluate_verification(options: Namespace, progress: Progress) -> Answer:
    import numpy as np

    from siamese_core.datasets import load_dataset
    from siamese_core.evaluation import listed_pairs, sampled_pairs
    from siamese_core.pair_lists import load_pair_list

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
    from siamese_core.baselines import BASELINES
    from siamese_core.evaluation import Row, with_baselines

    progress(0.0, "loading the checkpoint")
    model = _model(options, trials)
    models = 1 + len(BASELINES) if options.baselines else 1
    watched = _watched(trials, models, progress)
    rows = with_baselines(watched, model) if options.baselines else (Row(watched.evaluate(model), None),)
    answer = rows[0].result.json()
    if options.baselines:
        answer["baselines"] = [row.json() for row in rows[1:]]
    return Answer(answer, _scores_text(rows))


def _used(trials: "OneShotTrials | VerificationTrials") -> "np.ndarray":
    """The numbers of the images of the trials, each once."""
    import numpy as np

    from siamese_core.evaluation import OneShotTrials

    one_shot = isinstance(trials, OneShotTrials)
    return np.union1d(*((trials.query, trials.support) if one_shot else (trials.left, trials.right)))


def _watched(
    trials: "OneShotTrials | VerificationTrials", models: int, progress: Progress
) -> "OneShotTrials | VerificationTrials":
    """The same trials, telling how far they are: every model reads each image once."""
    total = models * len(_used(trials))
    done = 0

    def read(number: int) -> "np.ndarray":
        nonlocal done
        progress(done / total, f"image {done + 1} of {total}")
        done += 1
        return trials.read(number)

    return replace(trials, read=read)


def _model(options: Namespace, trials: "OneShotTrials | VerificationTrials") -> "Model":
    """The checkpoint that is named, else the one that serves images like those of the trials."""
    from siamese_core.checkpoints import load_checkpoint
    from siamese_core.encoders import SLOTS
    from siamese_core.fusion import FUSION_FILE, Fused, load_fusion

    if options.checkpoint:
        return load_checkpoint(options.checkpoint)
    bench, encoder = open_workbench(options), options.encoder or DEFAULT_ENCODER
    slots = SLOTS if encoder == "fused" else (encoder,)
    used = _used(trials)
    images = [trials.read(int(number)) for number in used[:: -(-len(used) // LOOKED_AT)]]
    bench.ready_for(images, slots)
    domain = bench.matcher.domain(images)
    store = bench.checkpoints
    models = [load_checkpoint(store.folder(store.current_id(slot, domain))) for slot in slots]
    if encoder == "fused":
        return Fused(*models, load_fusion(store.shipped_folder / FUSION_FILE, domain))
    return models[0]


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
    return f"{rows[0].result.protocol}, {rows[0].result.checkpoint}\n\n{table(heading, lines)}"
