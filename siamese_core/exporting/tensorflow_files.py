"""Write a checkpoint as a SavedModel or for TensorFlow Lite: signatures `similarity` and `embedding`."""

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import tensorflow as tf
from keras.export import ExportArchive

from siamese_core.errors import UserError, in_words
from siamese_core.exporting.comparison import comparison
from siamese_core.exporting.copies import embedding_function
from siamese_core.exporting.description import EMBEDDING, IMAGES, LEFT, RIGHT, SIMILARITY, Exported
from siamese_core.exporting.fitting import fitted
from siamese_core.exporting.running import Running
from siamese_core.exporting.tensorflow_values import TensorFlowOperations, whole_grey


def write_saved_model(exported: Exported, path: Path) -> None:
    """Write the folder of a SavedModel."""
    sides = (None, None) if exported.any_size else exported.shape
    compare, embed = comparison(exported.checkpoint), embedding_function(exported.checkpoint)

    def embedding(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {EMBEDDING: embed(_prepared(exported, images))}

    def similarity(left: tf.Tensor, right: tf.Tensor) -> dict[str, tf.Tensor]:
        found = embed(tf.concat([_prepared(exported, left), _prepared(exported, right)], axis=0))
        count = tf.shape(left)[0]
        return {SIMILARITY: compare(found[:count], found[count:])}

    def given(name: str) -> tf.TensorSpec:
        return tf.TensorSpec((None, *sides, 3), tf.uint8, name)

    archive = ExportArchive()
    for part in (exported.checkpoint.encoder, exported.checkpoint.head):
        archive.track(part)
    archive.add_endpoint(SIMILARITY, similarity, input_signature=[given(LEFT), given(RIGHT)])
    archive.add_endpoint(EMBEDDING, embedding, input_signature=[given(IMAGES)])
    archive.write_out(str(path), verbose=False)


def _prepared(exported: Exported, images: tf.Tensor) -> tf.Tensor:
    """Return what the network takes, float32, of images uint8 (n, height, width, 3)."""
    spec, operations = exported.checkpoint.card.embedding, TensorFlowOperations()
    if exported.any_size:
        return fitted(operations, images, spec)
    if spec.channels == 3:
        return tf.cast(images, tf.float32)
    return whole_grey(images)


def run_saved_model(path: Path) -> Running:
    """Return the signatures of the folder as TensorFlow runs them."""
    loaded = tf.saved_model.load(str(path))
    pair, alone = loaded.signatures[SIMILARITY], loaded.signatures[EMBEDDING]
    return Running(
        lambda left, right: pair(**{LEFT: tf.constant(left), RIGHT: tf.constant(right)})[SIMILARITY].numpy(),
        lambda images: alone(**{IMAGES: tf.constant(images)})[EMBEDDING].numpy(),
    )


def write_tflite(exported: Exported, path: Path) -> None:
    """Write the file of TensorFlow Lite."""
    with TemporaryDirectory() as folder:
        write_saved_model(exported, Path(folder) / "saved_model")
        converter = tf.lite.TFLiteConverter.from_saved_model(
            str(Path(folder) / "saved_model"), signature_keys=[SIMILARITY, EMBEDDING]
        )
        try:
            path.write_bytes(converter.convert())
        except Exception as failure:  # the converter has its own for an operator that it does not know
            raise UserError(
                f"TensorFlow Lite needs to have every operator. Received: {in_words(failure)[:300]}. "
                "Use the format onnx or saved_model."
            ) from failure


def run_tflite(path: Path) -> Running:
    """Return the signatures of the file as the interpreter of TensorFlow Lite runs them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the interpreter is going to have a package of its own
        interpreter = tf.lite.Interpreter(model_path=str(path))

    def run(name: str, **images: np.ndarray) -> np.ndarray:
        return interpreter.get_signature_runner(name)(**images)[name]

    return Running(
        lambda left, right: run(SIMILARITY, left=left, right=right),
        lambda images: run(EMBEDDING, images=images),
    )


def has_tflite() -> bool:
    """Return whether TensorFlow comes with the converter and the interpreter of TensorFlow Lite."""
    return hasattr(getattr(tf, "lite", None), "TFLiteConverter")
