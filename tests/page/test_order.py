"""Which part of the page may import which: serving, then the layout, then the tabs, then what tabs share."""

import ast
from pathlib import Path

import pytest

from helpers.paths import ROOT

PAGE = ROOT / "siamese_core" / "page"
TABS = ("compare", "one_shot", "find", "label", "review", "evaluate", "map", "retrain")
SHARED = {"parts", "languages"}
BELOW = {
    "start": {"serving"},
    "serving": {"serving", "layout", "theme", *TABS, *SHARED},
    "layout": {*TABS, *SHARED},
    "theme": set(),
    **{tab: {tab, *SHARED} for tab in TABS},
    "parts": SHARED,
    "languages": {"languages"},
}


def imported_parts(file: Path) -> set[str]:
    """The folders and modules of the page that a file imports from."""
    modules = [node.module for node in ast.walk(ast.parse(file.read_text())) if hasattr(node, "module")]
    own = "siamese_core.page."
    return {module.removeprefix(own).split(".")[0] for module in modules if module.startswith(own)}


@pytest.mark.parametrize("file", sorted(PAGE.rglob("*.py")), ids=lambda file: str(file.relative_to(PAGE)))
def test_imports_inside_the_page_go_downwards(file):
    part = file.relative_to(PAGE).parts[0].removesuffix(".py")
    assert imported_parts(file) <= BELOW.get(part, set())
