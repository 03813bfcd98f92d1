"""The shape of the whole, held by reading the code itself."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from siamese_core import MODULES

PACKAGE = Path(__file__).resolve().parent.parent / "siamese_core"
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")
MAX_LINES = 320
# what an import is called where the distribution is called otherwise, and what gradio requires and bounds
DISTRIBUTIONS = {"PIL": "pillow", "pillow_heif": "pillow"}
COME_WITH_GRADIO = {"gradio_client", "markupsafe", "starlette"}
WITHOUT_TENSORFLOW = (
    "errors",
    "images.decoding",
    "images.ink",
    "metrics",
    "data.datasets",
    "data.sampling",
    "answers.pair_log",
)

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))


def layer(file: Path) -> str:
    """The entry of `MODULES` that a file belongs to: its own name, or its folder's."""
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_names(file: Path) -> set[str]:
    """Every module that `file` imports, absolute and dotted; a name taken from one is `module.name`."""
    package = ["siamese_core", *file.relative_to(PACKAGE).parts[:-1]]
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            names |= {f"{origin}.{alias.name}" for alias in node.names}
    return names


def imported_layers(file: Path) -> set[str]:
    """The entries of `MODULES` that `file` imports from."""
    parts = [name.split(".") for name in imported_names(file)]
    return {part[1] for part in parts if part[0] == "siamese_core" and part[1] in MODULES}


def test_the_list_names_exactly_the_modules_that_exist():
    assert sorted(MODULES) == sorted({layer(file) for file in FILES})


def test_the_package_itself_imports_nothing():
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


@each_file
def test_imports_go_downwards_only(file):
    own = layer(file)
    allowed = set(MODULES[MODULES.index(own) + 1 :])
    if (PACKAGE / own).is_dir():
        allowed.add(own)
    assert imported_layers(file) <= allowed


@each_file
def test_only_the_page_imports_gradio(file):
    gradio = {name for name in imported_names(file) if name.split(".")[0] in ("gradio", "gradio_client")}
    assert not gradio or layer(file) == "page"


@each_file
def test_no_module_needs_a_system_that_is_like_unix(file):
    assert not imported_names(file) & {"fcntl", "resource", "pwd", "grp", "termios", "pty", "posix"}


@each_file
def test_a_module_stays_short_enough_to_be_read_in_one_go(file):
    assert len(file.read_text().splitlines()) <= MAX_LINES


@each_file
def test_every_library_that_is_imported_is_required(file):
    required = set(re.findall(r"^[a-z0-9]+", (PACKAGE.parent / "requirements.txt").read_text(), re.M))
    imported = {name.split(".")[0] for name in imported_names(file)} - {"siamese_core"}
    libraries = {DISTRIBUTIONS.get(name, name) for name in imported - sys.stdlib_module_names}
    assert libraries <= required | COME_WITH_GRADIO


def test_data_modules_do_not_load_tensorflow():
    lines = [f"import siamese_core.{name}" for name in WITHOUT_TENSORFLOW]
    lines += ["import sys", "print(*{name.split('.')[0] for name in sys.modules})"]
    finished = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not {"tensorflow", "keras", "gradio"} & set(finished.stdout.split())


def test_the_checks_see_every_way_to_import(tmp_path, monkeypatch):
    """The reading above on a file with each form of import, so that it cannot pass by seeing nothing."""
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    monkeypatch.setitem(globals(), "MODULES", ("page", "ink", "heads", "images", "metrics", "errors"))
    file = tmp_path / "page" / "tab.py"
    file.parent.mkdir()
    own = "siamese_core"
    file.write_text(
        f"import {own}.ink\nimport gradio as gr\nfrom {own} import heads\n"
        f"from {own}.images import thumbnail\nfrom . import look\nfrom ..errors import UserError\n"
        "def late():\n    from .. import metrics\n"
    )
    assert imported_layers(file) == {"ink", "heads", "images", "page", "errors", "metrics"}
    assert "gradio" in imported_names(file)
