"""Values of an ONNX graph that take Python's operators, and the operations that `fitting` needs of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from siamese_core.networks.onnx_writer import TO_FIRST, TO_LAST, GraphWriter


@dataclass(frozen=True)
class OnnxValue:
    """A tensor of a graph that is being written, float64 or bool. Numbers and arrays become its constants."""

    writer: GraphWriter
    name: str
    __array_ufunc__ = None  # an array on the left leaves the operation to this class

    def made(self, kind: str, *others: "OnnxValue | np.ndarray | float", turned: bool = False) -> "OnnxValue":
        """Return what an operator gives of this value and others. turned: this is its second input."""
        names = [self.name, *(name_of(self.writer, each) for each in others)]
        return OnnxValue(self.writer, self.writer.add(kind, names[::-1] if turned else names))

    def __add__(self, other):
        return self.made("Add", other)

    __radd__ = __add__

    def __sub__(self, other):
        return self.made("Sub", other)

    def __rsub__(self, other):
        return self.made("Sub", other, turned=True)

    def __mul__(self, other):
        return self.made("Mul", other)

    __rmul__ = __mul__

    def __truediv__(self, other):
        return self.made("Div", other)

    def __rtruediv__(self, other):
        return self.made("Div", other, turned=True)

    def __neg__(self):
        return self.made("Neg")

    def __lt__(self, other):
        return self.made("Less", other)

    def __le__(self, other):
        return self.made("LessOrEqual", other)

    def __gt__(self, other):
        return self.made("Greater", other)

    def __ge__(self, other):
        return self.made("GreaterOrEqual", other)

    def __and__(self, other):
        return self.made("And", other)


def name_of(writer: GraphWriter, value: "OnnxValue | np.ndarray | float") -> str:
    return value.name if isinstance(value, OnnxValue) else writer.weight(np.asarray(value, np.float64))


class OnnxOperations:
    """The operations of `fitting` as nodes of a graph of ONNX."""

    def __init__(self, writer: GraphWriter):
        self._writer = writer

    def sides(self, images: str) -> tuple[OnnxValue, OnnxValue]:
        shape = self._writer.add("Shape", [images])
        return tuple(self._cast(self._taken(shape, axis), "DOUBLE") for axis in (1, 2))

    def pixels(self, images: str) -> OnnxValue:
        return self._cast(self._writer.add("Transpose", [images], perm=TO_FIRST), "DOUBLE")

    def network_input(self, pixels: OnnxValue) -> str:
        last = self._writer.add("Transpose", [pixels.name], perm=TO_LAST)
        return self._cast(last, "FLOAT").name

    def numbers_up_to(self, count: OnnxValue) -> OnnxValue:
        ends = [self._writer.weight(np.float64(0)), count.name, self._writer.weight(np.float64(1))]
        return OnnxValue(self._writer, self._writer.add("Range", ends))

    def where(self, condition: OnnxValue, chosen, other) -> OnnxValue:
        return condition.made("Where", chosen, other)

    def minimum(self, value: OnnxValue, other) -> OnnxValue:
        return value.made("Min", other)

    def maximum(self, value: OnnxValue, other) -> OnnxValue:
        return value.made("Max", other)

    def floor(self, value: OnnxValue) -> OnnxValue:
        return value.made("Floor")

    def rint(self, value: OnnxValue) -> OnnxValue:
        return value.made("Round")  # halves to the even one, as Python has it

    def absolute(self, value: OnnxValue) -> OnnxValue:
        return value.made("Abs")

    def matmul(self, left: OnnxValue, right: OnnxValue) -> OnnxValue:
        return left.made("MatMul", right)

    def transpose(self, value: OnnxValue, axes: Sequence[int]) -> OnnxValue:
        return OnnxValue(self._writer, self._writer.add("Transpose", [value.name], perm=list(axes)))

    def total(self, value: OnnxValue, axis: int) -> OnnxValue:
        names = [value.name, self._writer.weight(np.array([axis]))]
        return OnnxValue(self._writer, self._writer.add("ReduceSum", names, keepdims=1))

    def _taken(self, name: str, place: int) -> str:
        return self._writer.add("Gather", [name, self._writer.weight(np.array(place))], axis=0)

    def _cast(self, name: str, kind: str) -> OnnxValue:
        from onnx import TensorProto

        return OnnxValue(self._writer, self._writer.add("Cast", [name], to=getattr(TensorProto, kind)))
