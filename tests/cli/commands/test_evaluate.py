"""`evaluate` as people and programs call it."""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from helpers.commands import Ended
from helpers.samples import image_file, photograph
from helpers.small_checkpoints import small_checkpoint
from siamese_core.checkpoints.checkpoint_files import load_checkpoint, save_checkpoint
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.networks.encoders import SLOTS

RESULT_KEYS = ["protocol", "encoder", "checkpoint", "accuracy", "ci95", "correct", "trials", "seconds"]
VERIFICATION_KEYS = [*RESULT_KEYS, "roc_auc", "eer", "tpr_at_fpr_0.01", "ece", "threshold"]
ONE_SHOT = ("evaluate", "one-shot", "--n-way", "3", "--episodes", "10")


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


def evaluated(ended: Ended, protocol: str, keys: list[str]) -> dict:
    found = ended.json()
    assert list(found) == keys
    assert found["protocol"] == protocol
    assert found["accuracy"] == found["correct"] / found["trials"]
    assert found["ci95"][0] <= found["accuracy"] <= found["ci95"][1]
    return found


def test_evaluate_one_shot_measures_the_encoder_that_is_named(run, own_slots, drawings):
    words = (*ONE_SHOT, "--data", drawings, "--encoder", "resnet50")
    found = evaluated(run(*words, "--json"), "one-shot", [*RESULT_KEYS, "abstains"])
    assert (found["encoder"], found["trials"]) == ("small_cnn", 10)
    assert found["checkpoint"] == CheckpointStore(own_slots).current_id("resnet50")


def test_evaluate_measures_both_slots_as_one(run, own_slots, drawings):
    words = (*ONE_SHOT, "--data", drawings, "--encoder", "fused", "--within-group", "--k-shot", 2)
    found = evaluated(run(*words, "--json"), "one-shot", [*RESULT_KEYS, "abstains"])
    store = CheckpointStore(own_slots)
    assert found["encoder"] == "fused"
    assert found["checkpoint"] == f"{store.current_id('koch')}+{store.current_id('resnet50')}"


def test_evaluate_uses_koch_where_nothing_else_is_said(run, own_slots, drawings):
    found = run(*ONE_SHOT, "--data", drawings, "--json").json()
    assert found["checkpoint"] == CheckpointStore(own_slots).current_id("koch")


def test_evaluate_asks_the_checkpoint_for_photographs_about_photographs(run, own_slots, drawings, tmp_path):
    rng = np.random.default_rng(0)
    for number in range(8):
        (tmp_path / "photos" / f"class{number // 2}").mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / f"class{number // 2}" / f"{number}.png").write_bytes(
            image_file(photograph(rng))
        )
    checkpoint, store = small_checkpoint(9), CheckpointStore(own_slots)
    checkpoint.note(domain="photographs")
    saved = save_checkpoint(checkpoint, store.new_folder("small_cnn"), quantise=True)
    for slot in SLOTS:
        store.promote(saved.id, slot)
    before = store.current_id("resnet50")
    words = (*ONE_SHOT, "--encoder", "resnet50", "--json", "--data")
    assert run(*words, drawings).json()["checkpoint"] == before
    words = (*ONE_SHOT, "--data", tmp_path / "photos", "--encoder")
    assert run(*words, "resnet50", "--json").json()["checkpoint"] == saved.id
    assert "auto: all images are photographs" in run(*words, "resnet50").text()
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
    found = evaluated(
        run("evaluate", "lake", "--runs", lake_runs, "--json"), "lake", [*RESULT_KEYS, "abstains"]
    )
    assert found["trials"] == 3


def test_evaluate_verification_draws_pairs(run, own_slots, drawings):
    words = ("evaluate", "verification", "--data", drawings, "--pairs", 20, "--json")
    assert evaluated(run(*words), "verification", [*VERIFICATION_KEYS, "abstains"])["trials"] == 20


def pool_of(folder: Path, count: int) -> Path:
    """A folder of unlabelled drawings, and one file that is none."""
    folder.mkdir()
    for number in range(count):
        drawing = np.full((40, 40, 3), 255, np.uint8)
        drawing[8 + number % 20, 4:36] = drawing[4:36, 8 + number // 20] = 0
        (folder / f"{number}.png").write_bytes(image_file(drawing))
    (folder / "broken.png").write_bytes(b"no image")
    return folder


def test_a_pool_of_unlabelled_images_calibrates_what_is_measured(run, own_slots, drawings, tmp_path):
    words = ("evaluate", "verification", "--data", drawings, "--pairs", 40, "--json")
    plain = run(*words).json()
    pooled = run(*words, "--cohort", pool_of(tmp_path / "pool", 60)).json()
    assert pooled["threshold"] == 0.5
    assert pooled["ece"] != plain["ece"]
    assert pooled == run(*words, "--cohort", tmp_path / "pool").json() | {"seconds": pooled["seconds"]}
    fused = run(*words, "--cohort", tmp_path / "pool", "--encoder", "fused").json()
    assert fused["trials"] == 40


def test_a_pool_that_is_too_small_is_refused(run, own_slots, drawings, tmp_path):
    words = ("evaluate", "verification", "--data", drawings, "--cohort", pool_of(tmp_path / "pool", 10))
    assert "at least 50 images that can be read. Received: 10 in pool" in run(*words).error()
    assert "no-such" in run(*words[:-1], tmp_path / "no-such").error()


def test_evaluate_verification_takes_a_list_with_paths_beside_it(run, own_slots, pair_list):
    words = ("evaluate", "verification", "--list", pair_list, "--encoder", "resnet50", "--json")
    found = evaluated(run(*words), "verification", [*VERIFICATION_KEYS, "abstains"])
    assert found["trials"] == 4
    assert found["threshold"] == 0.5


def test_baselines_stand_beside_the_model_on_the_same_trials(run, own_slots, drawings):
    words = (*ONE_SHOT, "--data", drawings, "--baselines")
    found = run(*words, "--json").json()
    assert list(found) == [*RESULT_KEYS, "abstains", "baselines"]
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
