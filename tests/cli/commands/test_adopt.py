"""`checkpoints adopt` as people and programs call it."""

from helpers.own_networks import colour_folders, tower
from siamese_core.checkpoints.store import CheckpointStore


def test_a_network_is_adopted_told_and_serves(run, own_slots, tmp_path):
    colours = colour_folders(tmp_path / "colours")
    tower().save(tmp_path / "own.keras")
    words = ("checkpoints", "adopt", tmp_path / "own.keras", "--data", colours, "--slot", "koch")
    told = run(*words, "--json").json()
    assert CheckpointStore(own_slots).current_id("koch", "photographs") == told["checkpoint"]
    assert (told["format"], told["output"].partition("_")[0], told["trains"]) == ("Keras", "sin", True)
    assert told["input"]["layout"] == "channels last"
    shown = run(*words).text()
    assert "ROC AUC" in shown and "taken" in shown and "serves photographs in koch" in shown


def test_what_cannot_be_adopted_is_told_in_a_line(run, own_slots, tmp_path):
    (tmp_path / "own.pt").write_bytes(b"")
    assert "Received: own.pt" in run("checkpoints", "adopt", tmp_path / "own.pt").error()
    tower().save(tmp_path / "own.keras")
    error = run("checkpoints", "adopt", tmp_path / "own.keras").error()
    assert "10 pairs of each kind" in error and "--data" in error
