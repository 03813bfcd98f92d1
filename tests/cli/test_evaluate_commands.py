"""Which checkpoint `evaluate` measures where none is named by its folder."""

from argparse import Namespace

import numpy as np
import pytest

from helpers.samples import image_file, photograph, write_class_folders
from helpers.small_checkpoints import promote_small, small_checkpoint
from siamese_core.checkpoints.checkpoint import save_checkpoint
from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.cli.evaluate_commands import evaluate_one_shot


@pytest.fixture
def workspace(tmp_path):
    """Slots of small checkpoints, and one for photographs in resnet50."""
    store = CheckpointStore(promote_small(tmp_path / "workspace", "koch", "resnet50"))
    checkpoint = small_checkpoint(7)
    checkpoint.card["domain"] = PHOTOGRAPHS
    saved = save_checkpoint(checkpoint, store.new_folder("small_cnn"), quantise=False)
    store.promote(saved.id, "resnet50")
    return tmp_path / "workspace"


@pytest.fixture
def photographs(tmp_path):
    """3 classes of 2 photographs."""
    rng = np.random.default_rng(0)
    for number in range(6):
        folder = tmp_path / "photos" / f"class{number // 2}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.png").write_bytes(image_file(photograph(rng)))
    return tmp_path / "photos"


def measured(workspace, data, encoder):
    options = Namespace(workspace=workspace, data=[data], encoder=encoder, checkpoint=None, baselines=False)
    options.n_way, options.k_shot, options.episodes, options.within_group, options.seed = 3, 1, 5, False, 0
    return evaluate_one_shot(options, lambda share, words: None).json["checkpoint"]


def test_photographs_are_measured_with_the_checkpoint_that_serves_them(workspace, photographs):
    store = CheckpointStore(workspace)
    assert measured(workspace, photographs, "resnet50") == store.current_id("resnet50", PHOTOGRAPHS)
    both = f"{store.current_id('koch')}+{store.current_id('resnet50', PHOTOGRAPHS)}"
    assert measured(workspace, photographs, "fused") == both


def test_drawings_are_measured_with_the_checkpoint_for_handwriting(workspace, tmp_path):
    drawings = write_class_folders(tmp_path / "drawings", np.random.default_rng(0))
    assert measured(workspace, drawings, "resnet50") == CheckpointStore(workspace).current_id("resnet50")
