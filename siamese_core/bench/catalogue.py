"""List the benchmarks of speed by name, and run one.

`loop` and `gate` are not among them: they measure what answers teach, and have options of their own.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from siamese_core.bench.speed.benchmark import Benchmark, LoadModel

# Name -> module of `speed` and its function of what loads a checkpoint, which returns a list of `Benchmark`.
# By name: they import TensorFlow, which listing the benchmarks does not need.
SPEED = {
    "one-shot": ("one_shot", "measure"),
    "compare": ("compare", "measure"),
    "evaluate": ("evaluate", "measure"),
    "serve": ("serve", "measure"),
    "serve-seen": ("serve", "measure_seen"),
    "support": ("support", "measure"),
    "gallery": ("gallery", "measure"),
    "find": ("gallery", "measure_find"),
    "map": ("map", "measure"),
    "embed-folder": ("embed_folder", "measure"),
    "status": ("status", "measure"),
    "log": ("log", "measure"),
    "retrain-head": ("retrain_head", "measure"),
    "start": ("start", "measure"),
}


def measure(name: str, load_model: "LoadModel") -> "list[Benchmark]":
    """Run the benchmark of speed `name`, one of `SPEED`."""
    module, function = SPEED[name]
    return getattr(import_module(f"siamese_core.bench.speed.{module}"), function)(load_model)
