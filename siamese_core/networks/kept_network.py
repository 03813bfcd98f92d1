"""Read and run networks that other programs made and that a checkpoint keeps as a whole in its folder.

Each takes RGB or grey float32 (n, height, width, channels) in 0..255 and gives embeddings float32 (n, d):
what it needs of scaling and layout was put into its graph when it was adopted. A graph is data: what could
run code of its own is refused.
"""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.atomic import share_file
from siamese_core.errors import UserError, in_words

if TYPE_CHECKING:
    import keras

ADOPTED = "adopted"  # the `network` of a card whose folder keeps the network itself
KERAS_FILE = "network.json"  # the layers; their weights are in encoder.npz
ONNX_FILE = "network.onnx"
GRAPH_FILE = "network.pb"  # of TensorFlow, made of a SavedModel
FROZEN_FILES = (ONNX_FILE, GRAPH_FILE)  # hold their weights and do not train
TOUCHES_FILES = {"ReadFile", "WriteFile", "MatchingFiles", "PyFunc", "PyFuncStateless", "EagerPyFunc"}
RUNS_CODE = {"Lambda", "TFSMLayer", "JaxLayer", "FlaxLayer", "TorchModuleWrapper", "__lambda__"}
KERAS_MODULES = ("keras",)
OFFER_ONNX = "Save it with built-in layers only, or export it to ONNX where it was made, and adopt that file."


class FrozenNetwork:
    """A network that another library runs, called as a Keras model is. It has no weights to train.

    input_shape: (None, height, width, channels); output_shape: (None, d).
    """

    weights: Sequence = ()
    layers: Sequence = ()

    def __init__(self, file: Path, run: Callable[[np.ndarray], np.ndarray], shapes: tuple[tuple, tuple]):
        self.file, self._run = Path(file), run
        self.input_shape, self.output_shape = shapes

    def get_weights(self) -> list[np.ndarray]:
        return []

    def predict_on_batch(self, images: np.ndarray) -> np.ndarray:
        """Return embeddings float32 (n, d) of images (n, height, width, channels) in 0..255."""
        return self._run(np.asarray(images, np.float32))

    def __call__(self, images, training: bool = False) -> np.ndarray:
        return self.predict_on_batch(images)


def network_file(folder: Path) -> Path | None:
    """Return the file of a checkpoint's folder that keeps its network; None where the project builds it."""
    files = (folder / name for name in (KERAS_FILE, *FROZEN_FILES))
    return next((file for file in files if file.is_file()), None)


def read_network(folder: Path) -> "keras.Model | FrozenNetwork":
    """Return the network that a folder keeps, one of Keras untrained. UserError where it cannot be read."""
    file = network_file(folder)
    if file is None:
        raise UserError(
            f"A checkpoint of an adopted network keeps it. Received: {folder.name} without one of "
            f"{', '.join((KERAS_FILE, *FROZEN_FILES))}. Copy it again or adopt the network again."
        )
    try:
        if file.name == KERAS_FILE:
            return keras_network(file.read_text("utf-8"))
        return onnx_network(file) if file.name == ONNX_FILE else graph_network(file)
    except UserError:
        raise
    except Exception as damage:  # each library has its own for a damaged file
        raise UserError(
            f"{file.name} must hold a network. Received: {in_words(damage)}. Copy {folder.name} again or "
            "adopt the network again."
        ) from damage


def write_network(network: "keras.Model | FrozenNetwork", folder: Path) -> None:
    """Keep a network in a folder: one of Keras without its weights, another one as the file that it is."""
    if isinstance(network, FrozenNetwork):
        share_file(network.file, folder / network.file.name)
    else:
        (folder / KERAS_FILE).write_text(network.to_json(), "utf-8")


def keras_network(text: str) -> "keras.Model":
    """Return the untrained network of a description in JSON. UserError where that needs code."""
    import keras

    config = json.loads(text)
    refuse_custom_code(config)
    return keras.saving.deserialize_keras_object(config, safe_mode=True)


def refuse_custom_code(config: object) -> None:
    """Raise UserError, naming the layers, where a description of Keras needs code that is not Keras' own."""
    found = list(_described(config))
    unsafe = sorted({each["class_name"] for each in found if each["class_name"] in RUNS_CODE})
    if unsafe:
        raise UserError(
            f"A network is adopted as data, without running code that comes with it. Received: a layer "
            f"{', '.join(unsafe)}, which is code. {OFFER_ONNX}"
        )
    custom = sorted({_name(each) for each in found if _is_custom(each)})
    if custom:
        raise UserError(
            f"A network is adopted without code of its own. Received: {', '.join(custom)}, which Keras does "
            f"not have. {OFFER_ONNX}"
        )


def _described(config: object) -> Iterator[dict]:
    """Yield every entry of a description that names a class or a function."""
    if isinstance(config, dict):
        if isinstance(config.get("class_name"), str):
            yield config
        for value in config.values():
            yield from _described(value)
    elif isinstance(config, list):
        for value in config:
            yield from _described(value)


def _is_custom(entry: dict) -> bool:
    name = entry["class_name"]
    if name.startswith("__"):  # a tensor or an array
        return False
    if ">" in str(entry.get("registered_name") or name):
        return True
    if "module" not in entry:  # written by Keras 2, which named its own classes only
        return False
    module = entry["module"] or ""
    return module != "builtins" and module.split(".")[0] not in KERAS_MODULES


def _name(entry: dict) -> str:
    return str(entry.get("registered_name") or entry["class_name"])


def onnx_network(file: Path) -> FrozenNetwork:
    """Return the network of an ONNX file with one input of images and one output of embeddings."""
    session = onnx_session(file)
    (images,), (embeddings,) = session.get_inputs(), session.get_outputs()
    batch = images.shape[0] if isinstance(images.shape[0], int) else None

    def run(values: np.ndarray) -> np.ndarray:
        parts = [
            session.run(None, {images.name: filled(part, batch)})[0][: len(part)]
            for part in batches(values, batch)
        ]
        return np.concatenate(parts).astype(np.float32, copy=False)

    shapes = (None, *images.shape[1:]), (None, *embeddings.shape[1:])
    return FrozenNetwork(file, run, shapes)


def batches(values: np.ndarray, size: int | None) -> list[np.ndarray]:
    """Return the values in parts of at most `size` rows, all in one where it is None or there are none."""
    if size is None or not len(values):
        return [values]
    return [values[start : start + size] for start in range(0, len(values), size)]


def filled(values: np.ndarray, size: int | None) -> np.ndarray:
    """Return the values with rows of 0 up to `size` rows, which some networks are fixed to."""
    missing = 0 if size is None else size - len(values)
    return np.pad(values, ((0, missing), *((0, 0),) * (values.ndim - 1))) if missing > 0 else values


def onnx_session(network: Path | bytes):
    """Return ONNX Runtime's session of a file or its contents. UserError without ONNX Runtime."""
    try:
        import onnxruntime
    except ImportError as missing:
        raise UserError(
            "A network of ONNX needs ONNX Runtime. Received: no onnxruntime. Install the extra: pip install "
            "onnxruntime onnx"
        ) from missing
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only
    # else its threads wait for the next call at full speed, on cores that others need
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    source = network if isinstance(network, bytes) else str(network)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def graph_network(file: Path) -> FrozenNetwork:
    """Return the network of a frozen graph of TensorFlow, from its placeholder to its last operator."""
    import tensorflow as tf

    stored = tf.compat.v1.GraphDef.FromString(file.read_bytes())
    refuse_operators(stored)
    function = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(stored, name=""), [])
    operators = function.graph.get_operations()
    images = next(each for each in operators if each.type == "Placeholder").outputs[0]
    embedding = operators[-1].outputs[0]
    network = function.prune(images, embedding)

    def run(values: np.ndarray) -> np.ndarray:
        return network(tf.constant(values)).numpy()

    return FrozenNetwork(file, run, (tuple(images.shape), tuple(embedding.shape)))


def refuse_operators(graph, allowed: Collection[str] = ()) -> None:
    """Raise UserError where a GraphDef of TensorFlow has operators that touch files or run Python."""
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    unsafe = sorted({node.op for node in nodes} & TOUCHES_FILES - set(allowed))
    if unsafe:
        raise UserError(
            "A network is adopted as data, without running code that comes with it. Received: the operators "
            f"{', '.join(unsafe)}, which touch files or run Python. Save the network without them."
        )
