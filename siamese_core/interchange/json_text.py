"""Read JSON files of other programs: what is wrong with one is told with its line, or with the key."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from siamese_core.data.table_text import read_bytes
from siamese_core.errors import UserError

KINDS = {dict: "an object", list: "a list", str: "a text", int: "a number", float: "a number"}


def read_json(file: Path, hook: Callable[[dict], Any] | None = None) -> Any:
    """Return what a JSON file holds. UserError with line and column where it is none.

    hook: what each object becomes, as of `json.loads`.
    """
    try:
        return json.loads(read_bytes(file).decode("utf-8-sig"), object_hook=hook)
    except UnicodeDecodeError as problem:
        raise UserError(
            f"A JSON file is text in UTF-8. Received: {file.name} with another byte at {problem.start:,}. "
            "Export it again."
        ) from problem
    except json.JSONDecodeError as problem:
        raise UserError(
            f"A JSON file must be whole. Received: {file.name}, line {problem.lineno}, column "
            f"{problem.colno}: {problem.msg}. Export it again, or mend that line."
        ) from problem
    except RecursionError as problem:
        raise UserError(
            f"A JSON file has its parts within each other at most some hundred deep. Received: {file.name} "
            "with more. Export it again."
        ) from problem


def required(part: dict, key: str, kind: type, place: str) -> Any:
    """Return the value of a key, of this kind. ValueError, in words with the place, where it is not so."""
    if key not in part:
        raise ValueError(f"{place} has no {key!r}, only {', '.join(map(repr, part))[:200] or 'nothing'}")
    value = part[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError(f"{place}.{key} must be {KINDS[kind]}, received {shown(value)}")
    return value


def shown(value: object) -> str:
    """Return a value for a message: at most a line."""
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
