"""Read a network of Keras (`.keras`, `.h5`): its input, its tensors that may be an embedding, its tower."""

import json
import zipfile
from pathlib import Path

import numpy as np

from siamese_core.adoption.graph import LEAST_DIM, Graph, ImageInput, Output, image_input, no_image, no_output
from siamese_core.adoption.keras_tensors import applied, embedding_tensors, flattened, history
from siamese_core.adoption.pixel_values import PixelValues
from siamese_core.errors import UserError, in_words
from siamese_core.networks.kept_network import OFFER_ONNX, keras_network, refuse_custom_code

NORMALISING = ("Rescaling", "Normalization")
CONFIG_FILE = "config.json"  # in a .keras file


def read_keras(file: Path, size: tuple[int, int] | None) -> Graph:
    """Return the network of a file. size: (height, width) in px for what its input leaves free.

    UserError where it would need code of its own, takes no image, or gives no embedding of one image.
    """
    import keras

    refuse_custom_code(_description(file))
    try:
        model = keras.saving.load_model(file, compile=False, safe_mode=True)
    except Exception as failure:  # Keras has many for what it cannot read
        raise UserError(
            f"{file.name} must hold a network that Keras {keras.__version__} can load. Received: "
            f"{in_words(failure)}. {OFFER_ONNX}"
        ) from failure
    return graph_of(model, size)


def _description(file: Path) -> object:
    """Return the layers of a file as JSON. UserError where it holds none."""
    try:
        if file.suffix == ".keras":
            with zipfile.ZipFile(file) as archive:
                return json.loads(archive.read(CONFIG_FILE))
        import h5py

        with h5py.File(file, "r") as stored:
            text = stored.attrs.get("model_config")
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as damage:
        raise UserError(
            f"A network is adopted from a file that is whole. Received: {file.name} ({in_words(damage)}). "
            "Copy or save it again."
        ) from damage
    if text is None:
        raise UserError(
            f"A network is adopted with its layers. Received: {file.name}, which holds weights alone. Save "
            "the whole model (model.save), not its weights."
        )
    return json.loads(text)


def graph_of(model, size: tuple[int, int] | None) -> Graph:
    """Return a Keras model as a graph."""
    if not hasattr(model, "inputs") or not model.inputs:
        raise no_output("a model that does not say what it takes; build it before saving")
    images = [each for each in model.inputs if image_input(tuple(each.shape[1:]), size)]
    if not images:
        raise no_image([each.shape for each in model.inputs])
    tensors, notes = embedding_tensors(model, images)
    taken = image_input(tuple(images[0].shape[1:]), size)
    source = keras_input(taken)
    outputs, given = [], []
    for tensor, role in tensors:
        for embedding, words in flattened(applied(images[0], tensor, source), role, taken.first):
            if embedding.shape[-1] and embedding.shape[-1] >= LEAST_DIM:
                outputs.append(Output(_unique(tensor, outputs), int(embedding.shape[-1]), words))
                given.append(embedding)
    if not given:
        raise no_output("no output with two or more numbers for an image")
    return _graph(source, taken, (tuple(outputs), given), _normalisation(model), notes)


def keras_input(taken: ImageInput):
    """Return an input of the shape that a network takes."""
    import keras

    size = taken.height, taken.width
    return keras.Input((taken.channels, *size) if taken.first else (*size, taken.channels), name="values")


def _graph(
    source, taken: ImageInput, found: tuple[tuple[Output, ...], list], inside: str, notes: list[str]
) -> Graph:
    import keras

    outputs, given = found
    network = keras.Model(source, given)

    def run(values: np.ndarray) -> list[np.ndarray]:
        answers = network.predict_on_batch(taken.arranged(values))
        return [
            np.asarray(each, np.float32) for each in (answers if isinstance(answers, list) else [answers])
        ]

    def keep(output: Output, values: PixelValues, folder: Path):
        return from_pixels(keras.Model(source, given[outputs.index(output)]), taken, values)

    return Graph("Keras", taken, inside, outputs, tuple(notes), run, keep)


def from_pixels(network, taken: ImageInput, values: PixelValues):
    """Return a network with the scaling and the layout put before it: it takes RGB or grey in 0..255."""
    import keras
    from keras import layers, ops

    images = keras.Input((taken.height, taken.width, taken.channels), name="pixels")
    ordered = ops.flip(images, axis=-1) if values.bgr else images
    scaled = layers.Rescaling(list(values.scale), list(values.offset), dtype="float32")(ordered)
    arranged = layers.Permute((3, 1, 2))(scaled) if taken.first else scaled
    embedding = ops.cast(network(arranged), "float32")
    whole = keras.Model(images, embedding, name="adopted")
    rebuilt = keras_network(whole.to_json())  # its variables have the names that loading will give them
    rebuilt.set_weights(whole.get_weights())
    return rebuilt


def _unique(tensor, outputs: list[Output]) -> str:
    name = history(tensor)[0].name
    taken = {each.name for each in outputs}
    return name if name not in taken else f"{name}_{len(outputs)}"


def _normalisation(model) -> str:
    """Return in words the layers that scale pixels in the model."""
    import keras

    found = []
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            inside = _normalisation(layer)
            found += [inside] if inside else []
        elif type(layer).__name__ == "Rescaling":
            found.append(
                f"Rescaling ({layer.scale:.4g}, {layer.offset:.4g})"
                if np.ndim(layer.scale) == 0
                else "Rescaling"
            )
        elif type(layer).__name__ in NORMALISING:
            found.append(type(layer).__name__)
    return ", ".join(found)
