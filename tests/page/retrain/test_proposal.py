"""Which slot Retrain proposes: one whose checkpoint knows the images that the answers are about."""

import gradio as gr
import pytest

from helpers.small_checkpoints import ship_small, small_checkpoint
from helpers.workspaces import noise
from siamese_core.answers.label_row import LabelRow
from siamese_core.checkpoints.checkpoint_files import save_checkpoint
from siamese_core.checkpoints.domains import HANDWRITING, PHOTOGRAPHS
from siamese_core.page.retrain.proposal import proposal
from siamese_core.page.retrain.tab import RetrainTab
from siamese_core.workspace.workbench import Workbench


@pytest.fixture
def workbench(workspace, tmp_path) -> Workbench:
    """A workspace whose first slot has seen handwriting only; its answers are about photographs."""
    shipped = ship_small(tmp_path / "shipped", "resnet50")
    known = small_checkpoint(5, trained_on=HANDWRITING)
    save_checkpoint(known, shipped / "koch", quantise=True)
    bench = Workbench(workspace, shipped)
    ids = [bench.images.add(image) for image in noise(4)]
    bench.log.append_many(
        [
            LabelRow(left_id=left, right_id=right, answer="same", source="page")
            for left, right in zip(ids[::2], ids[1::2], strict=True)
        ]
    )
    return bench


def test_the_slot_that_knows_the_answered_images_is_proposed(workbench):
    found = proposal(workbench, workbench.log.settled())
    assert (found.domain, found.slot, list(found.networks)) == (PHOTOGRAPHS, "resnet50", ["resnet50"])
    assert found.words == "Most of your answers are about photographs: small_cnn can learn from them."


def test_where_no_encoder_knows_the_images_it_is_said(workbench):
    folder = workbench.checkpoints.new_folder("small_cnn")
    known = save_checkpoint(small_checkpoint(6, trained_on=HANDWRITING), folder, quantise=True)
    workbench.checkpoints.promote(known.id, "resnet50")
    found = proposal(workbench, workbench.log.settled())
    assert found.slot == "koch" and "no encoder that serves has been trained on" in found.words


def test_without_answers_nothing_is_proposed(workbench):
    assert proposal(workbench, []) is None


def test_a_proposal_leaves_alone_what_the_person_chose(workbench):
    tab = RetrainTab(workbench)
    assert tab.propose("koch", "koch") == ("resnet50", "resnet50")
    assert tab.propose("koch", "resnet50") == (gr.skip(), "resnet50")
