"""Benchmark `compare`: two files to the similarities of both encoders, against their bare forward passes."""

import tempfile
from pathlib import Path

from siamese_core.bench.speed.benchmark import Benchmark, LoadModel, cost, interleaved
from siamese_core.bench.speed.images import written
from siamese_core.bench.speed.networks import fastest, loaded
from siamese_core.checkpoints.store import SHIPPED
from siamese_core.images.decoding import decode_image
from siamese_core.workspace.workbench import Workbench

ROUNDS = 25  # pairs of new images


def measure(load_model: LoadModel) -> list[Benchmark]:
    """Measure comparing new drawings in a warm process; the shipped checkpoints serve both slots.

    The plain way is the sum of each encoder's single forward pass: of the two images, prepared beforehand, by
    the fastest engine that is installed.
    """
    with tempfile.TemporaryDirectory() as folder:
        bench = Workbench(Path(folder) / "workspace", SHIPPED)
        files = written(Path(folder) / "files", 2 * ROUNDS + 2, seed=0)
        pairs = list(zip(files[::2], files[1::2], strict=True))
        drawings = [decode_image(file) for file in pairs[0]]
        checkpoints = loaded(bench.checkpoints)
        passes = [(each, fastest(each, drawings)) for each in checkpoints]
        bench.compare(*drawings)  # loads and compiles

        def ways(pair: tuple[Path, Path]):
            prepared = [(forward, each.batch([decode_image(f) for f in pair])) for each, forward in passes]
            return (
                lambda: bench.compare(*(decode_image(file) for file in pair)),
                lambda: [forward(batch) for forward, batch in prepared],
            )

        ours, baseline = interleaved([ways(pair) for pair in pairs[1:]])
    return [cost("compare", ours, baseline, ROUNDS, "at most 1.3")]
