"""The messages of errors that the page can show, as the code that raises them builds them."""

import ast
import re
from collections import defaultdict
from functools import cache
from itertools import product
from pathlib import Path

from helpers.paths import ROOT

CODE = ROOT / "siamese_core"
ERRORS = ("UserError", "TryAgain")
RULE = ". Received: "  # by which a message is known that is shown without being raised
MADE = re.compile("|".join(rf"\b{name}\(" for name in ERRORS) + "|" + re.escape(RULE))
IMPORT = re.compile(r"^ *from (siamese_core\.[\w.]+) import (\([^)]*\)|.*)", re.MULTILINE)
# What the page imports and never shows: it starts the server, or writes files for other programs.
NEVER_SHOWN = (
    "cli/",
    "operating/",
    "networks/onnx_",
    "page/serving/listening.py",
    "page/serving/options.py",
    "page/serving/process.py",
    "page/serving/server.py",
)


@cache
def error_messages() -> dict[str, set[str]]:
    """Every message, with a name in braces for each value, and the files that raise it.

    These are the modules that the page imports, also through others: so none of adoption, exporting, bench,
    casestudies, scale and what else only the command line reaches.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for file in _reached():
        kept_too = not file.is_relative_to(CODE / "page" / "serving")  # which answers in plain text
        for message in messages_of(file.read_text(encoding="utf-8"), kept_too):
            if not message.startswith("--"):  # about an option, to whoever starts the program
                found[message].add(file.relative_to(ROOT).as_posix())
    return dict(found)


def messages_of(source: str, kept_too: bool = True) -> list[str]:
    """The messages of the errors that are made in a module, and those that are kept to be shown later."""
    if not MADE.search(source):
        return []
    tree = ast.parse(source)
    known = _known(tree)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    names = [call.func.id if isinstance(call.func, ast.Name) else "" for call in calls]
    raised = [call.args[0] for call, name in zip(calls, names, strict=True) if name in ERRORS]
    others = [call for call, name in zip(calls, names, strict=True) if not name.endswith("Error")]
    kept = [part for call in others for part in call.args if not isinstance(part, ast.Call | ast.Constant)]
    told = [text for part in kept if kept_too for text in texts_of(part, known) or [] if RULE in text]
    return [*dict.fromkeys([text for part in raised for text in texts_of(part, known) or []] + told)]


def _known(tree: ast.Module) -> dict[str, list[ast.expr]]:
    """The expressions that a name of a module stands for: assigned to it, or returned by it."""
    known: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            known.setdefault(node.targets[0].id, []).append(node.value)
        elif isinstance(node, ast.FunctionDef):
            ends = [each for each in ast.walk(node) if isinstance(each, ast.Return)]
            known[node.name] = [each.value for each in ends if each.value]
    return known


def texts_of(node: ast.expr, known: dict[str, list[ast.expr]]) -> list[str] | None:
    """The texts that an expression can be, with a name in braces for each value; None for a mere value."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.Call(func=ast.Name(id="translatable"), args=[text]):
            return texts_of(text, known)
        case ast.Name(id=name) | ast.Call(func=ast.Name(id=name)) if known.get(name):
            others = {key: value for key, value in known.items() if key != name}
            return _either([texts_of(each, others) for each in known[name]])
        case ast.Subscript(value=ast.Name(id=name)) if isinstance(known.get(name, [None])[0], ast.Dict):
            return texts_of(known[name][0], known)
        case ast.Subscript(value=ast.Dict(values=values)) | ast.Dict(values=values):
            return _either([texts_of(each, known) for each in values])
        case ast.IfExp(body=body, orelse=other):
            return _either([texts_of(body, known), texts_of(other, known)])
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            both = texts_of(left, known), texts_of(right, known)
            return (
                None if both == (None, None) else _joined([both[0] or _named(left), both[1] or _named(right)])
            )
        case ast.JoinedStr(values=parts):
            return _joined([_part(part, known) for part in parts])
    return None


def _either(found: list[list[str] | None]) -> list[str] | None:
    """The texts of all branches; None where one is a mere value, which is named as a whole."""
    return None if None in found else sum(found, [])


def _part(node: ast.expr, known: dict[str, list[ast.expr]]) -> list[str]:
    """The texts that one part of an f-string can be."""
    if not isinstance(node, ast.FormattedValue):
        return [node.value]
    return texts_of(node.value, known) or _named(node.value)


def _named(node: ast.expr) -> list[str]:
    """A value as a name in braces: the first name of its expression."""
    names = [each for each in ast.walk(node) if isinstance(each, ast.Attribute | ast.Name)]
    first = names[0] if names else None
    return [f"{{{first.attr if isinstance(first, ast.Attribute) else first.id if first else 'value'}}}"]


def _joined(parts: list[list[str]]) -> list[str]:
    return ["".join(chosen) for chosen in product(*parts)]


@cache
def _reached() -> list[Path]:
    """The modules that the page imports, also through others, without those of `NEVER_SHOWN`."""
    found, waiting = set(), list((CODE / "page").rglob("*.py"))
    while waiting:
        file = waiting.pop()
        if file in found or file.relative_to(CODE).as_posix().startswith(NEVER_SHOWN):
            continue
        found.add(file)
        for module, names in IMPORT.findall(file.read_text(encoding="utf-8")):
            place = ROOT / module.replace(".", "/")
            files = [place.with_suffix(".py"), *(place / f"{name}.py" for name in re.findall(r"\w+", names))]
            waiting += [each for each in files if each.exists()]
    return sorted(found)


@cache
def figure_texts() -> frozenset[str]:
    """What plots say in titles, axes, legends, notes and over a point, with names for values."""
    found = []
    for file in (*(CODE / "reporting" / "drawing").glob("*.py"), CODE / "page" / "retrain" / "report.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        known = _known(tree)
        parts = [part for node in ast.walk(tree) for part in _shown_parts(node)]
        texts = {text.partition("<extra>")[0] for part in parts for text in texts_of(part, known) or []}
        found += [text.replace("{kind}", kind) for text in texts for kind in ("same", "different")]
    return frozenset(found)


def _shown_parts(node: ast.AST) -> list[ast.expr]:
    """The parts of a call or a dict of plotly, or of a Plot, that are shown as text."""
    match node:
        case ast.Call(func=ast.Name(id="Plot"), args=[_, title, *_]):
            return [title]
        case ast.Call(func=ast.Attribute(), keywords=given):
            return [each.value for each in given if each.arg in ("hovertemplate", "name")]
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return [value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "text"]
    return []
