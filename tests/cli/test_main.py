"""The command line as people and programs use it: the contract's JSON, exit codes, what bad input gets."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from helpers.paths import ROOT
from helpers.samples import alphabet, corner_mark, huge_png, image_file, photograph, write_class_folders
from helpers.small_checkpoints import small_checkpoint
from siamese_core.checkpoints.checkpoint import load_checkpoint, save_checkpoint
from siamese_core.checkpoints.pointers import Pointer, write_pointer
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.cli.main import main
from siamese_core.cli.options import build_parser
from siamese_core.images.decoding import image_id
from siamese_core.images.store import ImageStore
from siamese_core.networks.encoders import ENCODERS, SLOTS
from siamese_core.workspace.matching import Matcher

SIZES = {"koch": 76, "resnet50": 32}  # the least that koch's convolutions leave something of
RESULT_KEYS = ["protocol", "encoder", "checkpoint", "accuracy", "ci95", "correct", "trials", "seconds"]
VERIFICATION_KEYS = [*RESULT_KEYS, "roc_auc", "eer", "tpr_at_fpr_0.01", "ece", "threshold"]
LOG_KEYS = ["rows", "labels", "corrections", "conflicts", "rejected"]


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    def text(self) -> str:
        """What people read; on standard error there is at most progress, where the machine is slow."""
        assert self.code == 0
        assert all(" %  " in line for line in self.err.splitlines())
        return self.out

    def json(self) -> dict:
        return json.loads(self.text().splitlines()[-1])

    def error(self) -> str:
        """The one line that tells what to mend."""
        assert (self.code, self.out) == (2, "")
        (line,) = self.err.splitlines()
        assert line.startswith("error: ")
        return line


@pytest.fixture
def run(capsys, workspace):
    """`run(*words, home=workspace)` in this process: the exit code and both streams."""

    def run(*words, home: Path = workspace) -> Ended:
        code = main(["--workspace", str(home), *map(str, words)])
        return Ended(code, *capsys.readouterr())

    return run


def process(*words, environment: dict | None = None, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "siamese_core", *map(str, words)]
    variables = os.environ | (environment or {})
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, **options)


def put(home: Path, checkpoint, slot: str) -> str:
    """Stores the checkpoint and makes it current in the slot."""
    store = CheckpointStore(home)
    saved = save_checkpoint(checkpoint, store.new_folder(slot), quantise=True)
    write_pointer(store.own_folder, slot, Pointer(saved.id))
    return saved.id


@pytest.fixture(scope="module")
def slots(tmp_path_factory) -> Path:
    """A workspace with a small, fast checkpoint in both slots."""
    home = tmp_path_factory.mktemp("slots")
    for seed, slot in enumerate(SLOTS):
        put(home, small_checkpoint(seed), slot)
    return home


@pytest.fixture(scope="module")
def all_encoders(tmp_path_factory) -> Path:
    """A workspace with a checkpoint of every encoder, each of its own kind."""
    home = tmp_path_factory.mktemp("all")
    for seed, name in enumerate(ENCODERS):
        put(home, small_checkpoint(seed, name, SIZES.get(name, 48)), name)
    return home


@pytest.fixture
def own_slots(slots, workspace) -> Path:
    """The workspace of the test with a copy of `slots`' checkpoints."""
    shutil.copytree(slots / "checkpoints", workspace / "checkpoints")
    return workspace


@pytest.fixture(scope="module")
def drawings(tmp_path_factory) -> Path:
    """2 alphabets of 3 characters by 4 drawers, in class folders as Omniglot's."""
    return write_class_folders(tmp_path_factory.mktemp("data") / "images", np.random.default_rng(0))


@pytest.fixture(scope="module")
def pair(drawings) -> tuple[Path, Path]:
    left, right, *_ = sorted(drawings.glob("Alphabet_1/character01/*.png"))
    return left, right


@pytest.fixture(scope="module")
def support(drawings, tmp_path_factory) -> Path:
    """Class folders: two classes with two shots, one with one."""
    folder = tmp_path_factory.mktemp("support")
    for name, shots in (("alu", 2), ("beko", 2), ("cini", 1)):
        source = drawings / "Alphabet_2" / f"character{len(list(folder.iterdir())) + 1:02d}"
        (folder / name).mkdir()
        for file in sorted(source.iterdir())[:shots]:
            shutil.copy(file, folder / name)
    return folder


@pytest.fixture(scope="module")
def lake_runs(drawings, tmp_path_factory) -> Path:
    """A run of 3 trials in the layout of all_runs.zip."""
    path, labels = tmp_path_factory.mktemp("lake") / "all_runs.zip", []
    with zipfile.ZipFile(path, "w") as archive:
        for number, character in enumerate(sorted((drawings / "Alphabet_1").iterdir()), 1):
            item, shown = f"run01/test/item{number:02d}.png", f"run01/training/class{number:02d}.png"
            first, second, *_ = sorted(character.iterdir())
            archive.write(first, item)
            archive.write(second, shown)
            labels.append(f"{item} {shown}")
        archive.writestr("run01/class_labels.txt", "\n".join(labels))
    return path


@pytest.fixture(scope="module")
def pair_list(drawings, tmp_path_factory) -> Path:
    """CSV left,right,same beside its images: 2 same, 2 different."""
    folder = tmp_path_factory.mktemp("list")
    files = [
        shutil.copy(file, folder / f"{file.parent.name}_{file.name}")
        for character in sorted((drawings / "Alphabet_1").iterdir())[:2]
        for file in sorted(character.iterdir())[:3]
    ]
    names = [Path(file).name for file in files]
    rows = [(0, 1, 1), (3, 4, "same"), (0, 3, 0), (1, 5, "different")]
    lines = ["left,right,same", *(f"{names[a]},{names[b]},{same}" for a, b, same in rows)]
    (folder / "pairs.csv").write_text("\n".join(lines))
    return folder / "pairs.csv"


def answers_csv(home: Path, file: Path, n_classes: int = 24) -> Path:
    """A CSV of answers to drawings in the workspace: a same one a class, a different one of each two."""
    images = ImageStore(home / "images")
    glyphs = alphabet(np.random.default_rng(1), n_classes, 4, 64)
    ids = [[images.add(glyph) for glyph in by_drawer] for by_drawer in glyphs]
    pairs = [(one[0], one[1], "same") for one in ids]
    pairs += [(one[2], other[3], "different") for one, other in zip(ids[::2], ids[1::2], strict=True)]
    with file.open("w", newline="") as lines:
        csv.writer(lines).writerows([("left_id", "right_id", "answer"), *pairs])
    return file


# compare


def test_compare_tells_what_both_slots_say(run, own_slots, pair):
    found = run("compare", *pair, "--json").json()
    assert list(found) == ["left", "right", "results"]
    assert all(len(found[side]) == 64 for side in ("left", "right"))
    assert [result["encoder"] for result in found["results"]] == list(SLOTS)
    for result in found["results"]:
        assert list(result)[:5] == ["encoder", "checkpoint", "similarity", "threshold", "same"]
        assert result["checkpoint"] == CheckpointStore(own_slots).current_id(result["encoder"])
        assert result["same"] is (result["similarity"] >= result["threshold"])


def test_every_encoder_can_be_asked_in_the_order_of_asking(run, all_encoders, pair):
    words = [word for name in reversed(ENCODERS) for word in ("--encoder", name)]
    found = run("compare", *pair, *words, "--json", home=all_encoders).json()
    assert [result["encoder"] for result in found["results"]] == list(reversed(ENCODERS))
    assert all(result["checkpoint"].startswith(result["encoder"]) for result in found["results"])


def test_compare_stores_both_images_under_their_ids(run, own_slots, pair):
    found = run("compare", *pair, "--encoder", "koch", "--json").json()
    assert ImageStore(own_slots / "images").ids() == sorted([found["left"], found["right"]])


def test_compare_tells_people_the_verdict_as_a_word(run, own_slots, pair):
    heading, *rows = run("compare", *pair).text().splitlines()[: 1 + len(SLOTS)]
    assert heading.split() == ["encoder", "similarity", "threshold", "verdict", "checkpoint"]
    assert [row.split()[0] for row in rows] == list(SLOTS)
    assert all(row.split()[3] in ("same", "different") for row in rows)


def test_a_slot_whose_promoted_checkpoint_is_gone_serves_the_shipped_one_and_says_so(run, workspace, pair):
    folder = CheckpointStore(workspace).own_folder
    folder.mkdir(parents=True)
    write_pointer(folder, "koch", Pointer("koch-000000000000"))
    shown = run("compare", *pair, "--encoder", "koch").text()
    assert "Note: A promoted checkpoint must stay where it is. Received: koch-000000000000" in shown


# one-shot


def test_one_shot_ranks_every_class_by_both_slots(run, own_slots, pair, support):
    found = run("one-shot", "--query", pair[0], "--support", support, "--json").json()
    assert list(found) == ["query", "results"]
    assert [result["encoder"] for result in found["results"]] == list(SLOTS)
    for result in found["results"]:
        assert list(result)[:5] == ["encoder", "checkpoint", "pick", "margin", "ranking"]
        similarities = [each["similarity"] for each in result["ranking"]]
        assert all(list(each) == ["class", "similarity"] for each in result["ranking"])
        assert {each["class"] for each in result["ranking"]} == {"alu", "beko", "cini"}
        assert similarities == sorted(similarities, reverse=True)
        assert result["pick"] == result["ranking"][0]["class"]
        assert result["margin"] == pytest.approx(similarities[0] - similarities[1])


def test_one_shot_finds_an_image_that_is_in_the_support_set(run, own_slots, support):
    query = next((support / "cini").iterdir())
    found = run("one-shot", "--query", query, "--support", support, "--encoder", "koch", "--json").json()
    assert [result["pick"] for result in found["results"]] == ["cini"]


def test_one_shot_takes_files_that_are_each_a_class(run, own_slots, drawings):
    character = drawings / "Alphabet_1" / "character01"
    query = character / "0001_01.png"
    words = ("--query", query, "--support", character, "--encoder", "koch")
    assert run("one-shot", *words, "--json").json()["results"][0]["pick"] == "0001_01"
    assert "koch: 0001_01 (margin" in run("one-shot", *words).text()


def test_a_long_ranking_is_cut_for_people_and_whole_in_json(run, own_slots, tmp_path):
    for number, glyph in enumerate(alphabet(np.random.default_rng(2), 1, 45, 32)[0]):
        (tmp_path / f"class{number:02d}.png").write_bytes(image_file(glyph))
    words = ("one-shot", "--query", tmp_path / "class03.png", "--support", tmp_path, "--encoder", "koch")
    assert len(run(*words, "--json").json()["results"][0]["ranking"]) == 45
    assert "\nand 35 more\n" in run(*words).text()


# evaluate


def evaluated(ended: Ended, protocol: str, keys: list[str]) -> dict:
    found = ended.json()
    assert list(found) == keys
    assert found["protocol"] == protocol
    assert found["accuracy"] == found["correct"] / found["trials"]
    assert found["ci95"][0] <= found["accuracy"] <= found["ci95"][1]
    return found


ONE_SHOT = ("evaluate", "one-shot", "--n-way", "3", "--episodes", "10")


@pytest.mark.parametrize("encoder", ["koch", "small_cnn", "face_cnn"])
def test_evaluate_one_shot_measures_the_encoder_that_is_named(run, all_encoders, drawings, encoder):
    words = (*ONE_SHOT, "--data", drawings, "--encoder", encoder)
    found = evaluated(run(*words, "--json", home=all_encoders), "one-shot", RESULT_KEYS)
    assert (found["encoder"], found["trials"]) == (encoder, 10)
    assert found["checkpoint"] == CheckpointStore(all_encoders).current_id(encoder)


def test_evaluate_measures_both_slots_as_one(run, own_slots, drawings):
    words = (*ONE_SHOT, "--data", drawings, "--encoder", "fused", "--within-group", "--k-shot", 2)
    found = evaluated(run(*words, "--json"), "one-shot", RESULT_KEYS)
    store = CheckpointStore(own_slots)
    assert found["encoder"] == "fused"
    assert found["checkpoint"] == f"{store.current_id('koch')}+{store.current_id('resnet50')}"


def test_evaluate_uses_koch_where_nothing_else_is_said(run, own_slots, drawings):
    found = run(*ONE_SHOT, "--data", drawings, "--json").json()
    assert found["checkpoint"] == CheckpointStore(own_slots).current_id("koch")


def test_evaluate_asks_the_checkpoint_for_photographs_about_photographs(run, own_slots, tmp_path):
    rng = np.random.default_rng(0)
    for number in range(8):
        (tmp_path / "photos" / f"class{number // 2}").mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / f"class{number // 2}" / f"{number}.png").write_bytes(
            image_file(photograph(rng))
        )
    checkpoint, store = small_checkpoint(9), CheckpointStore(own_slots)
    checkpoint.card["domain"] = "photographs"
    saved = save_checkpoint(checkpoint, store.new_folder("small_cnn"), quantise=True)
    store.promote(saved.id, "resnet50")
    words = (*ONE_SHOT, "--data", tmp_path / "photos", "--encoder")
    assert run(*words, "resnet50", "--json").json()["checkpoint"] == saved.id
    assert "auto: all images are photographs" in run(*words, "resnet50").text()
    assert "koch has no other checkpoint for them" in run(*words, "koch").text()
    assert run(*words, "fused", "--json").json()["checkpoint"].endswith(f"+{saved.id}")


def test_evaluate_takes_a_checkpoint_by_its_folder(run, own_slots, drawings):
    folder = CheckpointStore(own_slots).current_folder("resnet50")
    found = run(*ONE_SHOT, "--data", drawings, "--checkpoint", folder, "--json").json()
    assert found["checkpoint"] == load_checkpoint(folder).id


def test_a_seed_draws_the_same_trials_again_and_another_others(run, own_slots, drawings):
    words = (*ONE_SHOT, "--data", drawings, "--json", "--seed")
    scores = [run(*words, seed).json() | {"seconds": 0} for seed in (1, 1, 2, 3, 4, 5)]
    assert scores[0] == scores[1]
    assert any(score["correct"] != scores[0]["correct"] for score in scores[2:])


def test_data_may_be_given_several_times(run, own_slots, drawings):
    one, other = (drawings / f"Alphabet_{number}" for number in (1, 2))
    six = ("evaluate", "one-shot", "--n-way", 6, "--episodes", 5, "--json")
    assert run(*six, "--data", one, "--data", other).json()["trials"] == 5
    assert run(*six, "--data", one, other).json()["trials"] == 5
    assert "at most 3" in run(*six, "--data", one).error()


def test_evaluate_lake_takes_the_runs_of_a_zip(run, own_slots, lake_runs):
    found = evaluated(run("evaluate", "lake", "--runs", lake_runs, "--json"), "lake", RESULT_KEYS)
    assert found["trials"] == 3


def test_evaluate_verification_draws_pairs(run, own_slots, drawings):
    words = ("evaluate", "verification", "--data", drawings, "--pairs", 20, "--json")
    assert evaluated(run(*words), "verification", VERIFICATION_KEYS)["trials"] == 20


def test_evaluate_verification_takes_a_list_with_paths_beside_it(run, own_slots, pair_list):
    words = ("evaluate", "verification", "--list", pair_list, "--encoder", "resnet50", "--json")
    found = evaluated(run(*words), "verification", VERIFICATION_KEYS)
    assert found["trials"] == 4
    assert found["threshold"] == 0.5


def test_baselines_stand_beside_the_model_on_the_same_trials(run, own_slots, drawings):
    words = (*ONE_SHOT, "--data", drawings, "--baselines")
    found = run(*words, "--json").json()
    assert list(found) == [*RESULT_KEYS, "baselines"]
    assert [row["encoder"] for row in found["baselines"]] == [
        "pixel_cosine",
        "blurred_cosine",
        "modified_hausdorff",
    ]
    assert all(list(row) == [*RESULT_KEYS, "mcnemar_p"] for row in found["baselines"])
    shown = run(*words).text()
    assert "McNemar" in shown
    assert "modified_hausdorff" in shown


def test_evaluate_tells_people_accuracy_interval_and_count(run, own_slots, drawings):
    shown = run("evaluate", "verification", "--data", drawings, "--pairs", 20).text()
    heading, row = shown.splitlines()[-2:]
    assert heading.startswith("model")
    assert "ROC AUC" in heading
    assert " of 20 " in row


# log


def test_the_log_of_a_new_workspace_is_empty(run, workspace):
    found = run("log", "check", "--json").json()
    assert found == {"rows": 0, "labels": 0, "corrections": 0, "conflicts": 0, "rejected": []}
    assert list(found) == LOG_KEYS


def test_answers_go_in_once_and_come_out_again(run, workspace, tmp_path):
    file, copy = answers_csv(workspace, tmp_path / "answers.csv", 4), tmp_path / "copy.csv"
    found = run("log", "import", file, "--json").json()
    assert (list(found), found["rows"], found["rejected"]) == (LOG_KEYS, 6, [])
    assert "0 rows added" in run("log", "import", file).text()
    assert list(run("log", "export", copy, "--json").json()) == LOG_KEYS
    assert len(copy.read_text().splitlines()) == 7
    assert run("log", "check", "--json").json()["labels"] == 6


def test_lines_that_cannot_be_used_are_told_with_their_number(run, workspace, tmp_path):
    file = answers_csv(workspace, tmp_path / "answers.csv", 4)
    with file.open("a") as lines:
        lines.write(f"{'0' * 64},{'1' * 64},same\n")
    found = run("log", "import", file, "--json").json()
    (rejected,) = found["rejected"]
    assert list(rejected) == ["line", "why"]
    assert rejected["line"] == 8
    assert "no image" in rejected["why"]
    assert "line 8: " in run("log", "import", file).text()


def test_a_check_tells_people_that_images_are_gone(run, workspace, tmp_path):
    file = answers_csv(workspace, tmp_path / "answers.csv", 4)
    run("log", "import", file)
    assert "gone" not in run("log", "check").text()
    first_pair = file.read_text().splitlines()[1]
    ImageStore(workspace / "images").path(first_pair.split(",")[0]).unlink()
    assert "1 images of these labels are gone" in run("log", "check").text()


def test_a_torn_last_line_is_reported_and_costs_no_row(run, workspace, tmp_path):
    run("log", "import", answers_csv(workspace, tmp_path / "answers.csv", 4))
    with (workspace / "pairs.csv").open("a") as log:
        log.write('1,"torn')
    found = run("log", "check", "--json").json()
    assert found["rows"] == 6
    assert "torn" in found["rejected"][0]["why"]


# checkpoints


def test_checkpoints_are_listed_with_what_serves(run, own_slots):
    found = run("checkpoints", "list", "--json").json()
    assert list(found) == ["checkpoints"]
    own = [each for each in found["checkpoints"] if each["origin"] == "workspace"]
    assert len(own) == 2
    assert all(each["current"] for each in own)
    assert {"id", "encoder", "origin", "current", "created_at", "folder"} <= set(own[0])
    shown = run("checkpoints", "list").text()
    assert all(each["id"] in shown for each in found["checkpoints"])


def test_a_checkpoint_is_promoted_and_rolled_back(run, own_slots):
    store = CheckpointStore(own_slots)
    first, second = store.current_id("koch"), store.current_id("resnet50")
    listed = run("checkpoints", "promote", second, "--slot", "koch", "--json").json()["checkpoints"]
    assert store.current_id("koch") == second
    assert {each["id"]: each["current"] for each in listed}[first] is False
    listed = run("checkpoints", "rollback", "koch", "--json").json()["checkpoints"]
    assert store.current_id("koch") == first
    assert {each["id"]: each["current"] for each in listed}[first] is True


# train, retrain


def test_train_makes_a_checkpoint_that_serves_at_once(run, workspace, drawings, pair):
    words = ("train", "small_cnn", "--data", drawings, "--steps", 2, "--seed", 3, "--json")
    found = run(*words).json()
    assert {"checkpoint", "steps", "images", "seconds", "validation"} <= set(found)
    assert found["steps"] == 2
    assert found["images"] > 0
    assert isinstance(found["validation"], dict)
    result = run("compare", *pair, "--encoder", "small_cnn", "--json").json()["results"][0]
    assert result["checkpoint"] == found["checkpoint"]


def test_a_checkpoint_trained_elsewhere_is_not_the_workspaces(run, workspace, drawings, tmp_path):
    out = tmp_path / "mine"
    shown = run("train", "small_cnn", "--data", drawings, "--steps", 1, "--out", out).text()
    assert load_checkpoint(out).id in shown
    assert not list(workspace.glob("checkpoints/*"))


RETRAIN_KEYS = {"encoder", "candidate", "parent", "labels", "holdout", "before", "after", "base_before"}
RETRAIN_KEYS |= {"base_after", "fixed", "broken", "promoted", "reason", "seconds"}


def test_retrain_makes_a_candidate_of_the_answers(run, own_slots, tmp_path):
    store, parent = CheckpointStore(own_slots), CheckpointStore(own_slots).current_id("koch")
    run("log", "import", answers_csv(own_slots, tmp_path / "answers.csv"))
    found = run("retrain", "--promote", "force", "--json").json()
    assert set(found) >= RETRAIN_KEYS
    assert (found["encoder"], found["parent"], found["promoted"]) == ("koch", parent, True)
    assert store.current_id("koch") == found["candidate"]
    assert Matcher(store).checkpoint("koch").id == found["candidate"]


def test_retrain_reads_another_log_of_the_same_images(run, own_slots, tmp_path):
    run("log", "import", answers_csv(own_slots, tmp_path / "answers.csv"))
    (own_slots / "pairs.csv").rename(tmp_path / "other.csv")
    words = ("--log", tmp_path / "other.csv", "--promote", "never", "--encoder", "resnet50")
    assert "Kept" in run("retrain", *words).text()


# the shared options, and what bad input gets


@pytest.mark.parametrize(
    "words",
    [
        ("--json", "--workspace", "HOME", "log", "check"),
        ("log", "--workspace", "HOME", "--json", "check"),
        ("log", "check", "--json", "--workspace", "HOME"),
        ("--json", "--workspace", "elsewhere", "log", "check", "--workspace", "HOME"),
    ],
)
def test_json_and_workspace_may_stand_before_or_after_the_command(capsys, workspace, tmp_path, words):
    main(["log", "import", str(answers_csv(workspace, tmp_path / "a.csv", 2)), "--workspace", str(workspace)])
    capsys.readouterr()
    assert main([str(workspace) if word == "HOME" else word for word in words]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 3


def test_the_workspace_is_the_option_else_the_environment_else_here(monkeypatch, tmp_path):
    def chosen(*words) -> Path:
        return build_parser().parse_args([*words, "log", "check"]).workspace

    monkeypatch.delenv("SIAMESE_WORKSPACE", raising=False)
    assert chosen() == Path("workspace")
    monkeypatch.setenv("SIAMESE_WORKSPACE", str(tmp_path))
    assert chosen() == tmp_path
    assert chosen("--workspace", "mine") == Path("mine")


NAMED = (
    ("compare", "a.png", "b.png", "--encoder"),
    ("one-shot", "--query", "a.png", "--support", "b", "--encoder"),
    ("train", "--data", "a", "--steps", "1", "--seed", "0"),
    ("evaluate", "one-shot", "--data", "a", "--encoder"),
    ("evaluate", "lake", "--runs", "a.zip", "--encoder"),
    ("evaluate", "verification", "--list", "a.csv", "--encoder"),
    ("retrain", "--encoder"),
    ("checkpoints", "rollback"),
)


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("words", NAMED, ids=" ".join)
def test_every_command_that_takes_an_encoder_takes_every_name(words, encoder):
    options = build_parser().parse_args([*words, encoder])
    assert encoder in (getattr(options, "encoder", None), *(getattr(options, "encoders", None) or ()))


BAD = {
    "no command": ((), "COMMAND"),
    "unknown command": (("teach",), "invalid choice: 'teach'"),
    "unknown option": (("log", "check", "--fast"), "unrecognized arguments: --fast"),
    "abbreviated option": (("log", "check", "--js"), "unrecognized"),
    "one image": (("compare", "GOOD"), "RIGHT"),
    "missing image": (("compare", "GOOD", "missing.png"), "missing.png"),
    "text called png": (("compare", "GOOD", "TEXT"), "text.png"),
    "empty image": (("compare", "EMPTY", "GOOD"), "must not be empty"),
    "cut short": (("compare", "CUT", "GOOD"), "cut"),
    "huge image": (("compare", "HUGE", "GOOD"), "40 million pixels"),
    "folder as image": (("compare", "FOLDER", "GOOD"), "which is a folder"),
    "unknown encoder": (("compare", "GOOD", "GOOD", "--encoder", "vgg"), "koch"),
    "no checkpoint": (("compare", "GOOD", "GOOD", "--encoder", "face_cnn"), "train face_cnn"),
    "query alone": (("one-shot", "--query", "GOOD"), "--support"),
    "support is a file": (("one-shot", "--query", "GOOD", "--support", "GOOD"), "is a folder"),
    "support is empty": (("one-shot", "--query", "GOOD", "--support", "FOLDER"), "with 0"),
    "bad support image": (("one-shot", "--query", "GOOD", "--support", "MIXED"), "not both"),
    "no data": (("evaluate", "one-shot"), "--data"),
    "missing data": (("evaluate", "one-shot", "--data", "missing"), "missing"),
    "data is an image": (("evaluate", "one-shot", "--data", "GOOD"), "zip"),
    "too many ways": (("evaluate", "one-shot", "--data", "DATA", "--n-way", "50"), "50-way"),
    "one way": (("evaluate", "one-shot", "--data", "DATA", "--n-way", "1"), "at least 2"),
    "no shots": (("evaluate", "one-shot", "--data", "DATA", "--k-shot", "none"), "at least 1"),
    "both models": (
        ("evaluate", "lake", "--runs", "GOOD", "--encoder", "koch", "--checkpoint", "FOLDER"),
        "not allowed with",
    ),
    "runs are no zip": (("evaluate", "lake", "--runs", "TEXT"), "zip"),
    "nothing to verify": (("evaluate", "verification"), "--data --list"),
    "two sources": (("evaluate", "verification", "--data", "DATA", "--list", "TEXT"), "not allowed with"),
    "list without columns": (("evaluate", "verification", "--list", "TEXT"), "left, right and same"),
    "pairs of a list": (("evaluate", "verification", "--list", "TEXT", "--pairs", "4"), "--pairs"),
    "labels of data": (("evaluate", "verification", "--data", "DATA", "--labels", "TEXT"), "--labels"),
    "no such checkpoint": ((*ONE_SHOT, "--data", "DATA", "--checkpoint", "FOLDER"), "card.json"),
    "train nothing": (("train", "koch"), "--data"),
    "train on nothing": (("train", "koch", "--data", "missing", "--steps", "1"), "missing"),
    "negative steps": (("train", "koch", "--data", "DATA", "--steps", "-1"), "--steps"),
    "endless": (("train", "koch", "--data", "DATA", "--minutes", "inf"), "above 0"),
    "steps and minutes": (
        ("train", "koch", "--data", "DATA", "--steps", "1", "--minutes", "1"),
        "not allowed with",
    ),
    "unknown net": (("train", "vgg", "--data", "DATA"), "koch"),
    "overwriting": (("train", "koch", "--data", "DATA", "--steps", "1", "--out", "FOLDER"), "overwritten"),
    "log without part": (("log",), "COMMAND"),
    "missing CSV": (("log", "import", "missing.csv"), "missing.csv"),
    "CSV without columns": (("log", "import", "TEXT"), "left_id, right_id, answer"),
    "binary CSV": (("log", "import", "GOOD"), "columns"),
    "export nowhere": (("log", "export", "missing/folder/out.csv"), "existing folder"),
    "too few answers": (("retrain",), "answers"),
    "missing log": (("retrain", "--log", "missing.csv"), "missing.csv"),
    "no log": (("retrain", "--log", "TEXT"), "columns"),
    "unknown checkpoint": (("checkpoints", "promote", "koch-123"), "koch-123"),
    "nothing to go back to": (("checkpoints", "rollback", "koch"), "rollback"),
}


@pytest.fixture(scope="module")
def odd_files(tmp_path_factory, drawings) -> dict[str, Path]:
    """The words in capitals of `BAD`."""
    folder = tmp_path_factory.mktemp("odd")
    good = image_file(corner_mark())
    contents = {
        "GOOD": ("good.png", good),
        "TEXT": ("text.png", b"no image, no table\n"),
        "EMPTY": ("empty.png", b""),
        "CUT": ("cut.png", good[: len(good) // 2]),
        "HUGE": ("huge.png", huge_png()),
        "MIXED/class": ("mixed/class/1.png", good),
        "MIXED/file": ("mixed/1.png", good),
    }
    paths = {"FOLDER": folder / "folder", "MIXED": folder / "mixed", "DATA": drawings}
    paths["FOLDER"].mkdir()
    for word, (name, content) in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        paths[word] = folder / name
    return paths


@pytest.mark.parametrize(("words", "told"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
def test_bad_input_gets_one_line_that_says_what_to_mend(run, odd_files, tmp_path, words, told, as_json):
    words = [odd_files.get(word, word) for word in words]
    home = tmp_path / "not" / "made" / "yet"
    assert told in run(*words, *(["--json"] if as_json else []), home=home).error()


@pytest.mark.parametrize("words", [("log", "check"), ("checkpoints", "list"), ("compare", "GOOD", "GOOD")])
@pytest.mark.parametrize("inside", ["", "inside"])
def test_a_workspace_that_cannot_be_a_folder_is_told(run, odd_files, words, inside):
    words = [odd_files.get(word, word) for word in words]
    assert "A workspace is a folder" in run(*words, home=odd_files["TEXT"] / inside).error()


def test_a_disk_that_cannot_be_written_is_told_with_its_place(run, workspace):
    workspace.mkdir()
    (workspace / "checkpoints").write_text("in the way")
    line = run("checkpoints", "rollback", "koch").error()
    assert str(workspace / "checkpoints") in line


def test_a_file_name_cannot_break_the_line_or_steer_the_terminal(run, odd_files):
    line = run("compare", "no\nsuch\x1b[2J.png", odd_files["GOOD"]).error()
    assert "\x1b" not in line


def test_help_tells_every_command_and_its_defaults(capsys):
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"\n    {name} " in shown for name in ("compare", "one-shot", "train", "evaluate", "log"))
    assert all(f"\n    {name} " in shown for name in ("retrain", "checkpoints"))
    assert main(["evaluate", "one-shot", "--help"]) == 0
    assert "(400)" in capsys.readouterr().out


def test_what_should_never_happen_is_one_line_and_its_own_exit_code(run, monkeypatch):
    """A path with a zero byte: nothing that starts processes can pass one."""
    ended = run("log", "check", home=Path("a\0b"))
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "error: unexpected ValueError: embedded null byte; set SIAMESE_DEBUG=1 for the traceback\n"
    )
    monkeypatch.setenv("SIAMESE_DEBUG", "1")
    assert "Traceback" in run("log", "check", home=Path("a\0b")).err


def test_ctrl_c_ends_with_130_and_no_traceback(run, tmp_path):
    """While it waits for a pipe that nobody writes to. A shell lets what it runs in the background ignore
    Ctrl-C, so it is heard here first."""
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    os.mkfifo(tmp_path / "pipe.csv")
    main_thread = threading.main_thread().ident
    timer = threading.Timer(0.3, signal.pthread_kill, (main_thread, signal.SIGINT))
    timer.start()
    ended = run("log", "import", tmp_path / "pipe.csv")
    timer.join()
    signal.signal(signal.SIGINT, heard)
    assert (ended.code, ended.out, ended.err) == (130, "", "error: stopped by Ctrl-C\n")


# as a process of its own


def test_the_process_prints_one_json_object_and_no_noise(slots, pair):
    ended = process("compare", *pair, "--json", "--workspace", slots)
    assert (ended.returncode, ended.stderr) == (0, "")
    (line,) = ended.stdout.splitlines()
    assert json.loads(line)["left"] == image_id(ImageStore(slots / "images").read(json.loads(line)["left"]))


def test_the_process_ends_with_2_and_one_line(workspace):
    ended = process(
        "compare", "missing.png", "missing.png", environment={"SIAMESE_WORKSPACE": str(workspace)}
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("error: ")
    assert len(ended.stderr.splitlines()) == 1


def test_a_reader_that_has_had_enough_makes_no_noise(workspace):
    command = f"{sys.executable} -m siamese_core evaluate one-shot --help | true"
    ended = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert ended.stderr == ""


def test_what_needs_no_network_does_not_load_tensorflow(workspace):
    code = (
        "import sys\n"
        "from siamese_core.cli.main import main\n"
        "main(['--help'])\n"
        "for words in (['log', 'check'], ['checkpoints', 'list'], ['log', 'export', 'missing/a.csv']):\n"
        "    main([*words, '--workspace', sys.argv[1]])\n"
        "print(*{name.split('.')[0] for name in sys.modules})\n"
    )
    command = [sys.executable, "-c", code, str(workspace)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"tensorflow", "keras", "gradio"} & set(ended.stdout.splitlines()[-1].split())


def test_one_checkpoint_is_chosen_for_a_whole_slot_until_auto(run, own_slots):
    store = CheckpointStore(own_slots)
    koch, other = store.current_id("koch"), store.current_id("resnet50")
    run("checkpoints", "use", "koch", other, "--json").json()
    assert store.fixed_id("koch") == other == store.current_id("koch")
    run("checkpoints", "use", "koch", "auto", "--json").json()
    assert store.fixed_id("koch") is None and store.current_id("koch") == koch
