"""The texts of the page that are translated, as its code, templates and scripts name them."""

import ast
import re
from pathlib import Path

from helpers.paths import ROOT

PAGE = ROOT / "siamese_core" / "page"
EXPLAINING = ROOT / "siamese_core" / "explaining"  # says in words what the page translates
DRAWING = ROOT / "siamese_core" / "reporting" / "drawing"  # so does it
SCRIPTS = ROOT / "assets" / "web" / "scripts"
# `t("...")` in a template or a script; `'...'` there, too, and quotes inside with a backslash
CALL = re.compile(r"""(?<![\w.])t\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
COUNTED = re.compile(r"""counted\("(\w[\w ]*)"(?:, "([\w ]+)")?\)""")
MARKING = ("t", "translatable", "sentence")


def counted_texts(noun: str, plural: str = "") -> set[str]:
    return {f"{{count}} {noun}", f"{{count}} {plural or noun + 's'}"}


def strings(node: ast.expr) -> list[str]:
    """The texts of a constant, or of either side of `a if x else b`."""
    if isinstance(node, ast.IfExp):
        return strings(node.body) + strings(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def python_texts(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
            continue
        if node.func.id in MARKING:
            found.update(strings(node.args[0]))
        elif node.func.id in ("counted", "counted_nouns") and len(node.args) > 1:
            found.update(*[counted_texts(*each) for each in [sum(map(strings, node.args[1:]), [])] if each])
    return found


def written_texts(source: str) -> set[str]:
    """The texts of a template or a script."""
    found = {ast.literal_eval(quoted) for quoted in CALL.findall(source)}
    return found.union(*[counted_texts(*each) for each in COUNTED.findall(source)])


def page_texts() -> dict[str, set[str]]:
    """Every text that is translated, with the files that name it."""
    found: dict[str, set[str]] = {}
    readers = {"*.py": python_texts, "*.html.jinja": written_texts, "*.js": written_texts}
    for folder in (PAGE, EXPLAINING, DRAWING, SCRIPTS):
        for pattern, read in readers.items():
            for file in sorted(folder.rglob(pattern)):
                for text in read(file.read_text(encoding="utf-8")):
                    found.setdefault(text, set()).add(shown(file))
    return found


def shown(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()
