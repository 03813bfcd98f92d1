"""Small networks as people bring them, and images that they tell apart."""

from pathlib import Path

import keras
import numpy as np
from keras import layers
from PIL import Image

SIDE = 24  # px
CLASSES, IMAGES = 12, 4


def colour_folders(folder: Path, seed: int = 0) -> Path:
    """Class folders: each class has two colours of its own, left and right, under noise."""
    rng = np.random.default_rng(seed)
    for number in range(CLASSES):
        colours = rng.integers(30, 226, (1, 2, 3)).repeat(30, axis=0).repeat(20, axis=1)
        for place in range(IMAGES):
            image = np.clip(colours + rng.normal(0, 25, colours.shape) + rng.normal(0, 8, 3), 0, 255)
            file = folder / f"class {number}" / f"{place}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image.astype(np.uint8)).save(file)
    return folder


def tower(name: str = "tower", shape: tuple = (SIDE, SIDE, 3)) -> keras.Model:
    """A network for pixels around 0: the waves of its embedding turn many times on larger ones."""
    keras.utils.set_random_seed(3)
    first = shape[0] == 3
    order = "channels_first" if first else "channels_last"
    images = keras.Input(shape)
    pooled = layers.AveragePooling2D(SIDE // 2, data_format=order)(images)
    flat = layers.Flatten()(layers.Permute((2, 3, 1))(pooled) if first else pooled)
    weights = np.random.default_rng(0).normal(0, 1, (flat.shape[-1], 16))
    dense = layers.Dense(16, name="dense")
    embedding = keras.ops.sin(dense(flat))
    dense.set_weights([weights, np.zeros(16)])
    return keras.Model(images, embedding, name=name)


def twins() -> keras.Model:
    """A model of two images that go through one tower."""
    left, right, both = keras.Input((SIDE, SIDE, 3)), keras.Input((SIDE, SIDE, 3)), tower()
    gap = keras.ops.abs(both(left) - both(right))
    return keras.Model([left, right], layers.Dense(1, activation="sigmoid")(gap))


def classifier() -> keras.Model:
    """The tower under a classifier of five classes, with its scaling inside."""
    images = keras.Input((SIDE, SIDE, 3))
    features = tower()(layers.Rescaling(1 / 127.5, -1.0)(images))
    return keras.Model(images, layers.Dense(5, activation="softmax")(layers.Dropout(0.5)(features)))


def onnx_tower(file: Path, twice: bool = False, classes: int = 0, domain: str = "") -> Path:
    """The tower as ONNX, channels first; `twice`: compares two images; `classes`: under a classifier."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights, _ = tower().get_weights()
    rows = weights.reshape(4, 3, 16).transpose(1, 0, 2).reshape(12, 16)  # its maps lie channel by channel
    constants = [numpy_helper.from_array(rows.astype(np.float32), "weights")]
    nodes, embeddings, inputs = [], [], []
    for number in range(2 if twice else 1):
        half = SIDE // 2
        source, pooled, flat, product, embedding = (
            f"{name}_{number}" for name in ("image", "pooled", "flat", "product", "embedding")
        )
        nodes += [
            helper.make_node("AveragePool", [source], [pooled], kernel_shape=[half] * 2, strides=[half] * 2),
            helper.make_node("Flatten", [pooled], [flat]),
            helper.make_node("MatMul", [flat, "weights"], [product]),
            helper.make_node("Sin", [product], [embedding]),
        ]
        inputs.append(helper.make_tensor_value_info(source, TensorProto.FLOAT, ["n", 3, SIDE, SIDE]))
        embeddings.append(embedding)
    last, dim = embeddings[0], 16
    if twice:
        nodes.append(helper.make_node("Sub", embeddings, ["gap"]))
        last = "gap"
    if classes:
        constants.append(numpy_helper.from_array(np.ones((16, classes), np.float32), "classes"))
        nodes.append(helper.make_node("MatMul", [last, "classes"], ["logits"]))
        nodes.append(helper.make_node("Softmax", ["logits"], ["chances"]))
        last, dim = "chances", classes
    if domain:
        nodes.append(helper.make_node("Own", [last], ["own"], domain=domain))
        last = "own"
    output = helper.make_tensor_value_info(last, TensorProto.FLOAT, ["n", dim])
    graph = helper.make_graph(nodes, "tower", inputs, [output], constants)
    operators = [helper.make_opsetid("", 17), *([helper.make_opsetid(domain, 1)] if domain else [])]
    file.write_bytes(helper.make_model(graph, opset_imports=operators, ir_version=9).SerializeToString())
    onnx.checker.check_model(onnx.load(file)) if not domain else None
    return file
