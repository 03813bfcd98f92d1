"""Read a SavedModel folder of TensorFlow: its input, and its tensors that may be an embedding.

What it computes is frozen into one graph without variables, in which nothing can touch a file or run Python.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from siamese_core.adoption.graph import LEAST_DIM, Graph, ImageInput, Output, image_input, no_image, no_output
from siamese_core.adoption.opening import SAVED_MODEL
from siamese_core.adoption.pixel_values import PixelValues
from siamese_core.errors import UserError, in_words
from siamese_core.networks.kept_network import GRAPH_FILE, graph_network, refuse_operators

SIGNATURE = "serving_default"
CLASSIFYING = ("Softmax", "Sigmoid")
DENSE = "MatMul"
PASSING = ("Identity", "BiasAdd", "Add", "AddV2", "Reshape", "Squeeze")  # around a dense layer
CHECKPOINTING = {"SaveV2", "RestoreV2", "MergeV2Checkpoints", "ShardedFilename"}  # how its variables are read


def read_saved_model(folder: Path, size: tuple[int, int] | None) -> Graph:
    """Return the network of a folder. size: (height, width) in px for what its input leaves free.

    UserError where it would touch files or run code, takes no image, or gives no embedding of one image.
    """
    frozen = _frozen(folder)
    inputs = [each for each in frozen.inputs if each.dtype.name != "resource"]
    if len(inputs) != 1:
        raise no_output(f"a SavedModel of {len(inputs)} inputs; save the model as .keras, or its tower alone")
    shape = inputs[0].shape.as_list()[1:] if inputs[0].shape.rank else ()
    taken = image_input(tuple(shape), size)
    if taken is None:
        raise no_image([shape])
    found = [
        (tensor, role)
        for output in frozen.outputs
        for tensor, role in _candidates(output)
        if tensor.shape.rank in (2, 4)
    ]
    outputs = tuple(
        Output(tensor.name, int(tensor.shape[-1]), role if tensor.shape.rank == 2 else f"{role}, averaged")
        for tensor, role in found
        if tensor.shape[-1] and tensor.shape[-1] >= LEAST_DIM
    )
    if not outputs:
        raise no_output("no output (n, d), and no map of features")
    kind = inputs[0].dtype
    functions = {each.name: _embedding(frozen, inputs[0].name, each.name, taken.first) for each in outputs}

    def run(values: np.ndarray) -> list[np.ndarray]:
        import tensorflow as tf

        arranged = tf.cast(taken.arranged(values), kind)
        return [functions[each.name](arranged).numpy() for each in outputs]

    def keep(output: Output, values: PixelValues, kept: Path):
        _write(functions[output.name], (taken, values, kind), kept / GRAPH_FILE)
        return graph_network(kept / GRAPH_FILE)

    return Graph("SavedModel", taken, "", outputs, (), run, keep)


def _frozen(folder: Path):
    """Return the function of the folder's signature with its variables made constants."""
    import tensorflow as tf
    from tensorflow.core.protobuf import saved_model_pb2
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    try:
        stored = saved_model_pb2.SavedModel.FromString((folder / SAVED_MODEL).read_bytes())
        for part in stored.meta_graphs:
            refuse_operators(part.graph_def, CHECKPOINTING)
        loaded = tf.saved_model.load(str(folder))  # its variables live as long as it does
        signatures = loaded.signatures
        named = SIGNATURE if SIGNATURE in signatures else next(iter(signatures), None)
        if named is None:
            raise no_output("a SavedModel without a signature to call")
        frozen = convert_variables_to_constants_v2(signatures[named])
        refuse_operators(frozen.graph.as_graph_def())
    except UserError:
        raise
    except Exception as damage:  # TensorFlow has its own for each part that may be missing
        raise UserError(
            f"A SavedModel is a folder that TensorFlow can load. Received: {folder.name} "
            f"({in_words(damage)}). Save it again, or export it to ONNX."
        ) from damage
    return frozen


def _candidates(output) -> Iterator[tuple]:
    """Yield the tensors that may embed an image, with words, the likeliest first."""
    before, classifies = _before_classifier(output)
    inner = [] if before is None else [(before, "the tensor before the classifier")]
    whole = (output, "output")
    yield from [*inner, whole] if classifies else [whole, *inner]


def _before_classifier(tensor) -> tuple:
    """Return the tensor that the last dense layer takes, None without one, and whether that classifies."""
    classifies = False
    while True:
        operation = tensor.op
        parts = [each for each in operation.inputs if each.op.type != "Const" and not _is_weight(each)]
        if operation.type == DENSE and parts:
            return parts[0], classifies
        classifies = classifies or operation.type in CLASSIFYING
        if operation.type not in (*CLASSIFYING, *PASSING) or len(parts) != 1:
            return None, classifies
        tensor = parts[0]


def _is_weight(tensor) -> bool:
    """Whether a tensor is a constant under an identity: a variable that was frozen."""
    while tensor.op.type == "Identity":
        tensor = tensor.op.inputs[0]
    return tensor.op.type == "Const"


def _embedding(frozen, source: str, name: str, first: bool):
    """Return a function from what the network takes to the embedding float32 (n, d) of a tensor."""
    import tensorflow as tf

    inner = frozen.prune([source], [name])

    def embedding(values):
        (found,) = inner(values)
        axes = (2, 3) if first else (1, 2)
        return tf.cast(tf.reduce_mean(found, axis=axes) if found.shape.rank == 4 else found, tf.float32)

    return embedding


def _write(embedding, pixels: tuple[ImageInput, PixelValues, object], file: Path) -> None:
    """Write the graph from pixels in 0..255 to the embedding."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    taken, values, kind = pixels

    def whole(images):
        ordered = images[..., ::-1] if values.bgr else images
        scaled = ordered * tf.constant(values.scale) + tf.constant(values.offset)
        return embedding(tf.cast(tf.transpose(scaled, (0, 3, 1, 2)) if taken.first else scaled, kind))

    shape = tf.TensorSpec((None, taken.height, taken.width, taken.channels), tf.float32)
    frozen = convert_variables_to_constants_v2(
        tf.function(whole, input_signature=[shape]).get_concrete_function()
    )
    file.write_bytes(frozen.graph.as_graph_def().SerializeToString())
