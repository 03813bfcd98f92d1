"""Find the tensors of an ONNX graph that may embed one image: outputs, what a classifier takes, a tower."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.adoption.graph import no_output
from siamese_core.adoption.onnx_parts import Part

if TYPE_CHECKING:
    import onnx

CLASSIFYING = ("Softmax", "LogSoftmax", "Sigmoid")
DENSE = ("Gemm", "MatMul")
PASSING = (
    "Add",
    "Dropout",
    "Identity",
    "Cast",
    "Reshape",
    "Flatten",
    "Squeeze",
    "Transpose",
)  # around a dense layer
NORMALISING = ("Sub", "Div", "Mul", "Add")


@dataclass
class Tensors:
    """The tensors of a graph by name. made: the node that makes one; shapes: without the batch, None where a
    number is free; constants: the weights."""

    made: dict[str, "onnx.NodeProto"] = field(default_factory=dict)
    shapes: dict[str, tuple] = field(default_factory=dict)
    constants: dict[str, "onnx.TensorProto"] = field(default_factory=dict)

    def parts(self, name: str) -> list[str]:
        """Return the names of the tensors, not weights, that one was made of."""
        node = self.made.get(name)
        return [each for each in node.input if each and each not in self.constants] if node else []

    def before(self, name: str) -> Iterator[str]:
        """Yield a tensor and every tensor that it was made of."""
        seen, waiting = set(), [name]
        while waiting:
            each = waiting.pop()
            if each not in seen:
                seen.add(each)
                yield each
                waiting += self.parts(each)


def tensors_of(model: "onnx.ModelProto") -> Tensors:
    import onnx

    known = onnx.shape_inference.infer_shapes(model).graph
    constants = {each.name: each for each in known.initializer}
    made = {name: node for node in known.node for name in node.output}
    shapes = {}
    for each in [*known.input, *known.output, *known.value_info]:
        kind = each.type.tensor_type
        if kind.HasField("shape"):
            shapes[each.name] = tuple(dim.dim_value or None for dim in kind.shape.dim)[1:]
    for node in known.node:  # older exporters write weights as nodes
        if node.op_type == "Constant":
            constants[node.output[0]] = next(each.t for each in node.attribute if each.name == "value")
    return Tensors(made, shapes, constants)


def embedding_tensors(
    model: "onnx.ModelProto", tensors: Tensors, images: Sequence[str]
) -> tuple[list[tuple[str, str]], list[str]]:
    """Return tensors that depend on the first image alone, with words, and notes for people."""
    if len(images) > 1:
        tower = _tower(tensors, images, [each.name for each in model.graph.output])
        return [(tower, "the tower of a model of two images")], [
            f"It compares {len(images)} images: the tower that both go through is taken out of it."
        ]
    found = []
    for name in (each.name for each in model.graph.output):
        before, classifies = _before_classifier(name, tensors)
        inner = [(before, "the tensor before the classifier")] if before else []
        whole = (name, "output")
        found += [*inner, whole] if classifies else [whole, *inner]
    if not found:
        raise no_output("a graph without outputs")
    return found, []


def _before_classifier(name: str, tensors: Tensors) -> tuple[str | None, bool]:
    """Return the tensor that the last dense layer takes, None without one, and whether that classifies."""
    classifies = False
    while (node := tensors.made.get(name)) is not None:
        parts = tensors.parts(name)
        shape = tensors.shapes.get(parts[0], ()) if parts else ()
        one_place = node.op_type == "Conv" and shape[1:] == (1, 1)  # as MobileNetV3 classifies
        if (node.op_type in DENSE or one_place) and len(parts) == 1:
            return parts[0], classifies
        classifies = classifies or node.op_type in CLASSIFYING
        if node.op_type not in (*CLASSIFYING, *PASSING) or len(parts) != 1:
            break
        name = parts[0]
    return None, classifies


def _tower(tensors: Tensors, images: Sequence[str], outputs: list[str]) -> str:
    """Return the tensor of the first image alone, where it meets that of the second.

    None unless both images went through the same weights.
    """
    reached: dict[str, set[str]] = {}

    def images_of(name: str) -> set[str]:
        if name not in reached:
            reached[name] = set(images[:2]) & set(tensors.before(name))
        return reached[name]

    first, second = [
        {
            part
            for output in outputs
            for name in tensors.before(output)
            if len(images_of(name)) == 2
            for part in tensors.parts(name)
            if images_of(part) == {image}
        }
        for image in images[:2]
    ]
    for one in sorted(first):
        for other in sorted(second):
            if _weights(one, tensors) and _weights(one, tensors) == _weights(other, tensors):
                return one
    raise no_output("a model of several images without weights that all of them share")


def _weights(name: str, tensors: Tensors) -> list[str]:
    """Return the hashes of all weights that a tensor goes through."""
    used = {
        each
        for tensor in tensors.before(name)
        if tensor in tensors.made
        for each in tensors.made[tensor].input
    }
    weights = (tensors.constants[each] for each in used if each in tensors.constants)
    large = (each for each in weights if np.prod(each.dims) > 1)
    return sorted(hashlib.sha256(each.raw_data or each.SerializeToString()).hexdigest() for each in large)


def flattened(name: str, role: str, tensors: Tensors) -> list[Part]:
    """Return a tensor as embeddings: maps are averaged, of tokens the first and the mean."""
    rank = len(tensors.shapes.get(name, (None,))) + 1
    if rank == 4:
        return [Part(name, "map", f"{role}, averaged over the map")]
    if rank == 3:
        return [
            Part(name, "first", f"{role}, the first token"),
            Part(name, "mean", f"{role}, the mean of the tokens"),
        ]
    return [Part(name, "whole", role)]


def normalisation(model: "onnx.ModelProto", image: str, tensors: Tensors) -> str:
    """Return in words what is done to pixels before the first layer."""
    found, name = [], image
    for node in model.graph.node:
        if name in node.input and node.op_type in (*NORMALISING, "Cast", "Transpose"):
            found += [node.op_type] if node.op_type in NORMALISING else []
            name = node.output[0]
        elif name in node.input:
            break
    return ", ".join(found)
