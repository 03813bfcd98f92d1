"""Write a checkpoint as ONNX: one file from two images to their similarity, one from images to embeddings."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from siamese_core.exporting.comparison import comparison
from siamese_core.exporting.description import EMBEDDING, IMAGES, LEFT, RIGHT, SIMILARITY, Exported
from siamese_core.exporting.fitting import fitted
from siamese_core.exporting.onnx_values import OnnxOperations
from siamese_core.exporting.running import Running
from siamese_core.networks.kept_network import onnx_session
from siamese_core.networks.onnx_export import write_function, written_model
from siamese_core.networks.onnx_writer import GraphWriter


def embedding_file(path: Path) -> Path:
    """Return the file of the embedding alone: `koch.embedding.onnx` for `koch.onnx`."""
    return path.with_name(f"{path.stem}.embedding.onnx")


def write_onnx(exported: Exported, path: Path) -> None:
    """Write both files, each with the description in its metadata."""
    writer = GraphWriter()
    embeddings = _embedded(exported, writer, (IMAGES,))
    _save(exported, writer, (IMAGES,), (EMBEDDING, embeddings), embedding_file(path))
    writer, dim = GraphWriter(), exported.dim
    left, right = _halves(writer, _embedded(exported, writer, (LEFT, RIGHT)))
    sides = {left: (None, dim), right: (None, dim)}
    similarity = write_function(writer.beside(), comparison(exported.checkpoint), sides)
    _save(exported, writer, (LEFT, RIGHT), (SIMILARITY, similarity), path)


def run_onnx(path: Path) -> Running:
    """Return both files as ONNX Runtime runs them."""
    pair, alone = onnx_session(path), onnx_session(embedding_file(path))
    return Running(
        lambda left, right: pair.run(None, {LEFT: left, RIGHT: right})[0],
        lambda images: alone.run(None, {IMAGES: images})[0],
    )


def _embedded(exported: Exported, writer: GraphWriter, inputs: Sequence[str]) -> str:
    """Write from images of each input to the embeddings of all, one after the other; return their name."""
    checkpoint = exported.checkpoint
    spec, encoder = checkpoint.card.embedding, checkpoint.encoder
    prepared = [fitted(OnnxOperations(writer), each, spec) for each in inputs]
    whole = prepared[0] if len(prepared) == 1 else writer.add("Concat", prepared, axis=0)
    sides = {whole: (None, *encoder.input_shape[1:])}
    return write_function(writer.beside(), lambda images: encoder(images, training=False), sides)


def _halves(writer: GraphWriter, embeddings: str) -> tuple[str, str]:
    """Return the names of the embeddings of the left and of the right images, as many each."""
    count = writer.add("Shape", [LEFT], start=0, end=1)
    first, last = (writer.weight(np.array([place])) for place in (0, np.iinfo(np.int64).max))
    axis = writer.weight(np.array([0]))
    return tuple(
        writer.add("Slice", [embeddings, start, end, axis]) for start, end in ((first, count), (count, last))
    )


def _save(
    exported: Exported, writer: GraphWriter, inputs: Sequence[str], output: tuple[str, str], path: Path
) -> None:
    """Write the file. output: its name, and that of the tensor in the graph."""
    import onnx
    from onnx import TensorProto, helper

    name, tensor = output
    writer.nodes.append(helper.make_node("Identity", [tensor], [name]))
    images = [
        helper.make_tensor_value_info(each, TensorProto.UINT8, ["n", f"{each}_height", f"{each}_width", 3])
        for each in inputs
    ]
    shape = ["n"] if name == SIMILARITY else ["n", exported.dim]
    result = helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    model = written_model(writer, f"siamese_{name}", images, [result])
    told = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in exported.described().items()
    }
    helper.set_model_props(model, told)
    onnx.save(model, path)
