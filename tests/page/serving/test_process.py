"""The page as a process: what cannot be served is told in one line, and nothing is reported to anybody."""

import json
import os
import re
import subprocess
import sys
from urllib.request import urlopen

import pytest

from helpers.paths import ROOT
from helpers.servers import free_port
from siamese_core.page.serving.options import parsed_options
from siamese_core.page.serving.process import main, set_environment


@pytest.fixture
def environment(monkeypatch) -> dict[str, str]:
    """What the program sets is gone after the test."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GRADIO", "HF_"))}
    monkeypatch.setattr(os, "environ", clean)
    return clean


def refusal(capsys, *arguments: str) -> str:
    """What the program writes to standard error before it ends with exit code 2."""
    assert main([*arguments]) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: ") and len(told.splitlines()) == 1
    return told


def test_a_taken_port_is_told_in_one_line(quick_app):
    port = quick_app.url.rpartition(":")[2]
    command = [sys.executable, "app.py", "--port", port, "--workspace", str(quick_app.workspace)]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 2
    assert re.fullmatch(rf"error: Port {port} of 127.0.0.1 must be free\..+--port\.\n", finished.stderr)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--workspace", "/proc/self/fdinfo", "--workspace must be a folder that can be written to"),
        ("--host", "nowhere.invalid", "--host must be an address of this machine"),
    ],
)
def test_what_cannot_be_served_is_told_in_one_line(environment, capsys, tmp_path, option, value, words):
    told = refusal(capsys, "--workspace", str(tmp_path / "w"), "--port", str(free_port()), option, value)
    assert told.startswith(f"error: {words}. Received: {value} (")


@pytest.mark.parametrize(
    "wrong", [["--port", "x"], ["--prot", "7860"], ["--gold", "0.7"], ["--repeats", "x"]]
)
def test_options_that_are_none_are_told_in_one_line(environment, capsys, wrong):
    assert wrong[0] in refusal(capsys, *wrong)


@pytest.mark.parametrize(("folder", "words"), [("missing", "which is none"), ("empty", "Received: 0 in")])
def test_a_folder_without_images_to_label_is_told_in_one_line(environment, capsys, tmp_path, folder, words):
    (tmp_path / "empty").mkdir()
    workspace = ["--workspace", str(tmp_path / "w"), "--port", str(free_port())]
    assert words in refusal(capsys, *workspace, "--images", str(tmp_path / folder))


def test_nothing_is_reported_to_anybody(environment, quick_app):
    with urlopen(f"{quick_app.url}/config") as reply:
        assert json.load(reply)["analytics_enabled"] is False
    set_environment(parsed_options(["--workspace", "w"]), ROOT / "u")
    names = ("GRADIO_ANALYTICS_ENABLED", "HF_HUB_DISABLE_TELEMETRY", "GRADIO_TEMP_DIR")
    assert [environment[name] for name in names] == ["False", "1", str(ROOT / "u")]
