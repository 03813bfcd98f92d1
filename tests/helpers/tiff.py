"""TIFF files written by hand: any sample type, byte order and photometric interpretation."""

import struct

import numpy as np

WHITE_IS_ZERO, BLACK_IS_ZERO = 0, 1
_SAMPLE_FORMATS = {"u": 1, "i": 2, "f": 3}


def grey_tiff(values: np.ndarray, photometric: int = BLACK_IS_ZERO, order: str = "<") -> bytes:
    """One grey sample a pixel: values (height, width) of an integer or float type, stored as they are."""
    height, width = values.shape
    data = values.astype(values.dtype.newbyteorder(order)).tobytes()
    bits, sample_format = 8 * values.itemsize, _SAMPLE_FORMATS[values.dtype.kind]
    tags = [(256, 3, width), (257, 3, height), (258, 3, bits), (259, 3, 1), (262, 3, photometric)]
    tags += [(273, 4, 8), (277, 3, 1), (278, 3, height), (279, 4, len(data)), (339, 3, sample_format)]
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8 + len(data))
    out = start + data + struct.pack(order + "H", len(tags))
    for tag, kind, value in tags:
        cell = struct.pack(order + "HH", value, 0) if kind == 3 else struct.pack(order + "I", value)
        out += struct.pack(order + "HHI", tag, kind, 1) + cell
    return out + struct.pack(order + "I", 0)
