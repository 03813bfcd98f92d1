"""How exactly training computes: as fast as the processor can, where less exact is exact enough."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras


@contextmanager
def bfloat16_where_fast() -> Iterator[bool]:
    """Inside, TensorFlow computes convolutions in bfloat16 where the processor has instructions for it.

    Twice the speed there; weights and what needs their precision stay float32. Gives whether it is on. A
    graph that was made inside stays as fast, and as coarse, outside.
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
    """What is built inside computes in bfloat16 where there is a GPU or TPU; its weights stay float32."""
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
