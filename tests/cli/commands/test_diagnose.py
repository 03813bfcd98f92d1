"""`diagnose` as people and programs call it."""

from PIL import Image, ImageOps

from helpers.commands import Ended
from siamese_core.checkpoints.store import CheckpointStore

FINDING_KEYS = {"check", "level", "measured", "expected", "cause", "remedy"}


def findings(ended: Ended) -> dict[str, dict]:
    told = ended.json()["findings"]
    assert all(set(finding) == FINDING_KEYS for finding in told)
    return {finding["check"]: finding for finding in told}


def test_images_are_diagnosed_without_a_network(run, drawings):
    told = findings(run("diagnose", "--data", drawings, "--json"))
    assert {finding["level"] for finding in told.values()} == {"ok"}
    assert "effective-rank" not in told


def test_inverted_drawings_are_told_of_in_words(run, drawings, tmp_path):
    for file in drawings.rglob("*.png"):
        inverted = tmp_path / "inverted" / file.relative_to(drawings)
        inverted.parent.mkdir(parents=True, exist_ok=True)
        ImageOps.invert(Image.open(file).convert("L")).save(inverted)
    shown = run("diagnose", "--data", tmp_path / "inverted").text()
    (line,) = (line for line in shown.splitlines() if line.startswith("warning: ink-polarity."))
    assert "Invert them" in line


def test_a_checkpoint_is_looked_into(run, slots, drawings):
    checkpoint = CheckpointStore(slots).current_folder("koch")
    told = findings(run("diagnose", "--checkpoint", checkpoint, "--data", drawings, "--json"))
    assert {"finite-weights", "effective-rank", "threshold", "ink-polarity"} <= set(told)


def test_a_split_is_looked_at(run, drawings):
    told = findings(run("diagnose", "--data", drawings, "--validation", drawings, "--json"))
    assert (told["split-images"]["level"], told["split-images"]["measured"]) == ("error", 24)
    assert (told["split-classes"]["level"], told["split-classes"]["measured"]) == ("error", 6)


def test_inverted_labels_of_a_list_are_found(run, drawings, tmp_path):
    rows = ["left,right,same"]
    characters = sorted(drawings.glob("*/*"))
    for number, character in enumerate(characters):
        images, others = sorted(character.iterdir()), sorted(characters[number - 1].iterdir())
        for left in range(4):
            rows.append(f"{images[left]},{images[left - 1]},0")
            rows.append(f"{images[left]},{others[left]},1")
    (tmp_path / "pairs.csv").write_text("\n".join(rows))
    told = findings(run("diagnose", "--list", tmp_path / "pairs.csv", "--json"))
    assert told["label-convention"]["level"] == "error"
