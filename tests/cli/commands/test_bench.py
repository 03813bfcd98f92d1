"""`bench` as people and programs call it, with small checkpoints in both slots."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helpers.commands import copied
from helpers.samples import write_class_folders
from helpers.small_checkpoints import ship_small
from siamese_core.bench import loop as bench_loop
from siamese_core.bench.catalogue import SPEED
from siamese_core.bench.speed import (
    compare,
    embed_folder,
    evaluate,
    gallery,
    one_shot,
    retrain_head,
    status,
    support,
)
from siamese_core.checkpoints.card import read_card, write_card
from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.cli.command import CommandResult
from siamese_core.cli.parser import build_parser
from siamese_core.cli.terminal import print_parts
from siamese_core.networks.encoders import SLOTS

SERVERS = ("serve", "serve-seen", "start")  # start some, and are measured by hand
ROWS = [
    "one-shot",
    "compare",
    "evaluate",
    "support",
    "gallery",
    "gallery, 5 queries",
    "gallery, 8 bits",
    "find",
]
ROWS += ["embed-folder", "status poll", "status comparison"]
ROWS += ["log append", "log read", "retrain-head", "retrain-head 100,000"]
FEW = {
    one_shot: {"TRIALS": 4, "PREDICTED": 2},
    compare: {"ROUNDS": 2},
    evaluate: {"IMAGES": 40, "PARTS": 1},
    support: {"SUPPORT": 8},
    gallery: {"STORED": 400, "COMPARED": 300, "QUERIES": 5, "ROUNDS": 2, "SEARCHED": 300},
    embed_folder: {"FILES": 40},
    status: {"STORED": 30, "ROUNDS": 2},
    retrain_head: {"IMAGES": 80, "ANSWERS": 200, "MANY_IMAGES": 200, "MANY_ANSWERS": 300, "IDENTITIES": 20},
}


@pytest.fixture(scope="module")
def home(slots, tmp_path_factory) -> Path:
    """A workspace with a small checkpoint in both slots; koch's says that it was trained on photographs."""
    home = copied(slots, tmp_path_factory.mktemp("bench"))
    folder = CheckpointStore(home).current_folder("koch")
    write_card(folder, replace(read_card(folder), trained_on=PHOTOGRAPHS))
    return home


def measured(home: Path, *words: object) -> CommandResult:
    options = build_parser().parse_args(["--workspace", str(home), "bench", *map(str, words)])
    return options.run(options, lambda share, words: None)


@pytest.fixture(scope="module")
def speed(home, tmp_path_factory) -> CommandResult:
    with pytest.MonkeyPatch.context() as patch:
        shipped = ship_small(tmp_path_factory.mktemp("shipped"), *SLOTS)
        for module in (compare, gallery, status, support):
            patch.setattr(module, "SHIPPED", shipped)
        for module, sizes in FEW.items():
            for name, value in sizes.items():
                patch.setattr(module, name, value)
        return measured(home, *(name for name in SPEED if name not in SERVERS))


@pytest.fixture(scope="module")
def loop(home, tmp_path_factory) -> CommandResult:
    folder = write_class_folders(tmp_path_factory.mktemp("loop"), np.random.default_rng(0), 1, 16, 6)
    words = ("loop", "--data", folder, "--answers", 40, "--seeds", 1, "--encoder", "koch")
    some = [bench_loop.conditions(40)[place] for place in (0, 2, 3)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench_loop, "conditions", lambda answers: some)
        return measured(home, *words)


@pytest.mark.soak
def test_speed_is_told_against_the_plain_way(speed):
    assert list(speed.json) == ["benchmarks"]
    found = speed.json["benchmarks"]
    assert [each["name"] for each in found] == ROWS
    for each in found:
        assert set(each) - {"recall"} == {"name", "ours_s", "baseline_s", "ratio", "n"}
        assert each.get("recall", 1.0) >= 0.95
        assert each["ours_s"] > 0 and each["baseline_s"] > 0 and each["n"] > 0


@pytest.mark.soak
def test_the_table_is_for_people(speed, capsys):
    print_parts(speed.shown)
    heading, *lines, machine = capsys.readouterr().out.splitlines()
    assert heading.split() == ["benchmark", "ours", "the", "plain", "way", "ratio", "target", "n"]
    assert "processors" in machine
    assert [line.partition("  ")[0] for line in lines] == [each["name"] for each in speed.json["benchmarks"]]


def test_the_loop_tells_what_the_contract_asks_for(loop):
    assert list(loop.json) == ["benchmarks"]
    found = loop.json["benchmarks"]
    assert len(found) == 6
    assert {each["split"] for each in found} == {"seen classes", "unseen classes"}
    assert {(each["queue"], each["answers"], each["wrong"]) for each in found} == {
        ("queue", 40, 0.0),
        ("random", 40, 0.0),
        ("queue", 40, 0.05),
    }
    assert all(each["encoder"] == "koch" and each["seeds"] == 1 for each in found)


def test_a_checkpoint_that_never_saw_such_images_is_named_under_the_table(loop):
    last = loop.shown[-1]
    assert last.startswith("small_cnn-") and "it never saw the like" in last
