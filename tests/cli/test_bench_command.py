"""`bench` as people and programs call it, with small checkpoints in both slots."""

from pathlib import Path

import numpy as np
import pytest

from helpers.samples import write_class_folders
from helpers.small_checkpoints import promote_small
from siamese_core.checkpoints.checkpoint import read_card, write_card
from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.cli.bench_command import SPEED
from siamese_core.cli.commands import Answer
from siamese_core.cli.main import main
from siamese_core.cli.options import build_parser
from siamese_core.networks.encoders import SLOTS


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A workspace with a small checkpoint in both slots; koch's says that it was trained on photographs."""
    home = promote_small(tmp_path_factory.mktemp("home") / "workspace", *SLOTS)
    folder = CheckpointStore(home).current_folder("koch")
    write_card(folder, read_card(folder) | {"trained_on": PHOTOGRAPHS})
    return home


def measured(home: Path, *words: object) -> Answer:
    options = build_parser().parse_args(["--workspace", str(home), "bench", *map(str, words)])
    return options.run(options, lambda share, words: None)


@pytest.fixture(scope="module")
def speed(home) -> Answer:
    return measured(home, *SPEED)


@pytest.fixture(scope="module")
def loop(home, tmp_path_factory) -> Answer:
    folder = write_class_folders(tmp_path_factory.mktemp("loop"), np.random.default_rng(0), 1, 16, 6)
    return measured(home, "loop", "--data", folder, "--answers", 40, "--seeds", 2, "--encoder", "koch")


def test_speed_is_told_against_the_obvious_way(speed):
    assert list(speed.json) == ["benchmarks"]
    found = speed.json["benchmarks"]
    assert [each["name"] for each in found] == ["one-shot", "head", "compare", "log append", "log read"]
    for each in found:
        assert set(each) == {"name", "ours_s", "baseline_s", "ratio", "n"}
        assert each["ours_s"] > 0 and each["baseline_s"] > 0 and each["n"] > 0
        assert each["ratio"] == pytest.approx(each["baseline_s"] / each["ours_s"], rel=0.05, abs=0.02)
    ratios = {each["name"]: each["ratio"] for each in found}
    assert ratios["log append"] > 1 and ratios["compare"] > 1


def test_the_table_is_for_people(speed):
    heading, *lines = speed.text.splitlines()
    assert heading.split() == ["benchmark", "ours", "the", "obvious", "way", "times", "faster", "n"]
    assert [line.partition("  ")[0] for line in lines] == [each["name"] for each in speed.json["benchmarks"]]


def test_the_loop_tells_what_the_contract_asks_for(loop):
    assert list(loop.json) == ["benchmarks"]
    found = loop.json["benchmarks"]
    assert len(found) == 8
    assert {each["split"] for each in found} == {"seen classes", "unseen classes"}
    assert {(each["queue"], each["answers"], each["wrong"]) for each in found} == {
        ("queue", 40, 0.0),
        ("queue", 20, 0.0),
        ("random", 40, 0.0),
        ("queue", 40, 0.05),
    }
    assert all(each["encoder"] == "koch" and each["seeds"] == 2 for each in found)


def test_a_checkpoint_that_never_saw_such_images_is_named_under_the_table(loop):
    last = loop.text.splitlines()[-1]
    assert last.startswith("small_cnn-") and "it never saw the like" in last


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
