"""Benchmark `status`: what a poll and a comparison cost in a full workspace, against an empty one."""

import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from siamese_core.answers.label_row import COLUMNS, LabelRow, completed, row_cells
from siamese_core.answers.log_csv import csv_text
from siamese_core.bench.speed.benchmark import Benchmark, LoadModel, cost, timed
from siamese_core.checkpoints.store import SHIPPED
from siamese_core.workspace.recording import Annotator
from siamese_core.workspace.workbench import Workbench

STORED = 100_000  # images, and as many answers, in the full workspace
ROUNDS = 20  # each compares two new images, answers and polls; the times are medians of them
SIDE = 64  # px of the images that are compared


def measure(load_model: LoadModel) -> list[Benchmark]:
    """Measure a poll and a comparison of the page, median seconds; the shipped checkpoints serve both slots.

    `n` is the number of images, and of answers, of the full workspace.
    """
    with tempfile.TemporaryDirectory() as folder:
        full, empty = (Workbench(Path(folder) / name, SHIPPED) for name in ("full", "empty"))
        _fill(full)
        rng = np.random.default_rng(0)
        rounds = [[_round(bench, rng) for bench in (full, empty)] for _ in range(ROUNDS + 1)]
    # The first round reads what is there, loads the checkpoints and compiles them, once for each process.
    times = np.array(rounds[1:])  # (rounds, full and empty, polls and comparisons)
    (full_poll, full_comparison), (poll, comparison) = (
        [statistics.median(times[:, place, kind]) for kind in (0, 1)] for place in (0, 1)
    )
    return [
        cost("status poll", full_poll, poll, STORED, "at most 1.2"),
        cost("status comparison", full_comparison, comparison, STORED, "at most 1.2"),
    ]


def _round(bench: Workbench, rng: np.random.Generator) -> tuple[float, float]:
    """Compare two new images, answer and poll as the page does; return the seconds of both."""
    images = rng.integers(0, 256, (2, SIDE, SIDE, 3), np.uint8)
    comparison, (_, result) = timed(lambda: (bench.slots(), bench.compare(*images)))
    bench.answer(result.left_id, result.right_id, "different", Annotator("bench", source="api"))
    poll, _ = timed(lambda: (bench.matcher.follow(), bench.status()))
    return poll, comparison


def _fill(bench: Workbench) -> None:
    """Put `STORED` images, empty files since nobody opens them, and answers about them into the workspace."""
    bench.images.folder.mkdir(parents=True)
    ids = [f"{number:064x}" for number in range(STORED)]
    for image_id in ids:
        bench.images.path(image_id).touch()
    who = LabelRow(annotator="bench", source="api", task="queue", answer="same", correction="0")
    pairs = zip(ids, [*ids[1:], ids[0]], strict=True)
    rows = (completed(replace(who, left_id=one, right_id=other)) for one, other in pairs)
    bench.log.path.write_text(csv_text([COLUMNS, *map(row_cells, rows)]), encoding="utf-8", newline="")
