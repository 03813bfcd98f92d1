"""Read a network of ONNX, which ONNX Runtime runs: its input, and its tensors that may be an embedding."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.adoption.graph import LEAST_DIM, Graph, ImageInput, Output, image_input, no_image, no_output
from siamese_core.adoption.onnx_parts import network_of
from siamese_core.adoption.onnx_tensors import embedding_tensors, flattened, normalisation, tensors_of
from siamese_core.adoption.pixel_values import PixelValues
from siamese_core.errors import UserError, in_words
from siamese_core.networks.kept_network import ONNX_FILE, batches, filled, onnx_network, onnx_session

if TYPE_CHECKING:
    import onnx

KNOWN_DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")  # of operators that ONNX Runtime has


def read_onnx(file: Path, size: tuple[int, int] | None) -> Graph:
    """Return the network of a file. size: (height, width) in px for what its input leaves free.

    UserError where it needs operators of its own, takes no image, or gives no embedding of one image.
    """
    model = _loaded(file)
    tensors = tensors_of(model)
    inputs = [each.name for each in model.graph.input if each.name not in tensors.constants]
    images = [name for name in inputs if image_input(tensors.shapes.get(name, ()), size, True)]
    if not images:
        raise no_image([tensors.shapes.get(name, ()) for name in inputs])
    taken = image_input(tensors.shapes[images[0]], size, True)
    found, notes = embedding_tensors(model, tensors, images)
    parts = [part for name, role in found for part in flattened(name, role, tensors)]
    session = _session(network_of(model, images[0], parts))
    answers = _answers(session, taken)
    given = answers(np.zeros((1, taken.height, taken.width, taken.channels), np.float32))
    outputs = tuple(Output(p.name, int(a.shape[-1]), p.role) for p, a in zip(parts, given, strict=True))
    usable = [n for n, answer in enumerate(given) if answer.ndim == 2 and answer.shape[1] >= LEAST_DIM]
    if not usable:
        raise no_output(f"outputs of the shapes {', '.join(str(each.shape) for each in given)}")

    def run(values: np.ndarray) -> list[np.ndarray]:
        every = answers(values)
        return [every[number] for number in usable]

    def keep(output: Output, values: PixelValues, folder: Path):
        part = replace(parts[outputs.index(output)], dim=output.dim)
        whole = network_of(model, images[0], [part], (taken, values))
        (folder / ONNX_FILE).write_bytes(whole.SerializeToString())
        return onnx_network(folder / ONNX_FILE)

    kept = tuple(outputs[number] for number in usable)
    return Graph("ONNX", taken, normalisation(model, images[0], tensors), kept, tuple(notes), run, keep)


def _loaded(file: Path) -> "onnx.ModelProto":
    try:
        import onnx
    except ImportError as missing:
        raise UserError(
            f"{file.name} is read with the package onnx. Received: none. Install the extra: pip install "
            "onnxruntime onnx"
        ) from missing
    try:
        model = onnx.load(file)
    except Exception as damage:  # protobuf has its own for a damaged file, the system for a missing part
        raise UserError(
            f"{file.name} must be a whole ONNX file, with its .onnx_data beside it where it has one. "
            f"Received: {in_words(damage)}. Copy it again."
        ) from damage
    foreign = sorted({node.domain for node in model.graph.node} - set(KNOWN_DOMAINS))
    if foreign:
        names = sorted(
            {f"{node.domain}.{node.op_type}" for node in model.graph.node if node.domain in foreign}
        )
        raise UserError(
            f"A network is adopted without code of its own. Received: {', '.join(names)}, which ONNX Runtime "
            "does not have. Export it again with standard operators."
        )
    return model


def _session(model: "onnx.ModelProto"):
    try:
        return onnx_session(model.SerializeToString())
    except UserError:
        raise
    except Exception as failure:  # ONNX Runtime has its own for each operator it lacks
        raise UserError(
            f"ONNX Runtime must be able to run the network. Received: {in_words(failure)}. Export it again "
            "with standard operators."
        ) from failure


def _answers(session, taken: ImageInput):
    """Return a function from values (n, height, width, channels) to an array for each output."""
    (source,) = session.get_inputs()
    batch = source.shape[0] if isinstance(source.shape[0], int) else None
    kind = {"tensor(float16)": np.float16, "tensor(double)": np.float64, "tensor(uint8)": np.uint8}
    dtype = kind.get(source.type, np.float32)

    def run(values: np.ndarray) -> list[np.ndarray]:
        arranged = taken.arranged(values).astype(dtype)
        parts = [
            [each[: len(part)] for each in session.run(None, {source.name: filled(part, batch)})]
            for part in batches(arranged, batch)
        ]
        return [np.concatenate(each).astype(np.float32) for each in zip(*parts, strict=True)]

    return run
