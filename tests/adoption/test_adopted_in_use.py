"""Everything works with an adopted network: diagnose, evaluate, mine, retrain."""

import itertools
import json

import numpy as np
import pytest

from helpers.own_networks import colour_folders, onnx_tower, tower
from helpers.small_checkpoints import promote_small
from siamese_core.adoption.known_pairs import pairs_of_answers
from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.cli.main import main
from siamese_core.data.datasets import load_dataset
from siamese_core.workspace.recording import Annotator
from siamese_core.workspace.workbench import Workbench

ANNE = Annotator("Anne")


@pytest.fixture(scope="module")
def colours(tmp_path_factory):
    return colour_folders(tmp_path_factory.mktemp("colours"), seed=1)


@pytest.fixture(scope="module", params=["keras", "onnx"])
def home(request, tmp_path_factory, colours):
    """A workspace whose slot resnet50 serves photographs by an adopted network, with answers about them."""
    home = tmp_path_factory.mktemp(request.param)
    promote_small(home, "koch")
    file = home / f"tower.{request.param}"
    if request.param == "keras":
        tower().save(file)
    else:
        onnx_tower(file)
    assert main(["--workspace", str(home), "checkpoints", "adopt", str(file), "--data", str(colours)]) == 0
    return home


def called(capsys, home, *words) -> dict:
    assert main(["--workspace", str(home), *map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_it_is_examined(capsys, home, colours):
    findings = called(capsys, home, "diagnose", "--encoder", "resnet50", "--data", colours)["findings"]
    by_name = {each["check"]: each for each in findings}
    named = {"negative-cosine", "effective-rank", "embedding-norms", "milliseconds-an-image"}
    assert named <= set(by_name)
    assert by_name["preprocessing"]["level"] == "ok"


def test_it_is_measured(capsys, home, colours):
    words = ("evaluate", "one-shot", "--encoder", "resnet50", "--n-way", 5, "--episodes", 50)
    scores = called(capsys, home, *words, "--data", colours)
    assert scores["checkpoint"] == CheckpointStore(home).current_id("resnet50", PHOTOGRAPHS)
    assert scores["accuracy"] > 0.8


def test_pairs_are_mined_with_it(capsys, home, colours):
    mined = called(capsys, home, "mine", "--images", colours, "--top", 5)
    assert len(mined["pairs"]) == 5


def test_its_head_is_retrained_and_its_encoder_only_if_it_is_one_of_keras(capsys, home, colours):
    bench, dataset = Workbench(home), load_dataset([colours])
    ids = [bench.images.add(dataset.image(number)) for number in range(len(dataset))]
    rng = np.random.default_rng(0)
    pairs = list(itertools.combinations(range(len(ids)), 2))
    same = [pair for pair in pairs if dataset.labels[pair[0]] == dataset.labels[pair[1]]]
    other = [pairs[place] for place in rng.permutation(len(pairs))[:60]]
    for left, right in dict.fromkeys([*same[::2], *other]):
        answer = "same" if dataset.labels[left] == dataset.labels[right] else "different"
        bench.answer(ids[left], ids[right], answer, ANNE)
    known = pairs_of_answers(bench, rng)  # as adopting without --data takes them
    assert known.same.sum() >= len(same[::2]) and len(np.unique(known.identity)) < len(known.images)
    words = ("retrain", "--encoder", "resnet50", "--promote", "never")
    if (home / "tower.keras").exists():
        candidate = called(capsys, home, *words, "--mode", "full")["candidate"]
        assert load_checkpoint(bench.checkpoints.folder(candidate)).card.mode == "full"
    else:
        candidate = called(capsys, home, *words, "--mode", "head")["candidate"]
        assert main(["--workspace", str(home), *words, "--mode", "full", "--json"]) == 2
        assert "must be one of Keras" in capsys.readouterr().err
    assert load_checkpoint(bench.checkpoints.folder(candidate)).card.adopted["file"].startswith("tower.")
