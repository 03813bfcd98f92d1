"""What is familiar to an encoder is kept beside it, and its children know it too."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.small_checkpoints import small_checkpoint
from siamese_core.checkpoints.checkpoint_files import load_checkpoint, save_checkpoint
from siamese_core.checkpoints.familiarity_file import FAMILIARITY_FILE, read_familiarity, write_familiarity
from siamese_core.errors import UserError
from siamese_core.metric_learning.familiarity import Familiarity, fit_familiarity


def familiarity(dim: int) -> Familiarity:
    rng = np.random.default_rng(0)
    known, foreign = rng.normal(size=(80, dim)), 0.1 * rng.normal(size=(60, dim))
    found = fit_familiarity(known, foreign, np.ones(dim), unit=False, rank=6)
    return replace(found, limit=3.0, trust_weights=np.array([1.0, -0.5, -2.0, 0.0]))


def test_what_is_written_is_read(tmp_path):
    rows = np.random.default_rng(1).normal(size=(30, 20))
    written = familiarity(20)
    write_familiarity(tmp_path / FAMILIARITY_FILE, written)
    read = read_familiarity(tmp_path / FAMILIARITY_FILE)
    assert (read.limit, read.unit) == (3.0, False)
    np.testing.assert_allclose(read.distance(rows), written.distance(rows), rtol=0.02, atol=0.2)
    np.testing.assert_allclose(read.trust(rows), written.trust(rows), atol=0.05)


def test_the_classes_of_its_training_are_kept(tmp_path):
    classes = np.random.default_rng(3).normal(size=(7, 20))
    written = replace(familiarity(20), class_weights=classes, trust_weights=np.array([0.0, 0.0, 0.0, 0.5]))
    write_familiarity(tmp_path / FAMILIARITY_FILE, written)
    rows = np.random.default_rng(1).normal(size=(30, 20))
    trusted = read_familiarity(tmp_path / FAMILIARITY_FILE).trust(rows)
    np.testing.assert_allclose(trusted, written.trust(rows), atol=0.01)


def test_without_a_file_nothing_is_known(tmp_path):
    assert read_familiarity(tmp_path / FAMILIARITY_FILE) is None


@pytest.mark.parametrize("content", [b"", b"PK", b"\x80\x04}."])
def test_a_damaged_file_is_named(tmp_path, content):
    file = tmp_path / FAMILIARITY_FILE
    file.write_bytes(content)
    with pytest.raises(UserError, match=FAMILIARITY_FILE):
        read_familiarity(file)


def test_a_checkpoint_keeps_it_and_hands_it_to_a_child_of_its_encoder(tmp_path):
    parent = small_checkpoint(0)
    dim = parent.encoder.output_shape[-1]
    parent.familiarity = familiarity(dim)
    saved = save_checkpoint(parent, tmp_path / "parent", quantise=False)
    child = replace(saved, card=saved.card.inherited(saved.id))
    save_checkpoint(child, tmp_path / "child", quantise=False, encoder_of=tmp_path / "parent")
    rows = np.random.default_rng(2).normal(size=(10, dim)).astype(np.float32)
    for name in ("parent", "child"):
        loaded = load_checkpoint(tmp_path / name)
        np.testing.assert_array_equal(loaded.is_foreign(rows), saved.is_foreign(rows))
        assert loaded.familiarity.limit == 3.0


def test_what_answers_or_a_cohort_calibrated_is_trusted():
    checkpoint = small_checkpoint(0)
    dim = checkpoint.encoder.output_shape[-1]
    rows = np.random.default_rng(2).normal(size=(80, dim)).astype(np.float32)
    assert (checkpoint.trust(rows) == 1).all()
    checkpoint.familiarity = replace(familiarity(dim), trust_weights=np.array([-1e6, 0.0, 0.0, 0.0]))
    assert (checkpoint.trust(rows) < 0.02).all()
    assert (checkpoint.normalised(rows).trust(rows) == 1).all()
    checkpoint.note(answers={"trained": 20})
    assert (checkpoint.trust(rows) == 1).all()


@pytest.mark.parametrize(("trust", "own"), [(20.0, True), (-20.0, False)])
def test_beside_a_cohort_that_it_knows_its_own_calibration_counts(trust, own):
    checkpoint = small_checkpoint(0)
    dim = checkpoint.encoder.output_shape[-1]
    rows = np.random.default_rng(2).normal(size=(80, dim)).astype(np.float32)
    checkpoint.familiarity = replace(familiarity(dim), trust_weights=np.array([trust, 0.0, 0.0, 0.0]))
    found = checkpoint.normalised(rows)
    of_cohort, of_own = (
        found.normalisation.calibration(),
        found.normalisation.unfolded(checkpoint.calibration),
    )
    assert found.calibration.slope == pytest.approx((of_own if own else of_cohort).slope, rel=1e-3)
