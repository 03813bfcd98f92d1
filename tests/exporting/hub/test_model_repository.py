"""A checkpoint as a model repository, whose example is run."""

import json
import os
import re
import subprocess
import sys

import pytest
import yaml

from helpers.commands import process
from helpers.paths import ROOT
from siamese_core.checkpoints.card import read_card
from siamese_core.checkpoints.store import SHIPPED
from siamese_core.errors import UserError
from siamese_core.exporting.hub.model_repository import export_model


def test_the_card_has_the_metrics_and_the_calibration_in_the_hubs_format(tmp_path):
    export_model(SHIPPED / "koch", tmp_path / "repository")
    text = (tmp_path / "repository" / "README.md").read_text()
    head = yaml.safe_load(text.split("---\n")[1])
    card = read_card(SHIPPED / "koch")
    assert head["calibration"] == {"slope": card.calibration.slope, "intercept": card.calibration.intercept}
    assert head["threshold"] == card.threshold
    results = {each["dataset"]["config"]: each["metrics"] for each in head["model-index"][0]["results"]}
    assert results["one_shot"][0]["value"] == card.metrics["one_shot"]["accuracy"]
    assert {each["type"] for each in results["verification"]} == {"accuracy", "roc_auc", "eer", "ece"}
    assert "95 % interval" in text and card.id in text
    example = (tmp_path / "repository" / "example.py").read_text()
    assert f"```python\n{example}```" in text and len(example.splitlines()) <= 20


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").touch()
    with pytest.raises(UserError, match="new folder"):
        export_model(SHIPPED / "koch", tmp_path / "there")
    assert [each.name for each in (tmp_path / "there").iterdir()] == ["file"]


@pytest.mark.soak
def test_the_example_says_what_the_program_says(tmp_path):
    folder = tmp_path / "repository"
    export_model(SHIPPED / "koch", folder)
    left, right = sorted((ROOT / "assets" / "samples" / "pairs").glob("*.png"))[:2]
    command = [sys.executable, str(folder / "example.py"), str(folder), str(left), str(right)]
    variables = os.environ | {"PYTHONPATH": str(ROOT)}  # as where the program is installed
    told = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    found = re.fullmatch(r"(\d\.\d{4}) (same|different)\n", told.stdout)
    words = ("--workspace", tmp_path / "workspace", "--json", "compare", left, right, "--encoder", "koch")
    said = json.loads(process(*words).stdout)["results"][0]
    assert abs(float(found[1]) - said["similarity"]) < 2e-4
    assert found[2] == ("same" if said["same"] else "different")
