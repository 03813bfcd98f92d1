"""List the benchmarks of speed by name, and run one.

`loop` is not among them: it measures what answers teach, and has options of its own.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from siamese_core.bench.benchmark import Benchmark, LoadModel

# Name -> module of this package whose `measure(load_model)` returns a list of `Benchmark`. Modules by name:
# they import TensorFlow, which listing the benchmarks does not need.
SPEED = {"one-shot": "one_shot", "head": "head", "compare": "compare", "log": "log", "status": "status"}


def measure(name: str, load_model: "LoadModel") -> "list[Benchmark]":
    """Run the benchmark of speed `name`, one of `SPEED`."""
    return import_module(f"siamese_core.bench.{SPEED[name]}").measure(load_model)
