"""`diagnose` and `casestudy` on the command line: the contract's JSON, tables, and what bad input gets."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from helpers.samples import write_class_folders
from helpers.small_checkpoints import small_checkpoint
from siamese_core.checkpoints.checkpoint import save_checkpoint
from siamese_core.cli.main import main

ENTRIES = {"check", "level", "measured", "expected", "cause", "remedy"}


@pytest.fixture(scope="module")
def drawings(tmp_path_factory) -> Path:
    """2 alphabets of 3 characters by 4 drawers."""
    return write_class_folders(tmp_path_factory.mktemp("data") / "images", np.random.default_rng(0))


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints") / "small"
    save_checkpoint(small_checkpoint(), folder, quantise=False)
    return folder


@pytest.fixture
def run(capsys, tmp_path):
    """`run(*words)` in this process: exit code, standard output, standard error."""

    def run(*words) -> tuple[int, str, str]:
        return main(["--workspace", str(tmp_path / "workspace"), *map(str, words)]), *capsys.readouterr()

    return run


def findings(ended: tuple[int, str, str]) -> dict[str, dict]:
    code, out, _ = ended
    assert code == 0
    told = json.loads(out.splitlines()[-1])["findings"]
    assert all(set(finding) == ENTRIES for finding in told)
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
    code, out, _ = run("diagnose", "--data", tmp_path / "inverted")
    assert code == 0
    (line,) = (line for line in out.splitlines() if line.startswith("warning: ink-polarity."))
    assert "Invert them" in line


def test_a_checkpoint_is_looked_into(run, drawings, checkpoint):
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


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("diagnose", "--validation", "x"), "--validation"),
        (("diagnose", "--labels", "x"), "--labels"),
        (("diagnose", "--data", "absent"), "absent"),
        (("casestudy", "other"), "contrastive-nan"),
        (("casestudy", "contrastive-nan"), "class folders of faces"),
        (("casestudy", "one-shot-evaluation", "--data", "absent"), "absent"),
    ],
)
def test_what_can_be_mended_is_told_in_one_line(run, words, problem):
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith("error: ") and problem in line


def test_a_case_study_gives_findings_and_a_table(run, drawings):
    words = ("casestudy", "one-shot-evaluation", "--data", drawings, "--trials", 2, "--n-way", 3)
    code, out, _ = run(*words, "--json")
    assert code == 0
    answer = json.loads(out.splitlines()[-1])
    assert list(answer) == ["name", "findings", "table"]
    assert answer["name"] == "one-shot-evaluation"
    assert [set(finding) for finding in answer["findings"]] == [ENTRIES, ENTRIES]
    assert all(row["variant"] and row["trials"] == 2 for row in answer["table"])


def test_too_few_letters_is_told_with_the_numbers(run, drawings):
    words = ("casestudy", "one-shot-evaluation", "--data", drawings, "--language", "Alphabet_1", "--n-way", 4)
    code, _, err = run(*words)
    assert code == 2
    assert "needs 4 letters" in err and "has 3" in err


def test_a_table_has_a_column_for_each_metric_and_a_dash_where_there_is_none():
    from siamese_core.cli.study_commands import _table_text

    lines = _table_text([{"variant": "one", "eer": 0.123456}, {"variant": "two", "nan_step": 7, "eer": None}])
    assert [line.split() for line in lines.splitlines()] == [
        ["variant", "eer", "nan_step"],
        ["one", "0.1235", "-"],
        ["two", "-", "7"],
    ]
