"""What the README says is so: its front matter, its commands, its files."""

import re
import shlex

import pytest

from helpers.paths import ROOT
from siamese_core.cli.main import build_parser

README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"python -m siamese_core +([^`\n]+)", README)


def section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def front_matter() -> dict[str, str]:
    """The lines `key: value` between the first two `---`."""
    lines = README.split("---\n")[1].splitlines()
    return {key: value.strip().strip('"') for key, value in (line.split(":", 1) for line in lines)}


def test_a_space_installs_the_gradio_that_is_required():
    assert f"gradio=={front_matter()['sdk_version']}" in (ROOT / "requirements.txt").read_text().splitlines()


def test_a_space_finds_what_it_starts():
    told = front_matter()
    assert (told["title"], told["sdk"], told["license"]) == ("Siamese Workbench", "gradio", "mit")
    assert told["python_version"] == "3.11"
    assert (ROOT / told["app_file"]).is_file()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_readme_is_one_that_the_program_takes(command):
    assert build_parser().parse_args(shlex.split(command))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_asset_in_a_command_is_there(command):
    assert all((ROOT / word).exists() for word in shlex.split(command) if word.startswith("assets/"))


def test_every_row_of_the_command_line_table_shows_its_own_command():
    rows = re.findall(r"^\| `(\S+)` \|.*`python -m siamese_core (\S+)", section("Command line"), re.M)
    assert len(rows) >= 7
    assert all(named == shown for named, shown in rows)


def test_every_picture_and_link_into_the_project_leads_somewhere():
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", README) if "://" not in target]
    assert targets
    assert all((ROOT / target.split("#")[0]).exists() for target in targets)


@pytest.mark.parametrize("target", re.findall(r"\bmake (\w+)\b", section("Start")))
def test_every_make_target_of_the_readme_exists(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M)
