"""`bench` as people and programs call it, with small checkpoints in both slots."""

import json
from pathlib import Path

import numpy as np
import pytest

from samples import write_class_folders
from siamese_core.bench_command import SPEED
from siamese_core.cli import main
from siamese_core.domains import PHOTOGRAPHS, unlike
from siamese_core.encoders import SLOTS
from small_checkpoints import promote_small


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return promote_small(tmp_path_factory.mktemp("home") / "workspace", *SLOTS)


@pytest.fixture
def bench(capsys, home):
    def bench(*words: object) -> list[dict]:
        assert main(["--workspace", str(home), "bench", "--json", *map(str, words)]) == 0
        answer = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert list(answer) == ["benchmarks"]
        return answer["benchmarks"]

    return bench


def test_speed_is_told_against_the_obvious_way(bench):
    found = bench(*SPEED)
    assert [each["name"] for each in found] == ["one-shot", "head", "compare", "log append", "log read"]
    for each in found:
        assert set(each) == {"name", "ours_s", "baseline_s", "ratio", "n"}
        assert each["ours_s"] > 0 and each["baseline_s"] > 0 and each["n"] > 0
        assert each["ratio"] == pytest.approx(each["baseline_s"] / each["ours_s"], rel=0.05, abs=0.02)
    ratios = {each["name"]: each["ratio"] for each in found}
    assert ratios["log append"] > 1 and ratios["compare"] > 1


def test_the_loop_tells_what_the_contract_asks_for(bench, tmp_path):
    folder = write_class_folders(tmp_path, np.random.default_rng(0), 1, 16, 6)
    found = bench("loop", "--data", folder, "--answers", 40, "--seeds", 2, "--encoder", "koch")
    assert len(found) == 8
    assert {each["split"] for each in found} == {"seen classes", "unseen classes"}
    assert {(each["queue"], each["answers"], each["wrong"]) for each in found} == {
        ("queue", 40, 0.0),
        ("queue", 20, 0.0),
        ("random", 40, 0.0),
        ("queue", 40, 0.05),
    }
    assert all(each["encoder"] == "koch" and each["seeds"] == 2 for each in found)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["loop"], "needs images in class folders"),
        (["quick"], "A benchmark is one of one-shot, head, compare, log, loop. Received: quick"),
    ],
)
def test_what_cannot_be_measured_is_told_in_a_line(words, told, home, capsys):
    assert main(["--workspace", str(home), "bench", *words]) == 2
    assert told in capsys.readouterr().err


def test_the_table_is_for_people(home, capsys):
    assert main(["--workspace", str(home), "bench", "log"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["benchmark", "ours", "the", "obvious", "way", "times", "faster", "n"]
    assert lines[1].startswith("log append")


def test_a_checkpoint_that_never_saw_such_images_is_named_under_the_table(
    home, tmp_path, capsys, monkeypatch
):
    folder = write_class_folders(tmp_path, np.random.default_rng(0), 1, 16, 6)
    monkeypatch.setattr("siamese_core.bench_command.unlike", unlike_photographs)
    words = ["bench", "loop", "--data", str(folder), "--answers", "20", "--seeds", "1"]
    assert main(["--workspace", str(home), *words]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("small_cnn-") and "it never saw the like" in last


def unlike_photographs(card: dict, domain: str) -> str | None:
    return unlike(card | {"trained_on": PHOTOGRAPHS}, domain)
