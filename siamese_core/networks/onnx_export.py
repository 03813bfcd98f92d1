"""Write a Keras network of the project as an ONNX graph, from the frozen graph that TensorFlow makes of it.

Images of a frozen graph are (n, height, width, channels), those of ONNX (n, channels, height, width). A
tensor gets the other layout where an operator wants it, so that chains of convolutions stay in one.
`OPERATORS` lists the operators that are translated: each function takes the writer and an operator whose
inputs are written already.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.errors import UserError
from siamese_core.networks import onnx_layout
from siamese_core.networks.onnx_writer import GraphWriter, Translation, untranslated

if TYPE_CHECKING:
    import keras
    import onnx

OPSET = 18  # from it on reductions take their axes as a tensor
IR_VERSION = 10  # of the file format, which every ONNX Runtime with `OPSET` reads
INPUT, OUTPUT = "images", "embeddings"
NEEDS_NO_INPUT = ("Shape", "ZerosLike")  # operators of which the static shape alone is taken
FOLDED = {
    "AddV2": np.add,
    "Mul": np.multiply,
    "Sub": np.subtract,
    "RealDiv": np.divide,
    "Maximum": np.maximum,
    "Minimum": np.minimum,
    "Pow": np.power,
}
BINARY = {"AddV2": "Add", "Mul": "Mul", "Sub": "Sub", "RealDiv": "Div", "BiasAdd": "Add"}
BINARY |= {"Maximum": "Max", "Minimum": "Min", "Pow": "Pow"}
UNARY = {"Relu": "Relu", "Sigmoid": "Sigmoid", "Sqrt": "Sqrt", "Neg": "Neg", "Abs": "Abs", "Tanh": "Tanh"}
UNARY |= {"Exp": "Exp", "Sign": "Sign", "Ceil": "Ceil"}
REDUCTIONS = {"Mean": "ReduceMean", "Sum": "ReduceSum", "Max": "ReduceMax"}
END = np.iinfo(np.int64).min  # of a slice that goes backwards to the first element


def onnx_model(network: "keras.Model") -> "onnx.ModelProto":
    """Return the network, float32 (n, height, width, channels) to (n, d), as a model of ONNX.

    UserError where it has an operator that is not translated.
    """
    from onnx import TensorProto, helper

    writer, sides = GraphWriter(), network.input_shape[1:]
    result = write_function(writer, lambda images: network(images, training=False), {INPUT: (None, *sides)})
    writer.nodes.append(helper.make_node("Identity", [result], [OUTPUT]))
    shapes = ["n", *sides], ["n", network.output_shape[-1]]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in zip((INPUT, OUTPUT), shapes, strict=True)
    ]
    return written_model(writer, network.name, ends[:1], ends[1:])


def written_model(
    writer: GraphWriter, name: str, inputs: "list[onnx.ValueInfoProto]", outputs: "list[onnx.ValueInfoProto]"
) -> "onnx.ModelProto":
    """Return what was written, as a model of ONNX."""
    from onnx import helper

    whole = helper.make_graph(writer.nodes, name, inputs, outputs, writer.weights)
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(whole, opset_imports=opsets, ir_version=IR_VERSION)


def write_function(writer: GraphWriter, compute: Callable, inputs: dict[str, tuple[int | None, ...]]) -> str:
    """Write a function of float32 tensors; return the name of its result.

    inputs: the shapes of its arguments by the names that they have in the graph that is written. UserError
    where it has an operator that is not translated.
    """
    graph, result = _frozen(compute, inputs)
    for operator in _needed(graph, result):
        translate = OPERATORS.get(operator.type)
        if translate is None:
            raise UserError(
                f"A network is exported operator by operator. Received: {operator.type}, which has no "
                f"translation. Known are {', '.join(sorted(OPERATORS))}."
            )
        translate(writer, operator)
    return writer.last(result.name)


def _frozen(compute: Callable, inputs: dict[str, tuple[int | None, ...]]) -> tuple:
    """Return the function's graph with its variables as constants, and its last operator."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    signature = [tf.TensorSpec(shape, tf.float32, name) for name, shape in inputs.items()]
    function = tf.function(compute, input_signature=signature)
    frozen = convert_variables_to_constants_v2(function.get_concrete_function())
    return frozen.graph, frozen.outputs[0].op


def _needed(graph, result) -> list:
    """Return the operators that lead to `result`, in the order of computation."""
    wanted, waiting = set(), [result]
    while waiting:
        operator = waiting.pop()
        if operator.name not in wanted:
            wanted.add(operator.name)
            if operator.type not in NEEDS_NO_INPUT:
                waiting += [each.op for each in operator.inputs]
    return [each for each in graph.get_operations() if each.name in wanted]


def binary(writer: GraphWriter, operator) -> None:
    left, right = (each.op for each in operator.inputs)
    if writer.is_constant(left) and writer.is_constant(right):
        fold = FOLDED[operator.type]
        writer.constants[operator.name] = fold(writer.constants[left.name], writer.constants[right.name])
        return
    first = any(writer.is_first(each.name) for each in (left, right))
    first = first and len(operator.outputs[0].shape) == 4
    names = [_operand(writer, each, first) for each in (left, right)]
    writer.put(operator, writer.add(BINARY[operator.type], names), first)


def _operand(writer: GraphWriter, operator, first: bool) -> str:
    if not first:
        return writer.last(operator.name)
    if not writer.is_constant(operator):
        return writer.first(operator.name)
    values = writer.constants[operator.name]
    if values.ndim == 0:
        return writer.weight(values)
    whole = values.reshape((1,) * (4 - values.ndim) + values.shape)
    return writer.weight(whole.transpose(0, 3, 1, 2))


def unary(writer: GraphWriter, operator) -> None:
    _keeping_layout(writer, operator, lambda name: writer.add(UNARY[operator.type], [name]))


def relu6(writer: GraphWriter, operator) -> None:
    bounds = [writer.weight(np.float32(bound)) for bound in (0, 6)]
    _keeping_layout(writer, operator, lambda name: writer.add("Clip", [name, *bounds]))


def square(writer: GraphWriter, operator) -> None:
    _keeping_layout(writer, operator, lambda name: writer.add("Mul", [name, name]))


def rsqrt(writer: GraphWriter, operator) -> None:
    source = operator.inputs[0].op
    if writer.is_constant(source):
        values = writer.constants[source.name]
        writer.constants[operator.name] = (1 / np.sqrt(values)).astype(values.dtype)
        return
    _keeping_layout(writer, operator, lambda name: writer.add("Reciprocal", [writer.add("Sqrt", [name])]))


def _keeping_layout(writer: GraphWriter, operator, made: Callable[[str], str]) -> None:
    source = operator.inputs[0].op.name
    first = writer.is_first(source)
    writer.put(operator, made(writer.first(source) if first else writer.last(source)), first)


def convolution(writer: GraphWriter, operator) -> None:
    source, kernel = (each.op.name for each in operator.inputs)
    weights, options = writer.constants[kernel], _window(operator)
    if operator.type == "DepthwiseConv2dNative":  # (height, width, channels, times)
        options["group"] = weights.shape[2]
        weights = weights.reshape(*weights.shape[:2], 1, -1)
    names = [writer.first(source), writer.weight(weights.transpose(3, 2, 0, 1))]
    writer.put(operator, writer.add("Conv", names, **options), first=True)


def max_pool(writer: GraphWriter, operator) -> None:
    sides = operator.get_attr("ksize")[1:3]
    name = writer.first(operator.inputs[0].op.name)
    made = writer.add("MaxPool", [name], kernel_shape=sides, **_window(operator))
    writer.put(operator, made, first=True)


def _window(operator) -> dict:
    if operator.get_attr("data_format") != b"NHWC":
        raise untranslated(operator)
    padding = {b"SAME": "SAME_UPPER", b"VALID": "VALID"}[operator.get_attr("padding")]
    return {"strides": operator.get_attr("strides")[1:3], "auto_pad": padding}


def pad(writer: GraphWriter, operator) -> None:
    source, amounts = (each.op.name for each in operator.inputs)
    before, after = writer.constants[amounts].T[:, [0, 3, 1, 2]]
    names = [writer.first(source), writer.weight(np.concatenate([before, after]).astype(np.int64))]
    writer.put(operator, writer.add("Pad", names), first=True)


def product(writer: GraphWriter, operator) -> None:
    if operator.get_attr("transpose_a") or operator.get_attr("transpose_b"):
        raise untranslated(operator)
    writer.put(operator, writer.add("MatMul", [writer.last(each.op.name) for each in operator.inputs]))


def reduction(writer: GraphWriter, operator) -> None:
    source, axes = (each.op.name for each in operator.inputs)
    given, rank = np.atleast_1d(writer.constants[axes]), len(operator.inputs[0].shape)
    wanted, kept = sorted(int(axis) % rank for axis in given), operator.get_attr("keep_dims")
    name = writer.last(source) if not writer.is_first(source) or wanted != [1, 2] else writer.first(source)
    if name != writer.last(source):  # both spatial axes, with the channels first
        wanted = [2, 3]
        if kept:
            raise untranslated(operator)
    inputs = [name, writer.weight(np.array(wanted))]
    writer.put(operator, writer.add(REDUCTIONS[operator.type], inputs, keepdims=int(kept)))


OPERATORS: dict[str, Translation] = {
    "Placeholder": lambda writer, operator: writer.put(operator, operator.name),
    "Const": onnx_layout.constant,
    "Shape": onnx_layout.shape,
    "ZerosLike": onnx_layout.zeros_like,
    "Identity": onnx_layout.same,
    "EnsureShape": onnx_layout.same,
    "Cast": onnx_layout.cast,
    "Relu6": relu6,
    "Square": square,
    "Rsqrt": rsqrt,
    "Conv2D": convolution,
    "DepthwiseConv2dNative": convolution,
    "MaxPool": max_pool,
    "Pad": pad,
    "MatMul": product,
    "ConcatV2": onnx_layout.concatenation,
    "Pack": onnx_layout.stack,
    "ReverseV2": onnx_layout.reversal,
    "Reshape": onnx_layout.reshape,
    "Squeeze": onnx_layout.squeeze,
    "StridedSlice": onnx_layout.part,
    "Transpose": onnx_layout.transposition,
    "GatherV2": onnx_layout.gathering,
    "Prod": onnx_layout.number_of_elements,
    "ImageProjectiveTransformV3": onnx_layout.turn,
    **dict.fromkeys(BINARY, binary),
    **dict.fromkeys(UNARY, unary),
    **dict.fromkeys(REDUCTIONS, reduction),
}
