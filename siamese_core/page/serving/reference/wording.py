"""Say a JSON schema in words: types, ranges and choices, and the keys of a reply as a flat list."""

import json
from collections.abc import Iterator

PLAIN = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
PLAIN |= {"null": "null", "object": "object"}


def type_words(schema: dict, definitions: dict | None = None) -> str:
    """Return the type in words: "whole number, 1 to 100", "list of texts or null"."""
    schema = resolved(schema, definitions or {})
    if choices := schema.get("anyOf"):
        return " or ".join(type_words(each, definitions) for each in choices)
    if "enum" in schema:
        return ", ".join(json.dumps(each) for each in schema["enum"])
    if "meta" in schema.get("properties", {}):
        return "uploaded file"
    if schema.get("type") == "array":
        count = _range(schema.get("minItems"), schema.get("maxItems"), "").replace(",", "")
        return f"list of{count}: {type_words(schema.get('items', {}), definitions)}"
    kind = PLAIN.get(schema.get("type", ""), "anything")
    if schema.get("pattern"):
        return "id of an image, 64 hexadecimal digits"
    if isinstance(values := schema.get("additionalProperties"), dict):
        return f"object by name of: {type_words(values, definitions)}"
    length = _range(schema.get("minLength"), schema.get("maxLength"), "characters")
    return kind + _range(schema.get("minimum"), schema.get("maximum"), "") + length


def keys_of(schema: dict, definitions: dict, before: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield (key, type, meaning) of an object and of what is in it: `results[].similarity`."""
    for name, given in schema["properties"].items():
        meant = resolved(given, definitions)
        inner = next((each for each in meant.get("anyOf", []) if "$ref" in each), meant)
        many = inner.get("type") == "array" or isinstance(inner.get("additionalProperties"), dict)
        item = inner.get("items") or inner.get("additionalProperties") if many else inner
        item = resolved(item, definitions) if isinstance(item, dict) else {}
        key = f"{before}{name}"
        nested = "properties" in item
        yield (
            key,
            _nested_words(inner) if nested else type_words(given, definitions),
            given.get("description", ""),
        )
        if nested:
            yield from keys_of(item, definitions, f"{key}{_step(inner)}.")


def _nested_words(schema: dict) -> str:
    if schema.get("type") == "array":
        return "list of objects"
    return (
        "object by name of objects"
        if "additionalProperties" in schema and "properties" not in schema
        else "object"
    )


def _step(schema: dict) -> str:
    if schema.get("type") == "array":
        return "[]"
    return "{}" if isinstance(schema.get("additionalProperties"), dict) else ""


def resolved(schema: dict, definitions: dict) -> dict:
    """Return what a reference means, with the description that stands beside it."""
    if "$ref" not in schema:
        return schema
    return definitions[schema["$ref"].rpartition("/")[2]] | {k: v for k, v in schema.items() if k != "$ref"}


def _range(low: float | None, high: float | None, unit: str) -> str:
    if low is None and high is None:
        return ""
    words = f"at most {high}" if not low and unit else f"{low} to {high}"
    return f", {words} {unit}".rstrip()
