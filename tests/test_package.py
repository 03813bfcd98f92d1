"""The wheel: what is in it, and what it installs."""

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from helpers.paths import ASSETS, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def required(file: str) -> list[str]:
    lines = (ROOT / file).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    (file,) = folder.iterdir()
    return file


@pytest.fixture(scope="module")
def commands(wheel, tmp_path_factory) -> Path:
    """The folder of the commands of an environment with the wheel, and with the libraries of this one."""
    home = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    (libraries,) = home.glob("lib/python*/site-packages")
    (own,) = {path for path in sys.path if path.endswith("site-packages")}
    (libraries / "libraries.pth").write_text(own)
    pip = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], capture_output=True, check=True)
    return home / "bin"


def run(commands: Path, folder: Path, *words: str) -> subprocess.CompletedProcess:
    """Run an installed command in a folder that has nothing of the project."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(commands / words[0]), *words[1:]]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_the_package_requires_what_a_space_installs():
    assert PROJECT["project"]["dependencies"] == required("requirements.txt")


def test_the_tests_build_with_the_backend_that_pip_installs():
    assert set(PROJECT["build-system"]["requires"]) <= set(required("tests/requirements.txt"))


def test_the_wheel_holds_the_package_and_the_assets_that_it_reads(wheel):
    modules = {file.relative_to(ROOT).as_posix() for file in ROOT.glob("siamese_core/**/*.py")}
    assets = {
        f"siamese_core/assets/{file.relative_to(ASSETS).as_posix()}"
        for name in ("web", "checkpoints", "samples")
        for file in (ASSETS / name).rglob("*")
        if file.is_file()
    }
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    assert modules | assets <= held
    others = {name for name in held - modules - assets if not re.match(r"[^/]+\.dist-info/", name)}
    assert {Path(name).suffix for name in others} <= {".md", ".jinja", ".sql", ".html"}
    assert not {name for name in held if name.startswith(("siamese_core/assets/tools", "tests/", "assets/"))}


def test_the_command_line_is_installed_and_works_where_nothing_of_the_project_is(commands, tmp_path):
    shown = run(commands, tmp_path, "siamese", "--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("usage: siamese ")
    checked = run(commands, tmp_path, "siamese", "log", "check", "--json")
    assert json.loads(checked.stdout)["rows"] == 0


def test_the_package_runs_as_a_module_and_ships_checkpoints(commands, tmp_path):
    listed = run(commands, tmp_path, "python", "-m", "siamese_core", "checkpoints", "list", "--json")
    shipped = json.loads(listed.stdout)["checkpoints"]
    assert {each["encoder"] for each in shipped} == {"koch", "resnet50"}
    assert all(Path(each["folder"]).is_relative_to(commands.parent) for each in shipped)


def test_the_page_is_installed_and_tells_what_is_wrong_with_its_options(commands, tmp_path):
    ended = run(commands, tmp_path, "siamese-workbench", "--port", "x")
    assert ended.returncode == 2
    assert ended.stderr.endswith("See siamese-workbench --help\n")
