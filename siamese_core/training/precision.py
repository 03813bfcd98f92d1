"""Compute training in bfloat16 where the hardware does that faster."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras


@contextmanager
def bfloat16_where_fast() -> Iterator[bool]:
    """Compute convolutions of TensorFlow in bfloat16 within the block, where the CPU has instructions for it.

    That doubles the speed there. Weights, and operations that need it, stay in float32. Yields whether it is
    on. A graph traced within the block keeps its precision outside.
    """
    flags = Path("/proc/cpuinfo")
    fast = keras.backend.backend() == "tensorflow" and flags.exists() and "avx512_bf16" in flags.read_text()
    _set_bfloat16(fast)
    try:
        yield fast
    finally:
        _set_bfloat16(False)


@contextmanager
def half_precision_on_accelerators() -> Iterator[None]:
    """Build networks within the block that compute in bfloat16 on a GPU or TPU, with weights in float32."""
    before = keras.config.dtype_policy()
    if any(not device.startswith("cpu") for device in keras.distribution.list_devices()):
        keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _set_bfloat16(on: bool) -> None:
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        tensorflow.config.optimizer.set_experimental_options({"auto_mixed_precision_onednn_bfloat16": on})
