"""Collect the nodes and weights of a graph of ONNX while TensorFlow's operators are translated."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.errors import UserError

if TYPE_CHECKING:
    import onnx

TO_FIRST, TO_LAST = [0, 3, 1, 2], [0, 2, 3, 1]  # channels


class GraphWriter:
    """Collects the nodes and weights of ONNX.

    constants: arrays by operator, folded while the graph is written; in a shape 0 stands for the number of
    images. Every other operator has a tensor in one layout or both.
    """

    def __init__(self):
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.constants: dict[str, np.ndarray] = {}
        self._last: dict[str, str] = {}  # operator -> tensor with the channels last, or without channels
        self._first: dict[str, str] = {}

    def beside(self) -> "GraphWriter":
        """Return a writer of the same graph for another function, whose operators may have the same names."""
        other = GraphWriter()
        other.nodes, other.weights = self.nodes, self.weights
        return other

    def add(self, kind: str, inputs: Sequence[str], **attributes) -> str:
        """Add a node; return the name of its output."""
        from onnx import helper

        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def weight(self, values: np.ndarray) -> str:
        from onnx import numpy_helper

        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(values, order="C"), name))
        return name

    def put(self, operator, tensor: str, first: bool = False) -> None:
        """Set the tensor of an operator. first: its channels come first."""
        (self._first if first else self._last)[operator.name] = tensor

    def is_constant(self, operator) -> bool:
        return operator.name in self.constants

    def is_first(self, name: str) -> bool:
        """Whether the tensor of an operator is at hand with its channels first."""
        return name in self._first

    def last(self, name: str) -> str:
        """Return the tensor of an operator with its channels last."""
        if name in self.constants and name not in self._last:
            self._last[name] = self.weight(self.constants[name])
        if name not in self._last:
            self._last[name] = self.add("Transpose", [self._first[name]], perm=TO_LAST)
        return self._last[name]

    def first(self, name: str) -> str:
        """Return the tensor of an operator, (n, height, width, channels), with its channels first."""
        if name not in self._first:
            self._first[name] = self.add("Transpose", [self.last(name)], perm=TO_FIRST)
        return self._first[name]


def untranslated(operator) -> UserError:
    return UserError(
        f"A network is exported operator by operator. Received: {operator.type} ({operator.name}) in a way "
        "that has no translation. Use the format saved_model for this network."
    )


Translation = Callable[[GraphWriter, object], None]
