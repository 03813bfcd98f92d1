"""What an answer appends to the log."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from helpers.workspaces import (
    ANNE,
    noise,
    pairs_of,
    promote_with_threshold,
    support,
)
from siamese_core.answers.corrections import Verdict
from siamese_core.checkpoints.encoder_files import ENCODER_FILE
from siamese_core.errors import UserError
from siamese_core.images.decoding import image_id
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.recording import Annotator, Shown
from siamese_core.workspace.workbench import Workbench


def test_an_answer_is_a_row_with_what_both_slots_said(workbench, pair):
    said = {each.encoder: each for each in workbench.compare(*noise(2)).comparisons}
    shown = Shown("queue", "random_audit", probability=0.125, milliseconds=1500, note="-1 smudged")
    label_id = workbench.answer(*pair, "same", ANNE, shown)
    (row,) = workbench.log.rows()
    assert row.label_id == label_id and row.event == "label" and row.created_at
    assert (row.annotator, row.session_id, row.source) == ("Anne", "session 1", "page")
    assert (row.left_id, row.right_id, row.answer) == (*pair, "same")
    assert (row.task, row.reason, row.note) == ("queue", "random_audit", "-1 smudged")
    assert float(row.probability) == 0.125 and float(row.milliseconds) == 1500
    assert row.koch_checkpoint == said["koch"].checkpoint
    assert float(row.koch_similarity) == said["koch"].similarity
    assert float(row.resnet50_similarity) == said["resnet50"].similarity
    assert float(row.koch_threshold) == float(row.resnet50_threshold) == 0.5
    assert row.resnet50_checkpoint == said["resnet50"].checkpoint != row.koch_checkpoint


def test_what_the_slots_said_when_the_pair_was_asked_is_logged_and_decides_on_the_correction(workbench, pair):
    said = (
        Verdict("koch", "koch-then", 0.2, 0.6, False),
        Verdict("resnet50", "resnet50-then", 0.9, 0.6, True),
    )
    shown = Shown("queue", "uncertain", 0.5, verdicts=said, label_id="a" * 32)
    assert workbench.answer(*pair, "same", ANNE, shown) == "a" * 32
    assert workbench.answer(*pair, "same", ANNE, shown) == "a" * 32  # sent again
    (row,) = workbench.log.rows()
    assert (row.koch_checkpoint, row.koch_similarity, row.koch_threshold) == ("koch-then", "0.2", "0.6")
    assert (row.resnet50_checkpoint, row.correction) == ("resnet50-then", "1")


def test_an_image_that_is_gone_cannot_be_answered_about(workbench, pair):
    said = (Verdict("koch", "koch-then", 0.2, 0.6, False),)
    with pytest.raises(UserError, match="must be in the workspace"):
        workbench.answer(pair[0], "0" * 64, "same", ANNE, Shown("queue", verdicts=said))
    assert workbench.log.rows() == []


def test_what_was_not_told_of_an_answer_stays_empty(workbench, pair):
    workbench.answer(*pair, "unsure", Annotator("api user", source="api"))
    (row,) = workbench.log.rows()
    assert (row.task, row.reason, row.source) == ("compare", "uploaded", "api")
    assert (row.probability, row.milliseconds, row.note, row.group_id, row.session_id) == ("",) * 5


def test_a_correction_contradicts_at_least_one_encoder(workbench, pair):
    cases = {
        (0.0, 0.0): {"same": "0", "different": "1"},
        (0.0, 1.0): {"same": "1", "different": "1", "unsure": "0"},
        (1.0, 1.0): {"different": "0"},
    }
    for thresholds, corrections in cases.items():
        for slot, threshold in zip(SLOTS, thresholds, strict=True):
            promote_with_threshold(workbench, slot, threshold)
        for answer, correction in corrections.items():
            workbench.answer(*pair, answer, ANNE)
            assert workbench.log.rows()[-1].correction == correction, (thresholds, answer)
            assert workbench.status()["corrections"] == int(correction), "only the latest answer stands"


def test_an_answer_tells_the_checkpoint_of_its_moment(workbench, pair):
    workbench.answer(*pair, "same", ANNE)
    promoted = promote_with_threshold(workbench, "koch", 0.25)
    workbench.answer(*pair, "same", ANNE)
    before, after = workbench.log.rows()
    assert before.koch_checkpoint != after.koch_checkpoint == promoted
    assert after.koch_threshold == "0.25"


def test_an_answer_is_kept_though_a_slot_cannot_serve(workspace, shipped, tmp_path):
    broken = Path(shutil.copytree(shipped, tmp_path / "shipped"))
    (broken / "resnet50" / ENCODER_FILE).write_bytes(b"half")
    workbench = Workbench(workspace, broken)
    left, right = (workbench.images.add(image) for image in noise(2))
    workbench.answer(left, right, "same", ANNE)
    (row,) = workbench.log.rows()
    assert row.koch_similarity and row.answer == "same"
    assert (row.resnet50_checkpoint, row.resnet50_similarity, row.resnet50_threshold) == ("", "", "")


@pytest.mark.parametrize("answer", ["", "Same", "yes", "same "])
def test_an_answer_that_is_none_is_refused(workbench, pair, answer):
    with pytest.raises(UserError, match="same, different, unsure"):
        workbench.answer(*pair, answer, ANNE)
    assert workbench.log.rows() == []


@pytest.mark.parametrize("unknown", ["", "0" * 64, "../../etc/passwd", "é" * 64])
def test_an_unknown_image_is_refused(workbench, pair, unknown):
    for ids in ((pair[0], unknown), (unknown, pair[0])):
        with pytest.raises(UserError):
            workbench.answer(*ids, "same", ANNE)
    assert workbench.log.rows() == []


def test_the_same_image_twice_is_refused(workbench, pair):
    with pytest.raises(UserError, match="same image twice"):
        workbench.answer(pair[0], pair[0], "same", ANNE)
    assert workbench.log.rows() == []


# One-shot answers


def one_shot_with_pick(workbench: Workbench):
    """A result in which both encoders pick one class, and that class."""
    query = noise(1)[0]
    given = support("alpha", "beta", "gamma")
    near = query.copy()
    near[0, 0] ^= 255
    result = workbench.one_shot(query, [*given, ("near", near)])
    assert {each.pick for each in result.rankings} == {"near"}
    return result


def test_the_right_pick_gives_one_positive_pair(workbench):
    result = one_shot_with_pick(workbench)
    label_ids = workbench.answer_one_shot(result, "near", ANNE, milliseconds=900)
    (row,) = workbench.log.rows()
    assert label_ids == [row.label_id]
    assert pairs_of([row]) == [(result.query_id, result.support[3][1], "same")]
    assert (row.task, row.annotator) == ("one_shot", "Anne") and float(row.milliseconds) == 900
    assert row.group_id


def test_a_wrong_pick_of_both_gives_a_positive_and_one_negative_pair(workbench):
    result = one_shot_with_pick(workbench)
    label_ids = workbench.answer_one_shot(result, "beta", ANNE)
    rows = workbench.log.rows()
    assert label_ids == [row.label_id for row in rows]
    assert pairs_of(rows) == [
        (result.query_id, result.support[1][1], "same"),
        (result.query_id, result.support[3][1], "different"),
    ]
    assert len({row.group_id for row in rows}) == 1
    assert all(row.koch_similarity and row.resnet50_similarity for row in rows)


def test_different_wrong_picks_give_a_negative_pair_each(workbench):
    rng = np.random.default_rng(3)
    for _ in range(60):
        query, *images = rng.integers(0, 256, (7, 40, 40, 3), dtype=np.uint8)
        result = workbench.one_shot(query, list(zip("abcdef", images, strict=True)))
        picks = [each.pick for each in result.rankings]
        if len(set(picks)) == 2:
            break
    assert len(set(picks)) == 2
    right = next(name for name in "abcdef" if name not in picks)
    workbench.answer_one_shot(result, right, ANNE)
    ids = dict(result.support)
    assert pairs_of(workbench.log.rows()) == [
        (result.query_id, ids[right], "same"),
        *((result.query_id, ids[pick], "different") for pick in picks),
    ]
    groups = {row.group_id for row in workbench.log.rows()}
    workbench.answer_one_shot(result, right, ANNE)
    assert len({row.group_id for row in workbench.log.rows()} - groups) == 1


def test_none_of_these_gives_a_negative_pair_with_the_pick(workbench):
    result = one_shot_with_pick(workbench)
    workbench.answer_one_shot(result, None, ANNE)
    assert pairs_of(workbench.log.rows()) == [(result.query_id, result.support[3][1], "different")]


def test_of_several_images_of_a_class_the_nearest_makes_the_pair(workbench):
    query = noise(1)[0]
    near = query.copy()
    near[0, 0] ^= 255
    far = noise(4, seed=8)
    result = workbench.one_shot(query, [("a", far[0]), ("a", near), ("a", far[1]), ("b", far[2])])
    workbench.answer_one_shot(result, "a", ANNE)
    assert workbench.log.rows()[0].right_id == image_id(near)


def test_a_query_that_is_in_the_support_set_is_never_paired_with_itself(workbench):
    query, other, third = noise(3)
    result = workbench.one_shot(query, [("a", query), ("a", other), ("b", third)])
    workbench.answer_one_shot(result, "a", ANNE)
    assert pairs_of(workbench.log.rows()) == [(image_id(query), image_id(other), "same")]
    alone = workbench.one_shot(query, [("a", query), ("b", third)])
    with pytest.raises(UserError, match="two different images"):
        workbench.answer_one_shot(alone, "a", ANNE)
    assert len(workbench.log.rows()) == 1


def test_a_class_that_is_not_there_is_refused_with_the_choices(workbench):
    result = one_shot_with_pick(workbench)
    with pytest.raises(UserError, match="alpha, beta, gamma, near"):
        workbench.answer_one_shot(result, "delta", ANNE)
    assert workbench.log.rows() == []
