"""What checkpoints say now of answered pairs, with small real checkpoints."""

import time
from dataclasses import replace

import numpy as np
import pytest

from helpers.samples import alphabet
from helpers.small_checkpoints import ship_small
from siamese_core.answers.label_row import LabelRow
from siamese_core.checkpoints.checkpoint_files import load_checkpoint, save_checkpoint
from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.metrics import Calibration, verdict_log_odds
from siamese_core.review.rescoring import SecondLook
from siamese_core.workspace.recording import Annotator
from siamese_core.workspace.workbench import Workbench


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    return ship_small(tmp_path_factory.mktemp("shipped"), "koch", "resnet50")


@pytest.fixture
def bench(workspace, shipped) -> Workbench:
    return Workbench(workspace, shipped)


@pytest.fixture
def answered(bench) -> list[str]:
    """Ids of four drawings; the first two and the next two are answered."""
    drawn = alphabet(np.random.default_rng(0), 2, 2, 64).reshape(4, 64, 64, 3)
    ids = [bench.images.add(image) for image in drawn]
    for left, right in ((0, 1), (2, 3)):
        bench.log.append(LabelRow(left_id=ids[left], right_id=ids[right], answer="same", annotator="Ada"))
    return ids


def test_both_encoders_are_asked_and_say_what_they_say_on_the_page(bench, answered):
    look = SecondLook(bench)
    look.work(bench.log.rows())
    assert len(look.verdict_log_odds) == 2 and look.version == 1
    pair = tuple(sorted(answered[:2]))
    said = bench.matcher.compare(*(bench.images.read(each) for each in pair))
    expected = {each.checkpoint: verdict_log_odds(each.similarity, each.threshold) for each in said}
    assert look.verdict_log_odds[pair] == pytest.approx(expected, abs=1e-4) and len(expected) == 2


def test_another_head_on_the_same_encoder_is_asked_without_embedding(bench, answered, monkeypatch):
    folder = bench.checkpoints.current_folder("koch")
    other = load_checkpoint(folder)
    other.calibration = Calibration(2 * other.calibration.slope, 2 * other.calibration.intercept)
    new = bench.checkpoints.new_folder("small_cnn")
    saved = save_checkpoint(other, new, quantise=True, encoder_of=folder)
    look = SecondLook(bench)
    look.work(bench.log.rows())
    for said in look.verdict_log_odds.values():
        assert len(said) == 3 and said[saved.id] == pytest.approx(
            2 * said[bench.checkpoints.current_id("koch")]
        )


def test_a_checkpoint_that_does_not_know_the_images_casts_no_doubt(bench, answered, monkeypatch):
    koch = bench.matcher.checkpoint("koch")
    monkeypatch.setattr(koch, "card", replace(koch.card, trained_on=PHOTOGRAPHS))  # these are drawings
    look = SecondLook(bench)
    look.work(bench.log.rows())
    assert [list(said) for said in look.verdict_log_odds.values()] == [
        [bench.checkpoints.current_id("resnet50")]
    ] * 2


def test_pairs_whose_image_is_gone_or_unsure_are_passed_over(bench, answered):
    bench.images.path(answered[3]).unlink()
    bench.log.append(LabelRow(left_id=answered[0], right_id=answered[2], answer="unsure"))
    look = SecondLook(bench)
    look.work(bench.log.rows())
    assert list(look.verdict_log_odds) == [tuple(sorted(answered[:2]))]


def test_it_works_in_the_background_once_for_the_same_log(bench, answered):
    look = SecondLook(bench)
    for _ in range(3):
        look.start(bench.log.rows())
    wait_for(look, 1)
    rows = bench.log.rows()
    look.start(rows)  # what serves has been loaded since
    wait_for(look, 2)
    look.start(rows)
    assert look.share is None and look.version == 2
    bench.undo(rows[0].label_id, Annotator("Ada"))
    look.start(bench.log.rows())
    wait_for(look, 3)


def wait_for(look: SecondLook, version: int) -> None:
    deadline = time.monotonic() + 60
    while (look.version < version or look.share is not None) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert look.version == version
