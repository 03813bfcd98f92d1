"""List the formats: what each needs, how it is written and run. Libraries are imported when they are used."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from siamese_core.errors import UserError
from siamese_core.exporting.description import Exported
from siamese_core.exporting.running import Running

ONNX, SAVED_MODEL, TFLITE = FORMATS = ("onnx", "saved_model", "tflite")
ONNX_PACKAGES = ("onnx", "onnxruntime")


@dataclass(frozen=True)
class Format:
    """How a format is written and run. any_size: see `description.Exported`."""

    any_size: bool
    write: Callable[[Exported, Path], None]
    run: Callable[[Path], Running]


def find_format(name: str) -> Format:
    """Return the format of that name. UserError where this installation lacks what it needs."""
    if name == ONNX:
        missing = [each for each in ONNX_PACKAGES if find_spec(each) is None]
        if missing:
            raise UserError(
                f"The format onnx needs the extra onnx. Received: no {' and no '.join(missing)}. Install it: "
                f"pip install {' '.join(ONNX_PACKAGES)}"
            )
        from siamese_core.exporting.onnx_files import run_onnx, write_onnx

        return Format(True, write_onnx, run_onnx)
    from siamese_core.exporting import tensorflow_files as files

    if name == SAVED_MODEL:
        return Format(True, files.write_saved_model, files.run_saved_model)
    if not files.has_tflite():
        raise UserError(
            "The format tflite needs TensorFlow with its converter. Received: one without tf.lite. Install "
            "TensorFlow 2.21 from PyPI (pip install 'tensorflow>=2.21,<2.22'), or use the format onnx."
        )
    return Format(False, files.write_tflite, files.run_tflite)
