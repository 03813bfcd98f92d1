"""Read what a card beside a network says of its preparation.

It is `preprocessor_config.json` of Hugging Face, or the `config.json` of timm. It may be wrong, or of another
network: `verifying` tries it against the usual ones.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from siamese_core.adoption.pixel_values import PixelValues, standardised, usual_values
from siamese_core.errors import UserError

PREPROCESSOR, CONFIG = "preprocessor_config.json", "config.json"
CARDS = (PREPROCESSOR, CONFIG)


@dataclass(frozen=True)
class Stated:
    """The preparation that a network's own card states.

    file: the card's name; values: the scaling, None where it does not say; fitting: a name in
    `preparation.PREPARATIONS`, or None; size: (height, width) in px, or None.
    """

    file: str
    values: PixelValues | None
    fitting: str | None
    size: tuple[int, int] | None


def read_stated(folder: Path) -> Stated | None:
    """Return what the first card of a folder that speaks of preparation says; None without one."""
    for name in CARDS:
        file = folder / name
        if file.is_file():
            found = _stated(name, _entries(file))
            if found is not None:
                return found
    return None


def _entries(file: Path) -> dict:
    try:
        entries = json.loads(file.read_bytes())
    except (OSError, ValueError) as damage:
        raise UserError(
            f"A card beside a network is JSON. Received: {file.name} ({damage}). Mend it, or take it away."
        ) from damage
    return entries if isinstance(entries, dict) else {}


def _stated(name: str, entries: dict) -> Stated | None:
    timm = entries.get("pretrained_cfg") or entries.get("default_cfg")
    if not isinstance(timm, dict):
        timm = entries if "mean" in entries and "std" in entries else None
    try:
        return _of_timm(name, timm) if timm else _of_transformers(name, entries)
    except (TypeError, ValueError, KeyError, IndexError, ZeroDivisionError) as odd:
        raise UserError(
            f"{name} says how images are prepared. Received: entries that cannot be read ({odd}). Mend it, "
            "or take it away."
        ) from odd


def _of_timm(name: str, entries: dict) -> Stated:
    mean, deviation = _numbers(entries["mean"]), _numbers(entries["std"])
    shape = entries.get("input_size")
    size = (int(shape[1]), int(shape[2])) if shape else None
    cropped = entries.get("crop_mode", "center") == "center" and float(entries.get("crop_pct") or 1) < 1
    squashed = entries.get("crop_mode") == "squash"
    fitting = "stretch" if squashed else "crop" if cropped else None
    return Stated(name, _named(standardised(f"as {name} says", mean, deviation)), fitting, size)


def _of_transformers(name: str, entries: dict) -> Stated | None:
    told = {"do_resize", "do_rescale", "do_normalize", "image_mean", "size", "crop_size"} & set(entries)
    if name == CONFIG or not told:
        return None
    factor = float(entries.get("rescale_factor", 1 / 255)) if entries.get("do_rescale", True) else 1.0
    mean, deviation = (0.0,) * 3, (1.0,) * 3
    if entries.get("do_normalize", "image_mean" in entries):
        mean, deviation = _numbers(entries["image_mean"]), _numbers(entries["image_std"])
    crops = bool(entries.get("do_center_crop"))
    size = _size(entries.get("crop_size") if crops else entries.get("size"))
    fitting = "crop" if crops else "stretch" if entries.get("do_resize") else None
    return Stated(name, _named(standardised(f"as {name} says", mean, deviation, factor)), fitting, size)


def _numbers(values) -> tuple[float, ...]:
    return tuple(float(each) for each in (values if isinstance(values, list) else [values] * 3))


def _size(value) -> tuple[int, int] | None:
    if isinstance(value, dict):
        if "height" in value:
            return int(value["height"]), int(value["width"])
        value = value.get("shortest_edge")
    return None if value is None else (int(value), int(value))


def _named(values: PixelValues) -> PixelValues:
    """Return the usual scaling that is nearly this one, else itself."""
    usual = usual_values(len(values.scale))
    return next((each for each in usual if values.is_like(each)), values)
