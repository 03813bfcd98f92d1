"""What the READMEs say is so: their commands, files, links, names and pictures."""

import argparse
import json
import re
import shlex
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from helpers.paths import ROOT
from siamese_core import PACKAGES
from siamese_core.cli.parser import build_parser
from siamese_core.networks.encoders import SLOTS
from siamese_core.page.serving.options import parsed_options

MAX_LINES = 170
GLOSSARY_LINES = 10
QUESTIONS = 6
PRIVATE_WORDS = re.compile(r"\b(kin|strangers?|habits?|shelf|shelves|likest|learnt)\b", re.I)

FILES = [ROOT / "README.md", *sorted(ROOT.glob("siamese_core/**/README.md"))]
FILES += [*sorted(ROOT.glob("assets/**/README.md")), ROOT / "tests" / "README.md"]
TEXTS = {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in FILES}
README, CODE_README = TEXTS["README.md"], TEXTS["siamese_core/README.md"]
MODEL_CARD = TEXTS["assets/checkpoints/README.md"]


def found_in_all(pattern: str) -> list[tuple]:
    """(README, what the groups of the pattern matched ...) for each match in any README."""
    matches = [(name, found) for name, text in TEXTS.items() for found in re.finditer(pattern, text, re.M)]
    return [(name, *found.groups()) for name, found in matches]


COMMANDS = sorted({command for _, command in found_in_all(r"python -m siamese_core +([^`\n]+)")})
LINKS = sorted({(name, link) for name, link in found_in_all(r"\]\(([^)]+)\)") if "://" not in link})


def section(text: str, title: str) -> str:
    return text.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(table: str) -> list[list[str]]:
    """The cells of each line of a table but its head."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


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


def test_the_first_readme_can_be_read_in_one_go():
    assert len(README.splitlines()) <= MAX_LINES


def test_the_glossary_explains_ten_lines_of_words():
    words = rows(section(README, "Glossary"))
    assert len(words) == GLOSSARY_LINES
    assert all(len(row) == 2 and all(row) for row in words)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_one_that_the_program_takes(command):
    assert build_parser().parse_args(shlex.split(command))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_asset_in_a_command_is_there(command):
    assert all((ROOT / word).exists() for word in shlex.split(command) if word.startswith("assets/"))


@pytest.mark.parametrize(("readme", "options"), found_in_all(r'make run ARGS="([^"]+)"'))
def test_the_server_takes_the_options_that_are_shown(readme, options):
    assert parsed_options(shlex.split(options))


@pytest.mark.parametrize(("readme", "module"), found_in_all(r"python -m (assets[\w.]+)"))
def test_every_script_that_makes_an_asset_is_there(readme, module):
    assert (ROOT / f"{module.replace('.', '/')}.py").is_file()


def test_the_table_of_commands_has_a_row_for_each_with_its_own_example():
    shown = re.findall(
        r"^\| `(\S+)` \|.*`python -m siamese_core (\S+)", section(README, "Command line"), re.M
    )
    assert all(named == example for named, example in shown)
    groups = [each for each in build_parser()._actions if isinstance(each, argparse._SubParsersAction)]
    assert sorted(named for named, _ in shown) == sorted(groups[0].choices)


@pytest.mark.parametrize(("readme", "target"), found_in_all(r"(?:^|`)make (\w+)"))
def test_every_make_target_exists(readme, target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M)


def test_the_package_gives_the_programs_and_the_extra_that_are_shown():
    package = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert all(f"`{name}`" in section(README, "Start") for name in package["scripts"])
    assert all(find_spec(target.partition(":")[0]) for target in package["scripts"].values())
    extras = {extra for _, extra in found_in_all(r"pip install '\.\[(\w+)\]'")}
    assert extras and extras <= set(package["optional-dependencies"])


def anchors(text: str) -> set[str]:
    """What a link can name in a page: its headings as GitHub spells them."""
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(("readme", "link"), LINKS)
def test_every_picture_and_link_into_the_project_leads_somewhere(readme, link):
    path, _, anchor = link.partition("#")
    target = ROOT / readme if not path else (ROOT / readme).parent / path
    assert target.exists(), f"{readme} names {path}, which is gone: name what took its place"
    assert not anchor or anchor in anchors(target.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("readme", "name", "file"), found_in_all(r"`(\w+)`\s+in\s+\[[^\]]+\]\(([^)#]+)\)"))
def test_every_name_is_in_the_file_that_is_given_for_it(readme, name, file):
    text = ((ROOT / readme).parent / file).read_text(encoding="utf-8")
    assert re.search(rf"\b{name}\b", text), f"{readme} says that {name} is in {file}, where it is no more"


@pytest.mark.parametrize("slot", SLOTS)
def test_the_model_card_has_the_figures_of_the_shipped_checkpoints(slot):
    stored = json.loads((ROOT / "assets" / "checkpoints" / slot / "card.json").read_text())
    one_shot, verification = stored["metrics"]["one_shot"], stored["metrics"]["verification"]
    row = next(line for line in MODEL_CARD.splitlines() if line.startswith(f"| `{slot}`, "))
    assert f"| {stored['images_before'] + stored['training_images']:,} |" in row
    for measured in (one_shot, verification):
        share, low, high = (100 * each for each in (measured["accuracy"], *measured["ci95"]))
        assert f"| {share:.1f} % ({low:.1f} to {high:.1f}), " in row
    assert f"{one_shot['correct']:,} of {one_shot['trials']:,}" in row
    assert f"{verification['accuracy'] * verification['pairs']:,.0f} of {verification['pairs']:,}" in row
    assert f"| {verification['roc_auc']:.3f} | {100 * verification['eer']:.1f} % |" in row
    assert f"| {verification['ece']:.3f} | {stored['storage']['bytes'] / 1e6:.1f} MB |" in row
    assert f"`{stored['id']}`" in MODEL_CARD


def test_the_six_questions_are_answered_with_files():
    answered = rows(section(CODE_README, "Six questions"))
    assert len(answered) == QUESTIONS
    assert all(question.endswith("?") and "](" in answer for question, answer in answered)


def test_the_picture_shows_every_package_in_the_order_of_imports():
    picture = (ROOT / "assets" / "pictures" / "packages.svg").read_text(encoding="utf-8")
    shown = re.findall(r'class="name"[^>]*>(\w+)<', picture)
    assert shown == [name for name in PACKAGES if name != "__main__"]


@pytest.mark.parametrize("readme", TEXTS)
def test_the_words_are_those_of_the_field(readme):
    assert not PRIVATE_WORDS.findall(TEXTS[readme])


def test_the_readmes_are_found():
    assert {Path(name).parent.name for name in TEXTS} >= {"", "siamese_core", "casestudies", "bench"}
    assert len(COMMANDS) > 20
