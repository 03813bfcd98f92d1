"""From answers to a promoted checkpoint, in real workspaces with small networks in both slots.

Both are a small_cnn that says "same" of nearly every pair, so that any true answers make it better at once;
the one in the slot koch has a head with weights.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import siamese_core
from helpers.samples import draw_program, stroke_program
from helpers.small_checkpoints import small_checkpoint
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import PairLog
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import load_checkpoint, save_checkpoint
from siamese_core.checkpoints.encoder_files import ENCODER_FILE
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.errors import UserError
from siamese_core.images.decoding import image_id
from siamese_core.images.store import ImageStore
from siamese_core.metrics import Calibration
from siamese_core.networks.heads import make_head
from siamese_core.retraining.options import RetrainOptions
from siamese_core.retraining.replay import Replay
from siamese_core.retraining.report import RetrainReport
from siamese_core.retraining.retrain import retrain
from siamese_core.workspace.workbench import Workbench

CHARACTERS = 40
CONTRACT = ["encoder", "candidate", "parent", "labels", "holdout", "before", "after", "base_before"]
CONTRACT += ["base_after", "fixed", "broken", "promoted", "reason", "seconds"]
EASY = RetrainOptions("resnet50")


def agreeable(seed: int = 0) -> Checkpoint:
    """Its calibration calls nearly every pair the same."""
    checkpoint = small_checkpoint(seed)
    slope, intercept = checkpoint.calibration.slope, checkpoint.calibration.intercept
    checkpoint.calibration = Calibration(slope, intercept + 6)
    return checkpoint


def weighted() -> Checkpoint:
    checkpoint = agreeable()
    checkpoint.note(head="weighted_l1")
    checkpoint.head = make_head("weighted_l1")
    checkpoint.head.build((None, 128), (None, 128))
    return checkpoint


@pytest.fixture(scope="module")
def shipped(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("shipped")
    save_checkpoint(weighted(), folder / "koch", quantise=True)
    save_checkpoint(agreeable(), folder / "resnet50", quantise=True)
    return folder


@pytest.fixture(scope="module")
def drawings(tmp_path_factory) -> tuple[Path, list[list[str]]]:
    """A folder of stored drawings, and their ids: four much alike of each character."""
    store, rng = ImageStore(tmp_path_factory.mktemp("drawings")), np.random.default_rng(0)
    programs = [stroke_program(rng) for _ in range(CHARACTERS)]
    return store.folder, [
        [store.add(draw_program(each, rng, 40, jitter=0.2)) for _ in range(4)] for each in programs
    ]


@pytest.fixture
def workbench(workspace, shipped, drawings) -> Workbench:
    shutil.copytree(drawings[0], workspace / "images", copy_function=os.link)
    return Workbench(workspace, shipped)


def true_answers(ids: list[list[str]], characters: int = CHARACTERS) -> list[LabelRow]:
    """Two answers a character, one of each kind, every pair with images of its own."""
    rows = []
    for number in range(characters):
        other = ids[(number + 1) % CHARACTERS]
        pairs = ((ids[number][0], ids[number][1], "same"), (ids[number][2], other[3], "different"))
        rows += [
            LabelRow(label_id=f"{answer} {number}", annotator="Anne", left_id=a, right_id=b, answer=answer)
            for a, b, answer in pairs
        ]
    return rows


def random_answers(ids: list[list[str]], seed: int) -> list[LabelRow]:
    coins = np.random.default_rng(seed).random(2 * CHARACTERS) < 0.5
    return [
        replace(row, answer="same" if coin else "different")
        for row, coin in zip(true_answers(ids), coins, strict=True)
    ]


@pytest.fixture
def answered(workbench, drawings) -> Workbench:
    workbench.log.append_many(true_answers(drawings[1]))
    return workbench


def served(workbench: Workbench, slot: str) -> str:
    return workbench.matcher.compare(*pictures(workbench), [slot])[0].checkpoint


def pictures(workbench: Workbench) -> list[np.ndarray]:
    return [workbench.images.read(stored_id) for stored_id in workbench.images.ids()[:2]]


# from answers to what serves


FULL = RetrainOptions("resnet50", mode="full")


@pytest.mark.parametrize("options", [RetrainOptions("koch"), pytest.param(FULL, marks=pytest.mark.soak)])
def test_a_candidate_that_is_clearly_better_serves_without_a_restart(answered, options):
    slot, parent, told = options.encoder, served(answered, options.encoder), []
    report = retrain(answered, options, lambda *progress: told.append(progress))
    assert report.promoted and report.reason.startswith("Better: it fixed ")
    assert report.reason.endswith("It was promoted.")
    before, after = (each.holdout for each in (report.judgement.before, report.judgement.after))
    assert after.correct.mean() > before.correct.mean() + 0.2
    assert report.checkpoints == (parent, served(answered, slot))
    assert parent != served(answered, slot) == answered.checkpoints.current_id(slot)
    card = answered.matcher.checkpoint(slot).card
    assert (card.steps is not None, bool(card.learning or card.adaptation)) == (options.mode == "full", True)
    assert answered.checkpoints.rollback(slot) == parent == served(answered, slot)
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and told[-1] == (1.0, report.reason)


@pytest.fixture(scope="module")
def judged(shipped, drawings, tmp_path_factory) -> tuple[Workbench, RetrainReport]:
    """A retraining that several tests look at. Change nothing."""
    workspace = tmp_path_factory.mktemp("judged")
    shutil.copytree(drawings[0], workspace / "images", copy_function=os.link)
    workbench = Workbench(workspace, shipped)
    workbench.log.append_many(true_answers(drawings[1]))
    return workbench, retrain(workbench, EASY)


def test_the_json_is_the_contracts(judged):
    told = judged[1].json()
    assert list(told)[: len(CONTRACT)] == CONTRACT
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert (told["labels"], told["holdout"], told["training"]) == (80, 24, 56)
    for name in ("before", "after"):
        assert told[name]["trials"] == 24 and len(told[name]["ci95"]) == 2
        assert {"accuracy", "eer", "roc_auc", "ece"} <= set(told[name])
        assert told[f"base_{name}"]["trials"] == 400
    assert {"left", "right", "answer", "before", "after"} == set(told["fixed"][0])
    assert told["seconds"] > 0


def test_the_reports_are_written_with_the_images_they_show(judged):
    workbench, report = judged
    folder = workbench.workspace / "reports" / report.checkpoints[1]
    assert json.loads((folder / "report.json").read_text()) == report.json() | {
        "options": {"encoder": "resnet50", "mode": "head", "promote": "auto", "seed": 0, "until": None}
    }
    assert (folder / "report.md").read_text() == report.markdown()
    pairs = [*report.json()["fixed"], *report.json()["broken"], *report.json()["changed"]]
    shown = {pair[side] for pair in pairs for side in ("left", "right")}
    assert shown and {file.stem for file in folder.glob("*.png")} == shown


def test_the_card_of_a_candidate_tells_its_own_story(judged):
    workbench, report = judged
    card = load_checkpoint(workbench.checkpoints.folder(report.checkpoints[1])).card
    assert card.parent == report.checkpoints[0] and card.mode == "head" and card.seed == 0
    assert card.answers["training"] == 56 and card.answers["holdout"] == 24
    assert card.answers["until"] == "different 39"
    assert card.metrics["holdout"] == report.json()["after"]
    assert card.metrics["base"]["ci95"] == report.json()["base_after"]["ci95"]


def test_in_mode_head_the_encoder_is_stored_once(judged):
    workbench, report = judged
    files = [workbench.checkpoints.folder(each) / ENCODER_FILE for each in report.checkpoints]
    assert files[0].samefile(files[1])


def test_what_serves_learned_as_what_was_judged_did_but_from_the_holdout_too(judged):
    workbench, report = judged
    card = load_checkpoint(workbench.checkpoints.folder(report.checkpoints[1])).card
    assert card.head == "learnt_cosine" and card.learning["answers"] == 80
    for pair in report.json()["fixed"]:
        images = (workbench.images.read(pair[side]) for side in ("left", "right"))
        said = workbench.matcher.compare(*images, ["resnet50"])[0]
        assert said.checkpoint == report.checkpoints[1]
        assert said.same == (pair["answer"] == "same")


# kept


def test_random_labels_are_kept_out_unless_promotion_is_forced(workbench, drawings, tmp_path):
    for seed, promote in enumerate(("auto", "auto", "force")):
        log = PairLog(tmp_path / f"{seed}.csv")
        log.append_many(random_answers(drawings[1], seed))
        parent = served(workbench, "resnet50")
        report = retrain(workbench, replace(EASY, seed=seed, promote=promote), log=log)
        assert report.checkpoints[0] == parent and not report.judgement.better
        if promote == "auto":
            assert not report.promoted and report.reason.startswith("Not better: ")
            assert parent == served(workbench, "resnet50")
    assert report.promoted and "promoted because it was asked for" in report.reason
    assert report.checkpoints[1] == served(workbench, "resnet50")


def test_a_handful_of_answers_is_kept_with_the_reason_in_words(workbench, drawings):
    workbench.log.append_many(true_answers(drawings[1], 4))
    report = retrain(workbench, EASY)
    assert "the holdout has 2 pairs and needs 12: answer more" in report.reason
    assert report.reason.endswith("It was kept beside the parent.") and not report.promoted
    json.dumps(report.json(), allow_nan=False)
    assert "2 judged" in report.markdown()


# what it learns from


@pytest.mark.soak
def test_the_same_seed_and_the_same_part_of_the_log_give_the_same_checkpoint(answered, judged, drawings):
    first = judged[1]
    rows = true_answers(drawings[1])
    answered.log.undo(rows[3].label_id, "Anne", "")
    answered.log.append(replace(rows[4], label_id="changed", answer="different"))
    options = replace(EASY, promote="never", until=first.answered.until)
    assert retrain(answered, options).checkpoints == first.checkpoints
    assert retrain(answered, replace(options, seed=1)).checkpoints[1] != first.checkpoints[1]


@pytest.mark.soak
def test_never_keeps_what_is_better_and_the_base_protocol_is_embedded_once(answered, shipped, monkeypatch):
    parent = served(answered, "resnet50")
    first = retrain(answered, replace(EASY, promote="never"))
    assert not first.promoted and first.judgement.better and "kept because it was asked for" in first.reason
    assert first.checkpoints[0] == parent == served(answered, "resnet50")
    assert first.checkpoints[1] in {info.id for info in answered.checkpoints.list()}
    base, prepared, told, prepare = {image_id(each) for each in Replay().images}, [], [], Checkpoint.prepare

    def noted(checkpoint: Checkpoint, image: np.ndarray) -> np.ndarray:
        prepared.append(image_id(image))
        return prepare(checkpoint, image)

    monkeypatch.setattr(Checkpoint, "prepare", noted)
    later = Workbench(answered.workspace, shipped)  # with nothing in memory
    again = retrain(later, EASY, lambda share, words: told.append((share, words)))
    assert (again.judgement.before.base.correct == first.judgement.before.base.correct).all()
    assert prepared and not base & set(prepared)
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    assert any("images of the base protocol, 32 done" in words for _, words in told)


def test_answers_whose_images_are_gone_are_left_out_and_told(answered, drawings):
    for hands in drawings[1][:5]:
        answered.images.path(hands[0]).unlink()
    report = retrain(answered, EASY)
    assert report.json()["images_gone"] == 5 and report.json()["labels"] == 75
    assert "5 whose images are gone" in report.markdown()


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (slice(0, 7), "at least 8 answers.*Received: 4 same, 3 different"),
        (slice(0, None, 2), "some same and some different.*Received: 40 same, 0 different"),
        (slice(0, 0), "Received: 0 same, 0 different"),
    ],
)
def test_too_few_answers_or_one_kind_is_told_before_anything_is_loaded(workbench, drawings, chosen, words):
    rows = true_answers(drawings[1])[chosen]
    if rows:
        workbench.log.append_many(rows)
    with pytest.raises(UserError, match=words):
        retrain(workbench, EASY)
    assert workbench.matcher.served_id("resnet50") is None
    assert not workbench.checkpoints.own_folder.exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (replace(EASY, mode="both"), "mode is one of head, full. Received: 'both'"),
        (replace(EASY, promote="yes"), "promote is one of auto, never, force. Received: 'yes'"),
        (RetrainOptions("vgg"), "Received: 'vgg'"),
        (RetrainOptions("face_cnn"), "face_cnn, for which there is none yet"),
        (replace(EASY, until="nobody"), "Received: nobody"),
    ],
)
def test_options_that_make_no_sense_are_refused(answered, options, words):
    with pytest.raises(UserError, match=words):
        retrain(answered, options)


# several at once, and cut off


class Enough(Exception):
    """Ends a retraining whose rest is of no interest."""


def test_a_second_retraining_at_the_same_time_is_told(answered):
    other = Workbench(answered.workspace, answered.checkpoints.shipped_folder)

    def meanwhile(share: float, text: str) -> None:
        if "fitting" in text:
            with pytest.raises(UserError, match="One retraining at a time"):
                retrain(other, EASY)

            raise Enough

    with pytest.raises(Enough):
        retrain(answered, EASY, meanwhile)


def test_a_checkpoint_promoted_meanwhile_is_not_overruled(answered):
    store = answered.checkpoints
    rival = save_checkpoint(small_checkpoint(7), store.new_folder("small_cnn"), quantise=True).id

    def meanwhile(share: float, text: str) -> None:
        if "judging" in text and store.current_id("resnet50") != rival:
            store.promote(rival, "resnet50")

    with pytest.raises(UserError, match="promoted meanwhile. Retrain again"):
        retrain(answered, EASY, meanwhile)
    assert store.current_id("resnet50") == rival


KILLED = """
import os, signal, sys
from pathlib import Path
from siamese_core.checkpoints import checkpoint_files
from siamese_core.retraining.report import RetrainReport
from siamese_core.retraining.options import RetrainOptions
from siamese_core.retraining.retrain import retrain
from siamese_core.workspace.workbench import Workbench

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

checkpoint_files.write_card = die  # the candidate's weights are written, its card is not
retrain(Workbench(Path(sys.argv[1]), Path(sys.argv[2])), RetrainOptions("resnet50"))
"""


@pytest.mark.soak
def test_a_killed_retraining_and_a_torn_log_leave_everything_as_it_was(answered):
    shipped = answered.checkpoints.shipped_folder
    log, listed = answered.log.path.read_bytes(), answered.checkpoints.list()
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(answered.workspace), str(shipped)],
        env=os.environ | {"PYTHONPATH": str(Path(siamese_core.__file__).parent.parent)},
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert [file.name[0] for file in answered.checkpoints.own_folder.iterdir()] == ["."]
    store = CheckpointStore(answered.workspace, shipped)
    assert store.list() == listed and store.current_id("resnet50") == listed[-1].id
    assert answered.log.path.read_bytes() == log and not (answered.workspace / "reports").exists()
    answered.log.path.write_bytes(log + log.splitlines()[-1][:50])
    report = retrain(Workbench(answered.workspace, shipped), EASY)
    assert report.promoted and report.json()["labels"] == 80
