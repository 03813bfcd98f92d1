"""Pairs that were mined in shards come into the queue of another workspace, as they were drawn."""

import numpy as np
import pytest

from helpers.commands import copied
from siamese_core.labelling.mined_pairs import read_pairs
from siamese_core.labelling.pool import Pool
from siamese_core.labelling.queue import Questions
from siamese_core.workspace.workbench import Workbench


@pytest.fixture(scope="module")
def mined(slots, drawings, tmp_path_factory):
    """A folder with shards of the drawings, and the pairs mined in them as JSON and as a file."""
    import json

    from siamese_core.cli.main import main

    home = copied(slots, tmp_path_factory.mktemp("mined"))
    words = ["--workspace", str(home), "embed", "--data", str(drawings), "--out", str(home / "shards")]
    assert main(words) == 0
    capture = pytest.MonkeyPatch()
    printed = []
    capture.setattr("builtins.print", lambda *parts, **_: printed.append(" ".join(map(str, parts))))
    words = ["--workspace", str(home), "mine", "--embeddings", str(home / "shards"), "--top", "12"]
    try:
        assert main([*words, "--out", str(home / "mined.csv"), "--json"]) == 0
    finally:
        capture.undo()
    return home, json.loads(printed[-1])


def test_pairs_of_shards_come_as_those_of_a_folder(mined, drawings):
    home, answer = mined
    assert list(answer) == ["pairs", "images", "checkpoint", "recall"]
    assert answer["images"] == len(list(drawings.rglob("*.png"))) and answer["recall"]["share"] == 1.0
    assert len({frozenset((pair["left"], pair["right"])) for pair in answer["pairs"]}) == 12
    for pair in answer["pairs"]:
        assert list(pair)[:5] == ["left", "right", "similarity", "reason", "probability"]
        assert list(pair["similarity"]) == ["koch"] and 0 < pair["probability"] <= 1
    files = [(each.left_id, each.left_file, each.probability) for each in read_pairs(home / "mined.csv")]
    assert files == [(pair["left"], pair["left_file"], pair["probability"]) for pair in answer["pairs"]]


def test_hard_negatives_are_of_different_folders_and_disagreement_takes_two(mined, run):
    home, _ = mined
    words = ("mine", "--embeddings", home / "shards", "--top", 5, "--strategy")
    for pair in run(*words, "hard_negative", "--json", home=home).json()["pairs"]:
        assert pair["left_file"].rpartition("/")[0] != pair["right_file"].rpartition("/")[0]
    assert "two encoders" in run(*words, "disagreement", home=home).error()


def test_loaded_pairs_are_asked_first_with_their_probabilities(mined, run, own_slots, tmp_path):
    home, answer = mined
    pairs = tmp_path / "pairs.csv"
    rows = read_pairs(home / "mined.csv")
    pairs.write_text((home / "mined.csv").read_text().replace(rows[-1].left_file, "away.png"))
    gone = sum(rows[-1].left_file in (each.left_file, each.right_file) for each in rows)
    loaded = run("load", pairs, "--json", home=own_slots).json()
    assert loaded["pairs"] == len(rows) - gone and loaded["left_out"]["counts"] == {"unreadable": 1}
    workbench = Workbench(own_slots)
    questions = Questions(workbench, Pool(workbench), np.random.default_rng(0))
    asked = questions.next_pairs(loaded["pairs"], "Anne")
    drawn = {frozenset((each["left"], each["right"])): each for each in answer["pairs"]}
    for each in asked:
        before = drawn[frozenset(each.pair)]
        assert (each.reason, each.probability) == (before["reason"], before["probability"])
    assert not {each.pair for each in questions.next_pairs(3, "Ben")} & {each.pair for each in asked}
    assert run("load", pairs, "--json", home=own_slots).json()["pairs"] == 0


def test_a_file_that_is_no_list_of_pairs_is_told(run, own_slots, tmp_path):
    (tmp_path / "pairs.csv").write_text("left,right\na,b\n")
    assert "Mined pairs are a CSV file" in run("load", tmp_path / "pairs.csv").error()
