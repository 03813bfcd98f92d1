"""`retrain` as people and programs call it."""

from helpers.commands import answers_csv
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.workspace.matching import Matcher

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
