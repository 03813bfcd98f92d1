"""Load TensorFlow without the lines that its native code writes into a notebook."""

import contextlib
import os
from collections.abc import Iterator
from functools import cache


@cache
def load_networks_quietly() -> None:
    """Import Keras and let it find its devices, once in a process; SIAMESE_DEBUG shows what it logs."""
    with contextlib.nullcontext() if os.environ.get("SIAMESE_DEBUG") else _nowhere(2):
        import keras

        keras.ops.zeros(1)


@contextlib.contextmanager
def _nowhere(descriptor: int) -> Iterator[None]:
    """Lead what goes to a descriptor nowhere within the block; where it is closed, nothing changes."""
    try:
        kept = os.dup(descriptor)
    except OSError:
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, descriptor)
        yield
    finally:
        os.dup2(kept, descriptor)
        os.close(nowhere)
        os.close(kept)
