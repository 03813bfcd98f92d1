"""`diagnose` and `casestudy`: what is wrong, by how much and why, as findings and tables."""

import logging
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from siamese_core.cli.commands import DEFAULT_ENCODER, Answer, open_store, open_workbench
from siamese_core.cli.terminal import one_line, table
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError

if TYPE_CHECKING:
    from siamese_core.checkpoints.checkpoint import Checkpoint
    from siamese_core.data.datasets import Dataset
    from siamese_core.diagnosis.findings import Finding

ABSENT = "-"  # a metric that a variant does not have, or that is no number


def diagnose(options: Namespace, progress: Progress) -> Answer:
    import numpy as np

    from siamese_core.data.datasets import load_dataset
    from siamese_core.data.pair_lists import load_pair_list
    from siamese_core.diagnosis import diagnose
    from siamese_core.retraining.replay import Replay

    if options.validation and not options.data:
        raise UserError("--validation is the other side of --data. Received: it alone. Give both.")
    if options.labels and not options.list:
        raise UserError("--labels belong to the pairs of a --list. Received: them alone. Give both.")
    rng = np.random.default_rng(options.seed)
    dataset = load_dataset(options.data) if options.data else None
    checkpoint = _checkpoint(options, dataset, progress)
    findings = []
    if dataset is not None:
        progress(0.1, "looking at the images")
        findings += diagnose.diagnose_images(dataset, rng)
    if options.validation:
        progress(0.3, "looking for what is on both sides")
        findings += diagnose.diagnose_split(dataset, load_dataset([options.validation]), rng)
    if options.list:
        progress(0.5, "looking at the pairs")
        findings += diagnose.diagnose_pairs(load_pair_list(options.list, options.labels), checkpoint)
    if checkpoint is not None and (dataset is not None or not options.list):
        progress(0.7, "looking into the network")
        seen = Replay().dataset if dataset is None else dataset
        findings += diagnose.diagnose_network(checkpoint, seen, rng)
    return Answer({"findings": [finding.json() for finding in findings]}, _findings_text(findings))


def _checkpoint(options: Namespace, dataset: "Dataset | None", progress: Progress) -> "Checkpoint | None":
    """The one that is named, of an encoder the one for such images; where nothing is, the default one."""
    from siamese_core.checkpoints.checkpoint import load_checkpoint
    from siamese_core.evaluation.picking import Images, pick

    named = options.checkpoint or options.encoder
    if not named and (options.data or options.list):
        return None
    progress(0.0, "loading the checkpoint")
    if options.checkpoint:
        return load_checkpoint(options.checkpoint)
    encoder = options.encoder or DEFAULT_ENCODER
    if dataset is None:
        return load_checkpoint(open_store(options).current_folder(encoder))
    return pick(open_workbench(options), encoder, Images(len(dataset), dataset.image)).checkpoint


def casestudy(options: Namespace, progress: Progress) -> Answer:
    from siamese_core.casestudies.catalogue import case_study
    from siamese_core.casestudies.study import StudyOptions
    from siamese_core.data.datasets import load_dataset

    # A study builds network after network, which TensorFlow takes for a mistake and warns of.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    study = case_study(options.name)
    if not options.data:
        raise UserError(f"A case study is rebuilt on your data. Received: none. Give --data: {study.data}.")
    asked = StudyOptions(
        dataset=load_dataset(options.data),
        steps=options.steps,
        seed=options.seed,
        trials=options.trials,
        n_way=options.n_way,
        language=options.language,
        checkpoint=_of_one_shot_tasks(options),
        weights=options.resnet50_weights,
    )
    report = study.run(asked, progress)
    text = f"{_table_text(report.table)}\n\n{_findings_text(report.findings)}"
    return Answer(report.json(), text)


def _of_one_shot_tasks(options: Namespace) -> "Checkpoint | None":
    """Koch's current network where there is one; an untrained one shows the same."""
    from siamese_core.checkpoints.checkpoint import load_checkpoint

    if options.name != "one-shot-evaluation":
        return None
    try:
        folder = open_store(options).current_folder("koch")
    except UserError:
        return None
    return load_checkpoint(folder)


def _findings_text(findings: Sequence["Finding"]) -> str:
    rows = [(each.level, each.check, f"{each.measured:.4g}", each.expected) for each in findings]
    lines = [table(("level", "check", "measured", "expected"), rows)]
    for each in findings:
        if each.level != "ok":
            lines.append(one_line(f"{each.level}: {each.check}. {each.cause} {each.remedy}"))
    return "\n".join([lines[0], "", *lines[1:]] if len(lines) > 1 else lines)


def _table_text(rows: Sequence[dict]) -> str:
    heading = list(dict.fromkeys(name for row in rows for name in row))
    return table(heading, [[_cell(row.get(name)) for name in heading] for row in rows])


def _cell(value: object) -> str:
    if value is None:
        return ABSENT
    return f"{value:.4g}" if isinstance(value, float) else str(value)
