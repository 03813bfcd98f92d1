"""`one-shot` as people and programs call it."""

import shutil

import numpy as np
import pytest

from helpers.samples import alphabet, image_file
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.loader import Served


def test_one_shot_ranks_every_class_by_both_slots(run, own_slots, pair, support):
    found = run("one-shot", "--query", pair[0], "--support", support, "--json").json()
    assert list(found) == ["query", "results"]
    assert [result["encoder"] for result in found["results"]] == list(SLOTS)
    for result in found["results"]:
        assert list(result)[:5] == ["encoder", "checkpoint", "pick", "margin", "ranking"]
        similarities = [each["similarity"] for each in result["ranking"]]
        assert all(list(each) == ["class", "similarity"] for each in result["ranking"])
        assert {each["class"] for each in result["ranking"]} == {"alu", "beko", "cini"}
        assert similarities == sorted(similarities, reverse=True)
        assert result["pick"] == result["ranking"][0]["class"]
        assert result["margin"] == pytest.approx(similarities[0] - similarities[1])


def test_one_shot_finds_an_image_that_is_in_the_support_set(run, own_slots, support):
    query = next((support / "cini").iterdir())
    found = run("one-shot", "--query", query, "--support", support, "--encoder", "koch", "--json").json()
    assert [result["pick"] for result in found["results"]] == ["cini"]


def test_a_support_set_is_embedded_once_whatever_is_asked_about_it(
    run, own_slots, pair, support, monkeypatch
):
    embedded, forward = [], Served.forward

    def counting(served: Served, prepared: np.ndarray) -> np.ndarray:
        embedded.append(len(prepared))
        return forward(served, prepared)

    monkeypatch.setattr(Served, "forward", counting)
    words = ("--support", support, "--encoder", "koch", "--json")
    first = run("one-shot", "--query", pair[0], *words).json()
    assert sum(embedded) == 5 + 1
    embedded.clear()
    second = run("one-shot", "--query", pair[0], *words).json()
    run("one-shot", "--query", pair[1], *words).json()
    assert embedded == [1, 1]
    similarities = [
        [each["similarity"] for each in said["results"][0]["ranking"]] for said in (first, second)
    ]
    assert similarities[1] == pytest.approx(similarities[0], abs=1e-5)


def test_one_shot_takes_files_that_are_each_a_class(run, own_slots, drawings):
    character = drawings / "Alphabet_1" / "character01"
    query = character / "0001_01.png"
    words = ("--query", query, "--support", character, "--encoder", "koch")
    assert run("one-shot", *words, "--json").json()["results"][0]["pick"] == "0001_01"
    assert ": 0001_01 (margin" in run("one-shot", *words).text()


def test_a_long_ranking_is_cut_for_people_and_whole_in_json(run, own_slots, tmp_path):
    for number, glyph in enumerate(alphabet(np.random.default_rng(2), 1, 45, 32)[0]):
        (tmp_path / f"class{number:02d}.png").write_bytes(image_file(glyph))
    words = ("one-shot", "--query", tmp_path / "class03.png", "--support", tmp_path, "--encoder", "koch")
    assert len(run(*words, "--json").json()["results"][0]["ranking"]) == 45
    assert "\nand 35 more\n" in run(*words).text()


def test_twins_under_two_class_names_are_named(run, own_slots, support, tmp_path):
    support = shutil.copytree(support, tmp_path / "support")
    twin = next((support / "cini").iterdir())
    (support / "twin").mkdir()
    (support / "twin" / twin.name).write_bytes(twin.read_bytes())
    told = run("one-shot", "--query", twin, "--support", support, "--encoder", "koch").text()
    assert "cini and twin hold the same image" in told or "twin and cini hold the same image" in told
