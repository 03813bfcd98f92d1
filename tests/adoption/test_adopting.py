"""Adopting as a whole: a file and class folders in, a checkpoint that serves out."""

import numpy as np
import pytest

from helpers.own_networks import colour_folders, onnx_tower, tower
from siamese_core.adoption.adopting import AdoptionRequest, adopt
from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.checkpoints.naming import checkpoint_words
from siamese_core.data.datasets import load_dataset
from siamese_core.errors import UserError
from siamese_core.workspace.workbench import Workbench


def quiet(share: float, words: str) -> None:
    """No progress is shown."""


@pytest.fixture(scope="module")
def colours(tmp_path_factory):
    return colour_folders(tmp_path_factory.mktemp("colours"))


@pytest.fixture(scope="module", params=["keras", "onnx"])
def adopted(request, tmp_path_factory, colours):
    """A workbench whose slot resnet50 serves photographs by an adopted network, and what was found out."""
    home = tmp_path_factory.mktemp(request.param)
    if request.param == "keras":
        tower().save(home / "tower.keras")
    else:
        onnx_tower(home / "tower.onnx")
    bench = Workbench(home / "workspace")
    wanted = AdoptionRequest(str(home / f"tower.{request.param}"), "resnet50", PHOTOGRAPHS, [colours])
    return bench, adopt(bench, wanted, quiet)


def test_the_preparation_that_the_network_was_made_for_is_found(adopted):
    _, adoption = adopted
    centred = {"-1..1", "ImageNet mean and deviation", "CLIP mean and deviation"}
    worse = {each.values.name for each in adoption.verified.trials if each.is_worse}
    told = adoption.json()
    assert told["values"] in centred and "0..255" in worse
    assert len(told["tried"]) == 18
    assert told["preprocessing"] == told["tried"][0]["preprocessing"]
    assert "preparation" in told["notes"][-1] or "apart" in told["notes"][-1] or "matter" in told["notes"][-1]


def test_it_serves_photographs_in_its_slot(adopted, colours):
    bench, adoption = adopted
    dataset = load_dataset([colours])
    images = [dataset.image(number) for number in range(8)]
    (alike,) = bench.matcher.compare(images[0], images[1], ["resnet50"])
    (unlike,) = bench.matcher.compare(images[0], images[4], ["resnet50"])
    assert alike.checkpoint == unlike.checkpoint == adoption.checkpoint.id
    assert alike.similarity > unlike.similarity and alike.same and not unlike.same
    (ranking,) = bench.matcher.one_shot(images[1], [("a", images[0]), ("b", images[4])], ["resnet50"])
    assert ranking.pick == "a"


def test_it_embeds_as_the_network_did(adopted, colours):
    _, adoption = adopted
    loaded = load_checkpoint(adoption.folder)
    images = [load_dataset([colours]).image(number) for number in range(5)]
    prepared = np.stack([loaded.prepare(image) for image in images])
    expected = tower().predict_on_batch(adoption.verified.chosen.values.of(prepared))
    np.testing.assert_allclose(loaded.embed(images), expected, atol=1e-4)
    assert loaded.card.adopted["sha256"] == adoption.opened.sha256
    assert loaded.card.trained_on == PHOTOGRAPHS


def test_people_read_the_name_of_its_file(adopted):
    _, adoption = adopted
    assert checkpoint_words(adoption.checkpoint.card, "workspace").startswith("tower, adopted on ")


def test_a_network_that_was_damaged_since_is_noticed(adopted):
    _, adoption = adopted
    file = next(adoption.folder.glob("network.*"))
    whole = file.read_bytes()
    try:
        file.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(UserError, match="must hold a network"):
            load_checkpoint(adoption.folder)
    finally:
        file.write_bytes(whole)
