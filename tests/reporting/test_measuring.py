"""One report holds what the command line measures, on the same trials, each image embedded once."""

import json

import pytest

from siamese_core.cli.main import main
from siamese_core.images.store import ImageStore
from siamese_core.reporting.measuring import Wish, measure, shown_ids
from siamese_core.reporting.trials import Settings
from siamese_core.workspace.workbench import Workbench

ROUNDING = 1e-5  # embeddings of other batches differ in the last digits


def command_line(capsys, home, *words) -> dict:
    assert main(["--workspace", str(home), "evaluate", *map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


@pytest.mark.parametrize("name", ["koch", "resnet50", "fused"])
def test_the_numbers_are_those_of_the_command_line(report, measured_home, class_folders, capsys, name):
    (model,) = [each for each in report["models"] if each["key"] == name]
    options = ("--data", class_folders, "--encoder", name)
    asked = command_line(capsys, measured_home, "verification", *options, "--pairs", 60)
    for key in ("accuracy", "roc_auc", "eer", "tpr_at_fpr_0.01", "ece", "threshold"):
        assert model["verification"][key] == pytest.approx(asked[key], abs=ROUNDING)
    assert model["abstains"] == asked["abstains"]
    one_shot = ("one-shot", *options, "--n-way", 3, "--episodes", 40)
    asked = command_line(capsys, measured_home, *one_shot, *(["--baselines"] if name == "koch" else []))
    found = {(each["n_way"], each["k_shot"]): each for each in model["one_shot"]}
    assert found[3, 1]["correct"] == asked["correct"]
    for baseline in asked.get("baselines", []):
        (other,) = [each for each in report["models"] if each["key"] == baseline["encoder"]]
        assert other["one_shot"][0]["correct"] == baseline["correct"]


def test_a_report_is_plain_json_and_the_images_that_it_names_are_in_the_workspace(report, measured_home):
    assert json.loads(json.dumps(report, allow_nan=False)) == json.loads(json.dumps(report))
    store = ImageStore(measured_home / "images")
    assert all(image_id in store for image_id in shown_ids(report))
    assert len(report["play"]) == 20 and len(report["play"][0]["support"]) == 3
    assert [each["role"] for each in report["models"]] == ["serves"] * 2 + ["fused"] + ["baseline"] * 3


def test_n_and_k_grow_as_far_as_the_data_goes(report):
    shapes = [(each["n_way"], each["k_shot"]) for each in report["models"][0]["one_shot"]]
    assert shapes == [(2, 1), (3, 1), (3, 2), (3, 3), (5, 1)]
    assert [each["group"] for each in report["models"][0]["groups"]] == ["Alphabet_1", "Alphabet_2"]
    assert report["models"][0]["groups"][0]["one_shot"]["n_way"] == 3


def test_measuring_again_embeds_nothing_and_finds_the_same(report, measured_home, data):
    workbench = Workbench(measured_home)
    kept = {}
    find = workbench.matcher.kept.find

    def counted(checkpoint, ids, fresh=True):
        found = find(checkpoint, ids, fresh)
        kept[checkpoint.id] = kept.get(checkpoint.id, 0) + len(ids) - len(found)
        return found

    workbench.matcher.kept.find = counted
    wish = Wish(Settings(**report["settings"]))
    again = measure(workbench, data, wish, lambda share, words: None)
    assert set(kept.values()) == {0}
    for first, second in zip(report["models"], again["models"], strict=True):
        assert first["verification"]["similarities"] == second["verification"]["similarities"]


def test_work_that_is_cancelled_stops_at_the_next_report_of_progress(measured_home, data):
    class Enough(Exception):
        pass

    def progress(share, words):
        if share > 0:
            raise Enough

    with pytest.raises(Enough):
        measure(Workbench(measured_home), data, Wish(), progress)
