"""The examples of the notebook's README, run as they stand there."""

import re
import shutil

import pytest

from helpers.commands import answers_csv
from helpers.paths import ROOT
from siamese_core.answers.pair_log import log_of
from siamese_core.images.store import ImageStore

BLOCKS = re.findall(
    r"^```python\n(.*?)^```", (ROOT / "siamese_core/notebook/README.md").read_text("utf-8"), re.M | re.S
)


@pytest.fixture
def here(small_slots, drawings, tmp_path, monkeypatch):
    """A folder with what the examples name: a workspace, two images and a folder of images."""
    shutil.copytree(small_slots / "checkpoints", tmp_path / "workspace" / "checkpoints")
    for name, file in zip(("left.png", "right.png"), drawings, strict=False):
        shutil.copy(file, tmp_path / name)
    (tmp_path / "folder").mkdir()
    for place, file in enumerate(drawings[:6]):
        shutil.copy(file, tmp_path / "folder" / f"{place}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(blocks: list[str]) -> dict:
    names = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    return names


def test_the_examples_compare_classify_find_and_answer(here, capsys):
    names = run(BLOCKS[:3])
    assert len(names["pairs"]) == 3
    assert "data:image" in names["pairs"]._repr_html_()
    answers = names["answers"]
    assert (answers["annotator"] == "Ada").all()
    assert sorted(answers["task"].unique()) == ["one_shot", "queue"]
    assert answers.loc[answers["task"] == "queue", "probability"].between(0, 1).all()
    assert "koch" in capsys.readouterr().out


@pytest.mark.soak
def test_the_example_of_retraining_shows_what_changed(here, capsys):
    home = here / "workspace"
    log_of(home).import_csv(answers_csv(home, here / "answers.csv"), ImageStore(home / "images"))
    names = run(BLOCKS[:1])
    exec(compile(BLOCKS[3], "README.md", "exec"), names)
    retrained = names["retrained"]
    assert retrained.reason in capsys.readouterr().out
    assert retrained.to_frame()["measure"].tolist()[0] == "right on the holdout"
    assert retrained.reason.split(".")[0] in retrained._repr_html_()
    assert len(retrained.plot().data) == 2
