"""The command bench: how fast, against the obvious way, and what the labelling loop teaches."""

from argparse import Namespace
from typing import TYPE_CHECKING

from siamese_core.checkpoints.domains import unlike
from siamese_core.cli.commands import DEFAULT_ENCODER, Answer, open_workbench
from siamese_core.cli.terminal import table
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from siamese_core.checkpoints.checkpoint import Checkpoint
    from siamese_core.data.datasets import Dataset

LOOP = "loop"
SPEED = ("one-shot", "head", "compare", "log")
CHOICES = (*SPEED, LOOP)
EMBEDDED_AT_ONCE = 32


def bench(options: Namespace, progress: Progress) -> Answer:
    """Without names all that are about speed, and the loop, too, where there is --data."""
    names = options.names or [*SPEED, *([LOOP] if options.data else [])]
    if unknown := set(names) - set(CHOICES):
        raise UserError(
            f"A benchmark is one of {', '.join(CHOICES)}. Received: {', '.join(sorted(unknown))}."
        )
    if LOOP in names and not options.data:
        raise UserError("bench loop needs images in class folders. Received: none. Name them with --data.")
    found, texts = [], []
    speed = [name for name in names if name != LOOP]
    if speed:
        rows = _speed(options, speed, progress)
        found += rows
        texts.append(_speed_text(rows))
    if LOOP in names:
        rows, notes = _loop(options, progress)
        found += rows
        texts.append("\n".join([_loop_text(rows), *notes]))
    return Answer({"benchmarks": found}, "\n\n".join(texts))


def _speed(options: Namespace, names: list[str], progress: Progress) -> list[dict]:
    from siamese_core.bench import speed as benchmarks
    from siamese_core.checkpoints.checkpoint import load_checkpoint

    found = []
    models = [name for name in names if name in benchmarks.OF_MODEL]
    if models:
        progress(0.0, "loading the checkpoint")
        model = load_checkpoint(open_workbench(options).checkpoints.current_folder(_encoder(options)))
    for number, name in enumerate(names):
        progress(number / len(names), f"measuring {name}")
        found += [benchmarks.OF_MODEL[name](model)] if name in models else benchmarks.log_benchmarks()
    return [each.json() for each in found]


def _encoder(options: Namespace) -> str:
    return options.encoder or DEFAULT_ENCODER


def _loop(options: Namespace, progress: Progress) -> tuple[list[dict], list[str]]:
    """A row for each condition and split, means over seeds and groups; before it, where the data has several
    groups, those of each. And what to know of the checkpoint, in words."""
    from siamese_core.bench import loop
    from siamese_core.data.datasets import load_dataset

    data = load_dataset(options.data)
    model, embeddings, domain = _embedded(options, data, progress)
    warning = unlike(model.card, domain)
    name = " + ".join(path.stem for path in options.data)
    places = loop.domains(name, data, embeddings)
    progress(0.5, "measuring the base protocol")
    base = loop.base_protocol(model)
    before, asked = float(base(model).correct.mean()), loop.conditions(options.answers)
    rows: dict[str, list[dict]] = {}
    steps = [(place, seed) for place in places for seed in range(options.seed, options.seed + options.seeds)]
    for number, (place, seed) in enumerate(steps):
        progress(0.5 + 0.5 * number / len(steps), f"{place.name}, seed {seed}")
        rows.setdefault(place.name, []).extend(loop.loop(model, place, asked, seed, base))
    found = [
        row for title, part in rows.items() for row in loop.summary(title, _encoder(options), part, before)
    ]
    if len(rows) > 1:
        every = [row for part in rows.values() for row in part]
        title = f"{name}, {len(rows)} groups one at a time"
        found += loop.summary(title, _encoder(options), every, before)
    return found, [f"{model.id}: {warning}"] if warning else []


def _embedded(
    options: Namespace, data: "Dataset", progress: Progress
) -> tuple["Checkpoint", "np.ndarray", str]:
    """The checkpoint that the slot would pick for these images, what it makes of them, each embedded once,
    and their domain."""
    import numpy as np

    workbench = open_workbench(options)
    sample = [data.image(index) for index in range(0, len(data), max(1, len(data) // 16))]
    workbench.ready_for(sample, [_encoder(options)])
    matcher = workbench.matcher
    domain = matcher.domain(sample)
    parts = []
    for start in range(0, len(data), EMBEDDED_AT_ONCE):
        progress(0.5 * start / len(data), f"embedding {start} of {len(data)} images")
        images = [data.image(index) for index in range(start, min(start + EMBEDDED_AT_ONCE, len(data)))]
        parts.append(matcher.embed(_encoder(options), images, domain))
    return matcher.checkpoint(_encoder(options), domain), np.concatenate(parts), domain


def _speed_text(rows: list[dict]) -> str:
    cells = [
        (
            each["name"],
            f"{each['ours_s']:.4g} s",
            f"{each['baseline_s']:.4g} s",
            f"{each['ratio']:g}",
            str(each["n"]),
        )
        for each in rows
    ]
    return table(("benchmark", "ours", "the obvious way", "times faster", "n"), cells)


def _loop_text(rows: list[dict]) -> str:
    def change(row: dict, name: str) -> str:
        before, unlabelled, after = (row[f"{name}_{when}"] for when in ("before", "unlabelled", "after"))
        return (
            f"{before:.3f} > {unlabelled:.3f} > {after:.3f} ({100 * (after / max(before, 1e-9) - 1):+.0f} %)"
        )

    cells = [
        (
            row["domain"],
            row["split"],
            row["queue"] + (f", {100 * row['wrong']:g} % wrong" if row["wrong"] else ""),
            str(row["answers"]),
            change(row, "error"),
            change(row, "eer"),
            f"{row['base_before']:.3f} > {row['base_after']:.3f}",
        )
        for row in rows
    ]
    heading = (
        "domain",
        "measured on",
        "pairs",
        "answers",
        "one-shot error",
        "equal error rate",
        "base protocol",
    )
    return table(heading, cells) + "\nBefore > unlabelled images alone > after the answers."
