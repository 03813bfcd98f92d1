"""An exported file says what the program says, or is not there."""

import json
import re
from dataclasses import replace

import keras
import numpy as np
import pytest
from PIL import Image

from helpers.paths import ROOT
from helpers.samples import texture
from helpers.small_checkpoints import small_checkpoint
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.checkpoints.store import SHIPPED
from siamese_core.errors import UserError
from siamese_core.exporting import checking
from siamese_core.exporting.exporting import export
from siamese_core.exporting.formats import FORMATS
from siamese_core.networks.heads import make_head

pytest.importorskip("onnx")
# TensorFlow's own reader of SavedModels, and its notice that the interpreter will move
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


def with_head(name: str) -> Checkpoint:
    checkpoint = small_checkpoint()
    head, blank = make_head(name), keras.ops.zeros((1, checkpoint.encoder.output_shape[-1]))
    head(blank, blank)
    return replace(checkpoint, head=head, card=replace(checkpoint.card, head=name))


def learned_cosine() -> Checkpoint:
    """A metric of drawn numbers, some exemplars in use."""
    checkpoint, rng = with_head("learnt_cosine"), np.random.default_rng(0)
    head = checkpoint.head
    head.power.assign(0.5)
    head.axes.assign(rng.normal(0, 0.1, head.axes.shape))
    head.signs.assign(rng.random(head.signs.shape))
    head.exemplars.assign(rng.normal(0, 1, head.exemplars.shape))
    head.known.assign(np.arange(head.known.shape[0]) < 5)
    return checkpoint


def with_cohort(checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint with a kept cohort, in which one of the images is that are checked."""
    cohort = [*(texture(40, 40, seed) for seed in range(50)), checking.sample_images()[3]]
    return checkpoint.normalised_alike(checkpoint.embed(cohort))


CHECKPOINTS = {
    "euclidean": small_checkpoint,
    "weighted L1, a cohort": lambda: with_cohort(with_head("weighted_l1")),
    "cosine": lambda: with_head("cosine"),
    "learned cosine, a cohort": lambda: with_cohort(learned_cosine()),
    "ink, turned and mirrored": lambda: small_checkpoint(preparation="ink", turns=(-8.0,), mirrored=True),
}


QUICK = ("weighted L1, a cohort", "learned cosine, a cohort")
SLOW = [pytest.param(name, marks=pytest.mark.soak) for name in CHECKPOINTS if name not in QUICK]


@pytest.mark.parametrize("name", [*QUICK, *SLOW])
def test_onnx_says_what_the_program_says(name, tmp_path):
    made = export(CHECKPOINTS[name](), "onnx", tmp_path / "small.onnx", quiet)
    assert made.largest_difference <= checking.EQUAL
    files = {"small.onnx", "small.embedding.onnx", "small.onnx.json"}
    assert {file.name for file in tmp_path.iterdir()} == files
    told = json.loads((tmp_path / "small.onnx.json").read_text())
    assert (told["threshold"], told["largest_difference"]) == (0.5, made.largest_difference)


@pytest.mark.parametrize(
    ("form", "name"), [("saved_model", "weighted L1, a cohort"), ("tflite", "ink, turned and mirrored")]
)
def test_tensorflows_formats_say_what_the_program_says(form, name, tmp_path):
    made = export(CHECKPOINTS[name](), form, tmp_path / "small", quiet)
    assert made.largest_difference <= checking.EQUAL
    description = "small/description.json" if form == "saved_model" else "small.json"
    assert json.loads((tmp_path / description).read_text())["size"] == [48, 48]


def test_a_file_that_says_something_else_is_not_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(checking, "EQUAL", -1.0)
    with pytest.raises(UserError, match=r"a similarity of 0\.\d+, where the program has 0\.\d+"):
        export(small_checkpoint(), "onnx", tmp_path / "small.onnx", quiet)
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "small.onnx.json").write_text("mine")
    with pytest.raises(UserError, match="small.onnx.json, which exists"):
        export(small_checkpoint(), "onnx", tmp_path / "small.onnx", quiet)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["mine"]


def test_the_example_of_the_readme_says_what_the_program_says(tmp_path, monkeypatch, capsys):
    checkpoint = small_checkpoint()
    export(checkpoint, "onnx", tmp_path / "network.onnx", quiet)
    images = [texture(60, 80, seed) for seed in (1, 2)]
    for name, image in zip(("left", "right"), images, strict=True):
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    text = (ROOT / "siamese_core" / "exporting" / "README.md").read_text("utf-8")
    code = re.search(r"^```python\n(.*?)^```", text, re.M | re.S).group(1)
    assert set(re.findall(r"^(?:import|from) (\w+)", code, re.M)) == {"json", "numpy", "onnxruntime", "PIL"}
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    left, right = checkpoint.embed(images)
    similarity = float(checkpoint.similarity(checkpoint.logits(left[None], right[None]))[0])
    assert abs(float(capsys.readouterr().out.split()[0]) - similarity) <= checking.EQUAL


@pytest.mark.soak
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("slot", ["koch", "resnet50"])
def test_a_shipped_checkpoint_says_the_same_in_every_format(slot, form, tmp_path):
    made = export(load_checkpoint(SHIPPED / slot), form, tmp_path / "out", quiet)
    assert made.largest_difference <= checking.EQUAL


def quiet(share: float, words: str) -> None:
    """Progress that nobody is told."""
