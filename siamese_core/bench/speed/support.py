"""Benchmark `support`: a new query against a support set that was seen before, against embedding it all."""

import tempfile
from pathlib import Path

from siamese_core.bench.speed.benchmark import Benchmark, LoadModel, check_agreement, speedup, timed
from siamese_core.bench.speed.images import new_drawings, written
from siamese_core.checkpoints.store import SHIPPED
from siamese_core.workspace.workbench import Workbench

SUPPORT, ENCODER = 1000, "koch"


def measure(load_model: LoadModel) -> list[Benchmark]:
    """Measure a ranking of files, as the command line does it.

    The plain way decodes and embeds every image. Ours finds on disk which image each file holds, and its
    embedding: it is another opened workspace, with nothing in memory but a checkpoint that is loaded.
    """
    drawings = new_drawings(3)
    with tempfile.TemporaryDirectory() as folder:
        files = written(Path(folder) / "support", SUPPORT, seed=2)
        seen, found = [], []
        for _, query in zip(range(2), drawings, strict=False):
            bench = Workbench(Path(folder) / "workspace", SHIPPED)
            bench.compare(next(drawings), next(drawings), [ENCODER])  # loads and compiles
            seconds, result = timed(lambda b=bench, q=query: _ranked(b, q, files))
            seen.append(seconds)
            found.append(result)
        check_agreement(len(found[0]) == len(found[1]) == SUPPORT, "ranking")
    return [speedup("support", seen[1], seen[0], SUPPORT, "at least 100")]


def _ranked(bench: Workbench, query, files: list[Path]) -> tuple:
    support = [(file.stem, bench.file_image(file)) for file in files]
    return bench.one_shot(query, support, [ENCODER], ask_anyway=True).rankings[0].ranking
