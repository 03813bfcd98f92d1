"""The calls over HTTP that the README shows, made as they stand there against the running app."""

import json
import os
import re
import shutil
import subprocess
from fnmatch import fnmatch
from urllib.request import urlopen

import pytest

from helpers.browsing import logged
from helpers.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
HTTP, WORKSPACE = (
    README.split(f"\n## {title}\n")[1].split("\n## ")[0] for title in ("HTTP", "What lies in a workspace")
)
SHOWN_ADDRESS = "http://127.0.0.1:7860"


def example(language: str, address: str) -> str:
    """The code block in this language, with the address of the app under test."""
    block = re.search(rf"^```{language}\n(.*?)^```", HTTP, re.M | re.S).group(1)
    assert SHOWN_ADDRESS in block
    return block.replace(SHOWN_ADDRESS, address)


def test_the_python_example_compares_answers_and_takes_back(quick_app, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    names = {}
    exec(compile(example("python", quick_app.url), "README.md", "exec"), names)
    names["app"].close()
    printed = capsys.readouterr().out
    for said in names["compared"]["results"]:
        assert f"{said['encoder']} {said['similarity']} {said['threshold']} {said['same']}" in printed
    answered = names["saved"]["label_id"]
    rows = [(row.event, row.answer) for row in logged(quick_app.workspace) if row.label_id == answered]
    assert rows == [("label", "same")]
    assert answered in [row.target_id for row in logged(quick_app.workspace) if row.event == "undo"]


def test_every_endpoint_is_shown_with_its_parameters(quick_app):
    with urlopen(f"{quick_app.url}/gradio_api/info") as answer:
        endpoints = json.loads(answer.read())["named_endpoints"]
    parameters = {
        name: [each["parameter_name"] for each in told["parameters"]] for name, told in endpoints.items()
    }
    shown = {
        name: found.split(", ") if found else [] for name, found in re.findall(r"`(/\w+)\(([^)]*)\)`", HTTP)
    }
    assert shown == parameters


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_curl_example_tells_the_status(quick_app):
    finished = subprocess.run(
        ["bash", "-euc", example("bash", quick_app.url)],
        env=os.environ | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    event, data = finished.stdout.strip().split("\n")[-2:]
    assert event == "event: complete"
    assert json.loads(data.removeprefix("data: "))[0]["ready"] is True


def test_all_that_lies_in_a_workspace_is_explained(quick_app):
    explained = re.findall(r"`([\w.*]+)/?`", "\n".join(re.findall(r"^\|([^|]+)\|", WORKSPACE, re.M)))
    found = [path.name for path in quick_app.workspace.iterdir()]
    assert "pairs.csv" in explained and "checkpoints" in found
    assert not [name for name in found if not any(fnmatch(name, each) for each in explained)]
