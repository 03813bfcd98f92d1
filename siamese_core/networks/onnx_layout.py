"""Translate TensorFlow's operators that move numbers, and compute none, to ONNX: constants, shapes, layouts.

Each function takes the writer and an operator whose inputs are written already.
"""

import numpy as np

from siamese_core.networks.onnx_writer import GraphWriter, untranslated

END = np.iinfo(np.int64).min  # of a slice that goes backwards to the first element


def constant(writer: GraphWriter, operator) -> None:
    from tensorflow import make_ndarray

    writer.constants[operator.name] = make_ndarray(operator.get_attr("value"))


def shape(writer: GraphWriter, operator) -> None:
    sides = operator.inputs[0].shape.as_list()
    writer.constants[operator.name] = np.array([0 if side is None else side for side in sides])


def zeros_like(writer: GraphWriter, operator) -> None:
    sides = operator.outputs[0].shape.as_list()  # one row stands for all images
    writer.constants[operator.name] = np.zeros([side or 1 for side in sides], np.float32)


def same(writer: GraphWriter, operator) -> None:
    """Pass on what changes nothing at inference."""
    source = operator.inputs[0].op
    if writer.is_constant(source):
        writer.constants[operator.name] = writer.constants[source.name]
    elif writer.is_first(source.name):
        writer.put(operator, writer.first(source.name), first=True)
    else:
        writer.put(operator, writer.last(source.name))


def cast(writer: GraphWriter, operator) -> None:
    source = operator.inputs[0].op
    if writer.is_constant(source):
        kind = operator.outputs[0].dtype.as_numpy_dtype
        writer.constants[operator.name] = writer.constants[source.name].astype(kind)
    elif operator.inputs[0].dtype == operator.outputs[0].dtype:
        same(writer, operator)
    else:
        raise untranslated(operator)


def concatenation(writer: GraphWriter, operator) -> None:
    *parts, axis = (each.op for each in operator.inputs)
    place = int(writer.constants[axis.name])
    if all(writer.is_constant(each) for each in parts):
        values = [writer.constants[each.name] for each in parts]
        writer.constants[operator.name] = np.concatenate(values, place)
        return
    writer.put(operator, writer.add("Concat", [writer.last(each.name) for each in parts], axis=place))


def stack(writer: GraphWriter, operator) -> None:
    sources, place = [each.op for each in operator.inputs], operator.get_attr("axis")
    if all(writer.is_constant(each) for each in sources):
        writer.constants[operator.name] = np.stack([writer.constants[e.name] for e in sources], place)
        return
    at = writer.weight(np.array([place]))
    parts = [writer.add("Unsqueeze", [writer.last(each.name), at]) for each in sources]
    writer.put(operator, writer.add("Concat", parts, axis=place))


def reversal(writer: GraphWriter, operator) -> None:
    source, axes = (each.op.name for each in operator.inputs)
    axes = np.atleast_1d(writer.constants[axes]).astype(np.int64)
    bounds = [np.full_like(axes, -1), np.full_like(axes, END), axes, np.full_like(axes, -1)]
    names = [writer.last(source), *(writer.weight(each) for each in bounds)]
    writer.put(operator, writer.add("Slice", names))


def reshape(writer: GraphWriter, operator) -> None:
    source, sides = (each.op for each in operator.inputs)
    wanted = writer.constants[sides.name].astype(np.int64)
    if not (wanted < 0).any():  # ONNX takes a 0 as the side of the source in that place
        wanted = np.where(wanted == 0, -1, wanted)
    if writer.is_constant(source):
        writer.constants[operator.name] = writer.constants[source.name].reshape(wanted)
        return
    writer.put(operator, writer.add("Reshape", [writer.last(source.name), writer.weight(wanted)]))


def squeeze(writer: GraphWriter, operator) -> None:
    source = operator.inputs[0].op
    axes = tuple(operator.get_attr("squeeze_dims")) or None
    if writer.is_constant(source):
        writer.constants[operator.name] = writer.constants[source.name].squeeze(axes)
        return
    if axes is None:
        raise untranslated(operator)
    writer.put(operator, writer.add("Squeeze", [writer.last(source.name), writer.weight(np.array(axes))]))


def transposition(writer: GraphWriter, operator) -> None:
    source, axes = (each.op for each in operator.inputs)
    order = [int(axis) for axis in writer.constants[axes.name]]
    writer.put(operator, writer.add("Transpose", [writer.last(source.name)], perm=order))


def gathering(writer: GraphWriter, operator) -> None:
    """Take elements of a constant."""
    names = [each.op.name for each in operator.inputs]
    if not all(name in writer.constants for name in names):
        raise untranslated(operator)
    source, places, axis = (writer.constants[name] for name in names)
    writer.constants[operator.name] = np.take(source, places, int(axis))


def number_of_elements(writer: GraphWriter, operator) -> None:
    """Multiply the sides of a shape."""
    source, axes = (each.op for each in operator.inputs)
    if not writer.is_constant(source):
        raise untranslated(operator)
    writer.constants[operator.name] = np.prod(
        writer.constants[source.name], tuple(writer.constants[axes.name])
    )


def _new_axes(operator, count: int) -> list[int]:
    """Return the axes of length 1 that a slice adds; UserError where it does more than that."""
    masks = {name: operator.get_attr(f"{name}_mask") for name in ("begin", "end", "new_axis")}
    added = [axis for axis in range(count) if masks["new_axis"] >> axis & 1]
    whole = [axis for axis in range(count) if masks["begin"] & masks["end"] >> axis & 1]
    rest = operator.get_attr("ellipsis_mask") or operator.get_attr("shrink_axis_mask")
    if rest or not set(range(count)) <= {*added, *whole}:
        raise untranslated(operator)
    return added


def part(writer: GraphWriter, operator) -> None:
    """Add axes of length 1, or take one element of a constant or one channel of images."""
    if operator.get_attr("new_axis_mask"):
        source = writer.last(operator.inputs[0].op.name)
        axes = _new_axes(operator, len(writer.constants[operator.inputs[1].op.name]))
        writer.put(operator, writer.add("Unsqueeze", [source, writer.weight(np.array(axes))]))
        return
    source, begin = operator.inputs[0].op, writer.constants[operator.inputs[1].op.name]
    shrunk = operator.get_attr("shrink_axis_mask")
    if writer.is_constant(source):
        end = writer.constants[operator.inputs[2].op.name]
        values = writer.constants[source.name]
        open_start, open_end = (operator.get_attr(f"{name}_mask") & 1 for name in ("begin", "end"))
        taken = values[None if open_start else int(begin[0]) : None if open_end else int(end[0])]
        writer.constants[operator.name] = taken[0] if shrunk else taken
        return
    alone = operator.get_attr("ellipsis_mask") == 1 and len(begin) == 2 and shrunk == 2
    if not alone:
        raise untranslated(operator)
    place = writer.weight(np.array(int(begin[1])))
    writer.put(operator, writer.add("Gather", [writer.last(source.name), place], axis=-1))


def turn(writer: GraphWriter, operator) -> None:
    """Resample images by one affine transform for all, with a constant around them.

    The images go in as channels of one, since each image of a batch would need a grid of its own.
    """
    source, transforms, _, filling = (each.op.name for each in operator.inputs)
    if operator.get_attr("interpolation") != b"BILINEAR" or operator.get_attr("fill_mode") != b"CONSTANT":
        raise untranslated(operator)
    _, height, width, channels = operator.inputs[0].shape
    a, b, c, d, e, f, *perspective = writer.constants[transforms].reshape(-1).astype(np.float64)
    if any(perspective):
        raise untranslated(operator)
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    across, down = a * x + b * y + c, d * x + e * y + f
    grid = np.stack([2 * across / (width - 1) - 1, 2 * down / (height - 1) - 1], axis=-1)[None]
    around = writer.weight(writer.constants[filling].astype(np.float32))
    apart = writer.add("Sub", [around, writer.first(source)])
    one = writer.add("Reshape", [apart, writer.weight(np.array([1, -1, height, width]))])
    names = [one, writer.weight(grid.astype(np.float32))]
    turned = writer.add("GridSample", names, align_corners=1, mode="bilinear", padding_mode="zeros")
    back = writer.add("Reshape", [turned, writer.weight(np.array([-1, channels, height, width]))])
    writer.put(operator, writer.add("Sub", [around, back]), first=True)
