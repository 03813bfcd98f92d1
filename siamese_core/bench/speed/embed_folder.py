"""Benchmark `embed-folder`: files to shards of embeddings, against decoding all and then embedding all."""

import tempfile
from pathlib import Path

import numpy as np

from siamese_core.bench.speed.benchmark import Benchmark, LoadModel, check_agreement, speedup, timed
from siamese_core.bench.speed.images import written
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.embeddings.shards import ShardFolder
from siamese_core.images.decoding import decode_image
from siamese_core.scale.embedding import embed_files
from siamese_core.scale.sources import list_sources

FILES = 2000
PARTS = 2  # of the files, between which the plain way runs


def measure(load_model: LoadModel) -> list[Benchmark]:
    """Measure new drawings in PNG files.

    The plain way decodes and prepares one file after the other, then calls `predict` with all of them, in
    batches of 32 as Keras does by itself.
    """
    model = load_model()
    ours = baseline = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for part in range(PARTS):
            data, out = Path(folder) / f"files {part}", Path(folder) / f"shards {part}"
            files = written(data, FILES // PARTS, seed=10 + part)
            if not part:
                _plain(model, files[:32])  # compiles
                model.embed_batch(model.batch([decode_image(files[0])]))
            ours += timed(lambda d=data, o=out: embed_files(model, list_sources([d]).files, o))[0]
            seconds, expected = timed(lambda f=files: _plain(model, f))
            baseline += seconds
            found = ShardFolder(out).read(model.id).embeddings
            check_agreement(np.allclose(found, expected, atol=1e-3), "embedding")
    return [speedup("embed-folder", ours, baseline, FILES, "at least 1.5")]


def _plain(model: Checkpoint, files: list[Path]) -> np.ndarray:
    prepared = np.stack([model.prepare(decode_image(file)) for file in files]).astype(np.float32)
    return model.encoder.predict(prepared, verbose=0)
