"""Cut an ONNX graph to some of its tensors, and put scaling, layout and pooling around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.adoption.graph import ImageInput
from siamese_core.adoption.pixel_values import PixelValues

if TYPE_CHECKING:
    import onnx

PREFIX = "adopted/"  # of the names of nodes that are put around a graph
AXES_ARE_AN_INPUT = 18  # version of the operators from which ReduceMean takes its axes as a tensor


@dataclass(frozen=True)
class Part:
    """A tensor of a graph made an embedding. how: "whole", or averaged over a "map", or of tokens the "first"
    or the "mean"; role: in words; dim: numbers of it, where they are known."""

    tensor: str
    how: str
    role: str
    dim: int | None = None

    @property
    def name(self) -> str:
        return self.tensor if self.how == "whole" else f"{self.tensor}, {self.how}"


def network_of(
    model: "onnx.ModelProto",
    image: str,
    parts: Sequence[Part],
    pixels: tuple[ImageInput, PixelValues] | None = None,
) -> "onnx.ModelProto":
    """Return the graph from the input `image` to the parts.

    pixels: what the input takes, and the scaling; then the graph takes RGB or grey float32 (n, height, width,
    channels) in 0..255.
    """
    from onnx import TensorProto, helper

    cut = _cut(model, image, {part.tensor for part in parts})
    graph, opset = cut.graph, _opset(cut)
    inputs = list(graph.input)
    before = []
    if pixels is not None:
        before, weights, source = _before(inputs[0], *pixels)
        graph.initializer.extend(weights)
        del graph.input[:]
        graph.input.append(source)
    after, given = [], []
    for number, part in enumerate(parts):
        nodes, weights, name = _after(part, f"{PREFIX}embedding_{number}", opset)
        after += nodes
        graph.initializer.extend(weights)
        given.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, part.dim and ["n", part.dim]))
    nodes = [*before, *graph.node, *after]
    del graph.node[:]
    graph.node.extend(nodes)
    del graph.output[:]
    graph.output.extend(given)
    return cut


def _cut(model: "onnx.ModelProto", image: str, wanted: set[str]) -> "onnx.ModelProto":
    """Return a copy of the model that takes `image` and gives the wanted tensors.

    Its nodes and weights are those that these tensors need.
    """
    from onnx import ModelProto

    needed, kept = set(wanted), []
    for node in reversed(model.graph.node):  # in the order of computation
        if needed.intersection(node.output):
            kept.append(node)
            needed |= _read_by(node)
    cut = ModelProto()
    cut.CopyFrom(model)
    graph = cut.graph
    for field in (graph.node, graph.input, graph.output, graph.initializer, graph.value_info):
        del field[:]
    graph.node.extend(reversed(kept))
    graph.input.extend(each for each in model.graph.input if each.name == image)
    graph.initializer.extend(each for each in model.graph.initializer if each.name in needed)
    return cut


def _read_by(node: "onnx.NodeProto") -> set[str]:
    """Return the names that a node reads, those in its branches too."""
    names = set(node.input)
    for attribute in node.attribute:
        for inner in attribute.g.node:
            names |= _read_by(inner)
    return names


def _opset(model: "onnx.ModelProto") -> int:
    return max(each.version for each in model.opset_import if each.domain in ("", "ai.onnx"))


def _before(source: "onnx.ValueInfoProto", taken: ImageInput, values: PixelValues) -> tuple:
    """Return the nodes from pixels to what an input takes, their weights, and the new input."""
    from onnx import TensorProto, helper, numpy_helper

    weights = [
        numpy_helper.from_array(np.array(values.scale, np.float32), f"{PREFIX}scale"),
        numpy_helper.from_array(np.array(values.offset, np.float32), f"{PREFIX}offset"),
    ]
    steps = []
    if values.bgr:
        weights.append(numpy_helper.from_array(np.array([2, 1, 0]), f"{PREFIX}order"))
        steps.append(("Gather", [f"{PREFIX}order"], {"axis": 3}))
    steps += [("Mul", [f"{PREFIX}scale"], {}), ("Add", [f"{PREFIX}offset"], {})]
    steps += [("Transpose", [], {"perm": [0, 3, 1, 2]})] if taken.first else []
    steps.append(("Cast", [], {"to": source.type.tensor_type.elem_type}))
    nodes, name = [], f"{PREFIX}pixels"
    for number, (kind, others, attributes) in enumerate(steps):
        last = number == len(steps) - 1
        made = source.name if last else f"{PREFIX}{number}"
        nodes.append(helper.make_node(kind, [name, *others], [made], **attributes))
        name = made
    batch = source.type.tensor_type.shape.dim[0].dim_value or "n"
    shape = [batch, taken.height, taken.width, taken.channels]
    return nodes, weights, helper.make_tensor_value_info(f"{PREFIX}pixels", TensorProto.FLOAT, shape)


def _after(part: Part, name: str, opset: int) -> tuple:
    """Return the nodes from a tensor to the embedding float32 of a name, their weights, and the name."""
    from onnx import TensorProto, helper, numpy_helper

    nodes, weights, last = [], [], part.tensor
    if part.how == "map":
        nodes = [
            helper.make_node("GlobalAveragePool", [last], [f"{name}_mean"]),
            helper.make_node("Flatten", [f"{name}_mean"], [f"{name}_flat"], axis=1),
        ]
        last = f"{name}_flat"
    elif part.how == "first":
        weights = [numpy_helper.from_array(np.array(0), f"{name}_place")]
        nodes = [helper.make_node("Gather", [last, f"{name}_place"], [f"{name}_token"], axis=1)]
        last = f"{name}_token"
    elif part.how == "mean":
        late = opset >= AXES_ARE_AN_INPUT
        weights = [numpy_helper.from_array(np.array([1]), f"{name}_axes")] if late else []
        inputs, options = ([last, f"{name}_axes"], {}) if late else ([last], {"axes": [1]})
        nodes = [helper.make_node("ReduceMean", inputs, [f"{name}_mean"], keepdims=0, **options)]
        last = f"{name}_mean"
    nodes.append(helper.make_node("Cast", [last], [name], to=TensorProto.FLOAT))
    return nodes, weights, name
