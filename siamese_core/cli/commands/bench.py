"""`bench`: speed against the obvious way, what the labelling loop achieves, what the gate lets through."""

import os
from argparse import ArgumentParser, Namespace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from rich.console import RenderableType

from siamese_core.bench.catalogue import SPEED, measure
from siamese_core.cli.arguments import add_data, add_seed, whole
from siamese_core.cli.bench_tables import card_table, explain_table, gate_table, loop_table, speed_table
from siamese_core.cli.command import DEFAULT_ENCODER, EMBEDDED_AT_ONCE, CommandResult, open_workbench
from siamese_core.cli.dataset import add_strict, load
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError
from siamese_core.networks.encoders import ENCODERS, SLOTS

if TYPE_CHECKING:
    from siamese_core.bench.speed.benchmark import Benchmark
    from siamese_core.checkpoints.checkpoint import Checkpoint
    from siamese_core.data.datasets import Dataset
    from siamese_core.evaluation.fusion import Fused

SUMMARY = "measure the speed against the obvious way, and what the labelling loop achieves"
LOOP, GATE, EXPLAIN = "loop", "gate", "explain"
FUSED = "fused"
SIMULATED = (LOOP, GATE, EXPLAIN)  # with images whose classes are known
CHOICES = (*SPEED, *SIMULATED)
LOOP_WORDS = "Before > with a pool > by the unlabelled images alone > after the answers."
CARD_WORDS = "Before > with a pool > after the answers, with the 95 % interval over the runs."
EXPLAIN_WORDS = (
    "How many times as far as by chance blanking the most important fifth of the pixels moves the log-odds, "
    "with the 95 % interval."
)
GATE_WORDS = (
    "Candidates promoted, with the 95 % interval; better or worse on classes that were never labelled."
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"{', '.join(CHOICES)} (speed; with --data {LOOP}, too)"
    )
    add_data(parser, words="a domain for the loop or the gate: images in class folders, or zips of them")
    parser.add_argument(
        "--encoder",
        choices=(*ENCODERS, FUSED),
        default=DEFAULT_ENCODER,
        metavar="NAME",
        help=f"whose checkpoint to measure ({DEFAULT_ENCODER}); of the loop also {FUSED}: by both, and each",
    )
    parser.add_argument(
        "--answers", type=whole(20), default=300, metavar="N", help="answers in the loop (%(default)s)"
    )
    parser.add_argument(
        "--seeds", type=whole(1), default=5, metavar="N", help="runs of the loop or the gate (%(default)s)"
    )
    parser.add_argument(
        "--pairs", type=whole(4), default=200, metavar="N", help="pairs that are explained (%(default)s)"
    )
    add_seed(parser)
    add_strict(parser)
    parser.set_defaults(run=bench)


def bench(options: Namespace, progress: Progress) -> CommandResult:
    """Run the named benchmarks; without names, those of speed, and with --data the loop, too."""
    names = options.names or [*SPEED, *([LOOP] if options.data else [])]
    if unknown := set(names) - set(CHOICES):
        names = ", ".join(sorted(unknown))
        raise UserError(f"A benchmark is one of {', '.join(CHOICES)}. Received: {names}. Choose among these.")
    if (simulated := [name for name in names if name in SIMULATED]) and not options.data:
        raise UserError(
            f"bench {simulated[0]} needs images in class folders. Received: none. Name them with --data."
        )
    if options.encoder == FUSED and (others := [name for name in names if name != LOOP]):
        raise UserError(
            f"bench {others[0]} measures one network. Received: --encoder {FUSED}. Choose one of "
            f"{', '.join(ENCODERS)}."
        )
    found: list[dict] = []
    shown: list[RenderableType] = []
    if speed := [name for name in names if name not in SIMULATED]:
        rows = _speed(options, speed, progress)
        found += [each.json() for each in rows]
        shown += [speed_table(rows), _machine()]
    if LOOP in names:
        rows, notes = _loop(options, progress)
        found += rows
        between = [""] if shown else []
        shown += [
            *between,
            loop_table(rows),
            LOOP_WORDS,
            "",
            card_table(rows),
            CARD_WORDS,
            *notes,
        ]
    if GATE in names:
        rows = _gate(options, progress)
        found += rows
        shown += [*([""] if shown else []), gate_table(rows), GATE_WORDS]
    if EXPLAIN in names:
        rows = _explain(options, progress)
        found += rows
        shown += [*([""] if shown else []), explain_table(rows), EXPLAIN_WORDS]
    return CommandResult({"benchmarks": found}, tuple(shown))


def _speed(options: Namespace, names: list[str], progress: Progress) -> "list[Benchmark]":
    @cache
    def model() -> "Checkpoint":
        from siamese_core.checkpoints.checkpoint_files import load_checkpoint
        from siamese_core.embeddings.engines import with_engine

        progress(0.0, "loading the checkpoint")
        return with_engine(
            load_checkpoint(open_workbench(options).checkpoints.current_folder(options.encoder))
        )

    found = []
    for number, name in enumerate(names):
        progress(number / len(names), f"measuring {name}")
        found += measure(name, model)
    return found


def _machine() -> str:
    """Return in words on what the benchmarks ran."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{os.cpu_count()} processors{load}."


def _loop(options: Namespace, progress: Progress) -> tuple[list[dict], list[str]]:
    """Return a row for each condition and split, means over seeds and groups, and a warning if there is one.

    Where the data has several groups, the rows of each stand before those of all.
    """
    from siamese_core.bench import both_networks, loop

    data = load(options, options.data)
    model, embeddings, domain = _embedded(options, data, progress)
    parts = both_networks.measurable(model, embeddings)
    warnings = [
        f"{each.id}: {words}"
        for each, _ in both_networks.networks(model, embeddings).values()
        if (words := each.card.warning_for(domain))
    ]
    name = " + ".join(path.stem for path in options.data)
    places = loop.domains(name, data, embeddings)
    progress(0.5, "measuring the base protocol")
    bases = both_networks.base_protocols(model)
    before = {name: float(bases[name](part.checkpoint).correct.mean()) for name, part in parts.items()}
    asked = loop.conditions(options.answers)
    rows: dict[str, list[dict]] = {}
    steps = [(place, seed) for place in places for seed in range(options.seed, options.seed + options.seeds)]
    for number, (place, seed) in enumerate(steps):
        progress(0.5 + 0.5 * number / len(steps), f"{place.name}, seed {seed}")
        rows.setdefault(place.name, []).extend(loop.loop(model, place, asked, seed, bases))
    found = [row for title, part in rows.items() for row in loop.summary(title, part, before)]
    if len(rows) > 1:
        every = [row for part in rows.values() for row in part]
        title = f"{name}, {len(rows)} groups one at a time"
        found += loop.summary(title, every, before)
    if options.encoder != FUSED:
        found = [row | {"encoder": options.encoder} for row in found]
    return found, warnings


def _gate(options: Namespace, progress: Progress) -> list[dict]:
    """Return a row of the power curve for each number of answers, over all seeds and groups."""
    from siamese_core.bench import both_networks, gate, gate_curve, loop

    data = load(options, options.data)
    model, embeddings, _ = _embedded(options, data, progress)
    name = " + ".join(path.stem for path in options.data)
    (base,) = both_networks.base_protocols(model).values()
    steps = [
        (place, seed)
        for place in loop.domains(name, data, embeddings)
        for seed in range(options.seed, options.seed + options.seeds)
    ]
    rows: list[dict] = []
    for number, (place, seed) in enumerate(steps):
        progress(0.5 + 0.5 * number / len(steps), f"{place.name}, seed {seed}")
        rows += gate.gate_trials(model, place, seed, base)
    return gate_curve.power_curve(name, options.encoder, rows)


def _explain(options: Namespace, progress: Progress) -> list[dict]:
    """Return what the overlays of the slot's checkpoint are worth on these images."""
    from siamese_core.bench import explain

    data = load(options, options.data)
    workbench = open_workbench(options)
    workbench.ready_for(explain.looked_at(data), [options.encoder])
    progress(0.1, f"explaining {options.pairs} pairs")
    found = explain.measure(workbench.matcher, options.encoder, data, options.pairs, options.seed)
    return [{"name": EXPLAIN, "domain": " + ".join(path.stem for path in options.data), **found}]


def _embedded(
    options: Namespace, data: "Dataset", progress: Progress
) -> tuple["Checkpoint | Fused", np.ndarray, str]:
    """Return the checkpoint that the slot uses for these images, their embeddings and their domain.

    Of both slots the checkpoints fused, and embeddings as these give them.
    """
    from siamese_core.evaluation.fusion import fused_for, joined

    workbench = open_workbench(options)
    sample = [data.image(index) for index in range(0, len(data), max(1, len(data) // 16))]
    slots = SLOTS if options.encoder == FUSED else (options.encoder,)
    workbench.ready_for(sample, slots)
    matcher = workbench.matcher
    domain = matcher.domain(sample)
    starts, parts = range(0, len(data), EMBEDDED_AT_ONCE), {slot: [] for slot in slots}
    for start in starts:
        progress(0.5 * start / len(data), f"embedding {start} of {len(data)} images")
        images = [data.image(index) for index in range(start, min(start + EMBEDDED_AT_ONCE, len(data)))]
        for slot in slots:
            parts[slot].append(matcher.embed(slot, images, domain))
    embeddings = {slot: np.concatenate(each) for slot, each in parts.items()}
    checkpoints = [matcher.checkpoint(slot, domain) for slot in slots]
    if len(slots) == 1:
        return checkpoints[0], embeddings[slots[0]], domain
    return fused_for(workbench.checkpoints.shipped_folder, domain, checkpoints), joined(embeddings), domain
