"""What each command does: it reads its options, calls one verb, and gives the answer as JSON and as text.

What only one command needs is imported inside it: the log and the list of checkpoints come at once.
"""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.cli.terminal import one_line, outline, table
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError

if TYPE_CHECKING:
    from siamese_core.answers.pair_log import LogReport
    from siamese_core.checkpoints.store import CheckpointStore
    from siamese_core.workspace.matching import Comparison, Ranking
    from siamese_core.workspace.workbench import Workbench


DEFAULT_ENCODER, DEFAULT_MINUTES = "koch", 60.0
EMBEDDED_AT_ONCE = 32
SHOWN_CLASSES, SHOWN_LINES = 10, 20


@dataclass(frozen=True)
class Answer:
    """`json` as in the contract, `text` for people."""

    json: dict
    text: str


def compare(options: Namespace, progress: Progress) -> Answer:
    from siamese_core.images.decoding import decode_image
    from siamese_core.networks.encoders import SLOTS

    left, right = decode_image(options.left), decode_image(options.right)
    bench = open_workbench(options)
    progress(0.0, "loading the checkpoints")
    encoders = options.encoders or SLOTS
    bench.ready_for([left, right], encoders)
    result = bench.compare(left, right, encoders)
    rows = [
        (
            each.encoder,
            f"{each.similarity:.2f}",
            f"{each.threshold:.2f}",
            "same" if each.same else "different",
            each.checkpoint,
        )
        for each in result.comparisons
    ]
    text = table(("encoder", "similarity", "threshold", "verdict", "checkpoint"), rows)
    return Answer(result.json(), "\n".join([text, *_notes(bench, result.comparisons)]))


def one_shot(options: Namespace, progress: Progress) -> Answer:
    from siamese_core.data.support_folder import read_support
    from siamese_core.images.decoding import decode_image
    from siamese_core.networks.encoders import SLOTS

    query, support = decode_image(options.query), read_support(options.support)
    bench = open_workbench(options)
    encoders = options.encoders or SLOTS
    images = [image for _, image in support]
    bench.ready_for([query, *images], encoders)
    domain = bench.matcher.domain([query, *images])
    for place, encoder in enumerate(encoders):
        for start in range(0, len(images), EMBEDDED_AT_ONCE):
            share = (place + start / len(images)) / len(encoders)
            progress(share, f"{encoder} looks at the support set: {start} of {len(images)}")
            bench.matcher.embed(encoder, images[start : start + EMBEDDED_AT_ONCE], domain)
    result = bench.one_shot(query, support, encoders)
    parts = [_ranking_text(each) for each in result.rankings]
    return Answer(result.json(), "\n\n".join([*parts, *_notes(bench, result.rankings)]))


def _ranking_text(ranking) -> str:
    verdict = "none of these" if ranking.none_of_these else ranking.pick
    lines = [
        f"{ranking.encoder}: {one_line(verdict)} (margin {ranking.margin:.2f}, "
        f"threshold {ranking.threshold:.2f}, {ranking.checkpoint})"
    ]
    shown = ranking.ranking[:SHOWN_CLASSES]
    lines.append(table(("class", "similarity"), [(each.name, f"{each.similarity:.2f}") for each in shown]))
    if len(ranking.ranking) > len(shown):
        lines.append(f"and {len(ranking.ranking) - len(shown)} more")
    return "\n".join(lines)


def _notes(bench: "Workbench", opinions: "Sequence[Comparison | Ranking]") -> list[str]:
    """Why each checkpoint was asked, and what to know of one that does not serve as it should."""
    picked = [f"{each.encoder}: {each.why}. {each.warning}".rstrip() for each in opinions]
    problems = [bench.matcher.problem(each.encoder) for each in opinions]
    photographs = any(each.domain == PHOTOGRAPHS for each in opinions)
    problems += [bench.photos_problem] if photographs else []
    return [*picked, *(f"Note: {one_line(problem)}" for problem in problems if problem)]


def train(options: Namespace, progress: Progress) -> Answer:
    from siamese_core.training.options import TrainingRequest
    from siamese_core.training.runs import train_checkpoint

    limited = options.steps is not None or options.minutes is not None
    request = TrainingRequest(
        encoder=options.encoder,
        data=tuple(options.data),
        labels=options.labels,
        validation=options.validation,
        steps=options.steps,
        minutes=options.minutes if limited else DEFAULT_MINUTES,
        patience=options.patience,
        out=options.out,
        resume=options.resume,
        seed=options.seed,
        start=options.start,
        update=options.update,
        batches=options.batches,
        interval_minutes=options.interval,
    )
    answer = train_checkpoint(request, open_store(options), progress).json()
    return Answer(answer, outline(answer))


def log_import(options: Namespace, progress: Progress) -> Answer:
    bench = open_workbench(options)
    report = bench.log.import_csv(options.file, bench.images)
    return _log_answer(report, f"{report.added} rows added from {options.file}.")


def log_export(options: Namespace, progress: Progress) -> Answer:
    report = open_workbench(options).log.export(options.file)
    return _log_answer(report, f"{report.rows} rows written to {options.file}.")


def log_check(options: Namespace, progress: Progress) -> Answer:
    bench = open_workbench(options)
    labels = bench.log.labels()
    gone = {each for row in labels for each in row.pair if each not in bench.images}
    words = f"{bench.log.path}"
    if gone:
        words += f"\n{len(gone)} images of these labels are gone from {bench.images.folder}: put them back."
    return _log_answer(bench.log.check(), words)


def _log_answer(report: "LogReport", words: str) -> Answer:
    answer = report.json()
    lines = [one_line(line) for line in words.split("\n")]
    lines += [f"{name:<12}{answer[name]}" for name in ("rows", "labels", "corrections", "conflicts")]
    lines.append(f"{'rejected':<12}{len(report.rejected)}")
    lines += [f"  line {each.line}: {one_line(each.why)}" for each in report.rejected[:SHOWN_LINES]]
    if len(report.rejected) > SHOWN_LINES:
        lines.append(f"  and {len(report.rejected) - SHOWN_LINES} more: --json lists them all")
    return Answer(answer, "\n".join(lines))


def retrain(options: Namespace, progress: Progress) -> Answer:
    from siamese_core.answers.pair_log import PairLog
    from siamese_core.retraining.options import RetrainOptions
    from siamese_core.retraining.retrain import retrain as retrain_from

    if options.log and not options.log.is_file():
        raise UserError(f"--log names a CSV of answers. Received: {options.log}, which is no file.")
    wanted = RetrainOptions(options.encoder, options.mode, options.promote, options.seed, options.until)
    log = PairLog(options.log) if options.log else None
    report = retrain_from(open_workbench(options), wanted, progress, log=log)
    return Answer(report.json(), report.markdown().rstrip())


def checkpoints_list(options: Namespace, progress: Progress) -> Answer:
    return _checkpoints(open_store(options))


def checkpoints_promote(options: Namespace, progress: Progress) -> Answer:
    store = open_store(options)
    progress(0.0, "loading the checkpoint")
    store.promote(options.id, options.slot)
    return _checkpoints(store)


def checkpoints_use(options: Namespace, progress: Progress) -> Answer:
    store = open_store(options)
    progress(0.0, "loading the checkpoint")
    store.fix(options.slot, None if options.id == "auto" else options.id)
    return _checkpoints(store)


def checkpoints_rollback(options: Namespace, progress: Progress) -> Answer:
    store = open_store(options)
    store.rollback(options.encoder, options.domain)
    return _checkpoints(store)


def _checkpoints(store: "CheckpointStore") -> Answer:
    entries = [
        {
            "id": info.id,
            "encoder": info.encoder,
            "origin": info.origin,
            "current": info.current,
            "created_at": info.card["created_at"],
            "parent": info.card.get("parent"),
            "folder": str(info.folder),
        }
        for info in store.list()
    ]
    rows = [
        (
            each["id"],
            each["encoder"],
            each["origin"],
            "current" if each["current"] else "",
            each["created_at"][:16].replace("T", " "),
        )
        for each in entries
    ]
    text = table(("checkpoint", "encoder", "origin", "", "created"), rows)
    return Answer({"checkpoints": entries}, text if rows else "There is no checkpoint yet: train one.")


def open_workbench(options: Namespace) -> "Workbench":
    """UserError if the workspace is no folder and cannot become one."""
    from siamese_core.workspace.workbench import Workbench

    return Workbench(options.workspace)


def open_store(options: Namespace) -> "CheckpointStore":
    return open_workbench(options).checkpoints
