"""What a retraining tells, on results made by hand."""

import json
from dataclasses import replace

import numpy as np
import pytest

from siamese_core.answers.label_row import LabelRow
from siamese_core.evaluation.protocols import ProtocolResult, VerificationResult
from siamese_core.images.decoding import decode_image, image_id
from siamese_core.retraining.answered_pairs import AnsweredPairs
from siamese_core.retraining.holdout import Split
from siamese_core.retraining.judging.gate import Measured, judge
from siamese_core.retraining.options import RetrainOptions
from siamese_core.retraining.report import (
    SHOWN_CHANGES,
    THUMBNAIL,
    WORSENED,
    RetrainReport,
    write_report,
)

PAIRS = 40  # of which the last 20 judge
CONTRACT = {"encoder", "candidate", "parent", "labels", "holdout", "before", "after", "base_before"}
CONTRACT |= {"base_after", "fixed", "broken", "promoted", "reason", "seconds"}


def picture(number: int) -> np.ndarray:
    return np.full((200, 300, 3), number, np.uint8)


def answered(same: np.ndarray) -> AnsweredPairs:
    images = tuple(picture(number) for number in range(2 * PAIRS))
    ids = tuple(image_id(image) for image in images)
    left, right = np.arange(PAIRS), np.arange(PAIRS) + PAIRS
    rows = tuple(
        LabelRow(left_id=ids[a], right_id=ids[b], answer="same" if is_same else "different")
        for a, b, is_same in zip(left, right, same, strict=True)
    )
    holdout = np.arange(PAIRS) >= 20
    dropped = np.arange(PAIRS) == 0
    parts = Split(~holdout & ~dropped, holdout, dropped)
    identity = np.stack([left, right], axis=1)
    return AnsweredPairs(
        ids, images, left, right, same, np.ones(PAIRS), identity, parts, rows, 3, "last", dropped
    )


def measured(checkpoint: str, wrong: list[int], same: np.ndarray) -> Measured:
    right = ~np.isin(np.arange(20), wrong)
    similarity = np.where(right == same, 0.8, 0.3) + np.linspace(0, 0.1, 20)
    names = ("verification", "koch", checkpoint)
    base = ProtocolResult("one-shot", "koch", checkpoint, np.arange(400) >= 60, 1.0)
    return Measured(VerificationResult(*names, right, 1.0, similarity, same, 0.5), base)


def report(
    promote: str = "auto", promoted: bool = True, kinds: int = 2, wrong: tuple[int, ...] = (5,)
) -> RetrainReport:
    same = np.arange(PAIRS) % kinds == 0
    before = measured("koch-parent", list(range(1, 12)), same[20:])
    after = measured("koch-candidate", [0, *wrong], same[20:])
    ids = ("koch-parent", "koch-candidate")
    options = RetrainOptions(promote=promote)
    return RetrainReport(options, answered(same), ids, judge(before, after), promoted, 12.345)


def test_the_json_holds_the_contract_and_how_the_answers_were_parted():
    told = report().json()
    assert set(told) >= CONTRACT
    assert (told["encoder"], told["parent"], told["candidate"]) == ("koch", "koch-parent", "koch-candidate")
    assert (told["labels"], told["training"], told["holdout"], told["answers_dropped"]) == (40, 19, 20, 1)
    assert (told["holdout_same"], told["images_gone"]) == (10, 3)
    assert told["before"]["accuracy"] == 9 / 20 and told["after"]["accuracy"] == 18 / 20
    assert told["base_before"]["accuracy"] == told["base_after"]["accuracy"] == 0.85
    assert told["seconds"] == 12.3 and told["p"] == pytest.approx(0.0117, abs=1e-4)


def test_fixed_and_broken_pairs_are_named_with_what_was_said():
    made = report()
    told = made.json()
    assert len(told["fixed"]) == 10 and len(told["broken"]) == 1
    broken = told["broken"][0]
    assert broken["left"] == image_id(picture(20)) and broken["right"] == image_id(picture(60))
    assert broken["answer"] == "same" and broken["before"] > 0.5 > broken["after"]
    fixed = told["fixed"][0]
    assert fixed["left"] == image_id(picture(21)) and fixed["answer"] == "different"
    assert fixed["before"] > 0.5 > fixed["after"]


def test_both_roc_curves_are_told_from_corner_to_corner():
    for curve in report().json()["roc"].values():
        assert (curve["fpr"][0], curve["tpr"][0], curve["fpr"][-1], curve["tpr"][-1]) == (0, 0, 1, 1)


@pytest.mark.parametrize("kinds", [1, 2])
def test_the_json_has_no_number_that_json_does_not_know(kinds):
    told = report(kinds=kinds).json()
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_what_one_kind_of_pair_cannot_tell_is_left_open():
    made = report(promoted=False, kinds=1)
    told = made.json()
    assert told["roc"] == {"before": None, "after": None}
    assert told["after"]["eer"] is None and told["after"]["roc_auc"] is None
    assert made.markdown().count("cannot be told: one kind of pair only") == 4


@pytest.mark.parametrize(
    ("promote", "promoted", "words"),
    [
        ("auto", True, "It was promoted."),
        ("auto", False, "It was kept beside the parent."),
        ("never", False, "It was kept because it was asked for."),
        ("force", True, "It was promoted because it was asked for."),
    ],
)
def test_the_reason_says_what_was_found_and_what_was_done(promote, promoted, words):
    made = report(promote, promoted)
    assert made.reason == f"{made.judgement.reason} {words}"
    assert made.json()["reason"] == made.reason and made.reason in made.markdown()


def test_the_page_for_people_has_the_decision_the_numbers_and_the_pairs():
    text = report().markdown()
    assert "**Promoted.** Better: it fixed 10 and broke 1 of 20 pairs" in text
    assert "| right on the holdout | 45.0 % (25.8 to 65.8, 20) | 90.0 % (69.9 to 97.2, 20) |" in text
    assert "| base protocol | 85.0 % (81.2 to 88.2, 400) | 85.0 % (81.2 to 88.2, 400) |" in text
    assert "40 answers: 19 trained, 20 judged (10 of them same), 1 left out" in text
    assert "3 whose images are gone" in text
    assert "## Fixed: 10" in text and "## Broken: 1" in text
    shown = image_id(picture(20))
    assert f"- ![{shown[:8]}]({shown}.png)" in text
    assert "**Kept.**" in report(promoted=False).markdown()


def test_the_files_hold_the_report_and_small_images_of_its_pairs(tmp_path):
    made = report()
    write_report(made, tmp_path / "reports" / "one")
    folder = tmp_path / "reports" / "one"
    told = json.loads((folder / "report.json").read_text())
    assert told["options"] == {"encoder": "koch", "mode": "head", "promote": "auto", "seed": 0, "until": None}
    assert {name: told[name] for name in made.json()} == made.json()
    assert (folder / "report.md").read_text() == made.markdown()
    pairs = [*told["fixed"], *told["broken"]]
    assert {file.stem for file in folder.glob("*.png")} == {
        pair[s] for pair in pairs for s in ("left", "right")
    }
    small = decode_image(folder / f"{pairs[0]['left']}.png")
    assert small.shape == (64, THUMBNAIL, 3) and (small == picture(21)[0, 0]).all()


def test_a_report_may_be_written_again(tmp_path):
    write_report(report(), tmp_path)
    write_report(replace(report(), seconds=99.0), tmp_path)
    assert json.loads((tmp_path / "report.json").read_text())["seconds"] == 99.0


def test_the_pairs_that_changed_most_are_told_with_those_that_got_worse_last():
    made = report(wrong=(5, 7))
    changed = made.json()["changed"]
    assert len(changed) == SHOWN_CHANGES
    assert [pair["worse"] for pair in changed] == sorted(pair["worse"] for pair in changed)
    worse = [pair for pair in changed if pair["worse"]]
    assert 1 <= len(worse) <= WORSENED
    for pair in changed:
        towards = (pair["after"] - pair["before"]) * (1 if pair["answer"] == "same" else -1)
        assert (towards < 0) == pair["worse"]
        assert pair["same_before"] == (pair["before"] >= 0.5) and pair["same_after"] == (pair["after"] >= 0.5)


def test_images_of_changed_pairs_are_written(tmp_path):
    made = report()
    write_report(made, tmp_path)
    shown = {pair[side] for pair in made.json()["changed"] for side in ("left", "right")}
    assert shown <= {file.stem for file in tmp_path.glob("*.png")}
