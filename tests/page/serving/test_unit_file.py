"""The unit for systemd that the page's README shows."""

import configparser
import re
import shlex
import shutil
import subprocess

import pytest

from helpers.paths import ROOT
from siamese_core.page.serving.options import parsed_options

UNIT = re.search(
    r"^```ini\n(.*?)^```", (ROOT / "siamese_core/page/README.md").read_text("utf-8"), re.M | re.S
)[1]


def test_its_command_line_is_the_programs():
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str
    unit.read_string(UNIT)
    assert set(unit) == {"DEFAULT", "Unit", "Service", "Install"}
    program, *words = shlex.split(unit["Service"]["ExecStart"])
    options = parsed_options(words)
    assert program.endswith("/siamese-workbench") and options.log_format == "json"
    assert str(options.workspace) == "/var/lib/" + unit["Service"]["StateDirectory"]
    assert int(unit["Service"]["TimeoutStopSec"]) > 10


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_finds_no_fault_in_it(tmp_path):
    program = tmp_path / "siamese-workbench"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    file = tmp_path / "workbench.service"
    file.write_text(UNIT.replace("/opt/workbench/bin/siamese-workbench", str(program)))
    told = subprocess.run(["systemd-analyze", "verify", "--man=no", file], capture_output=True, text=True)
    assert str(file.name) not in told.stderr
