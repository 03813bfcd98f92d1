"""Keep what is familiar to a checkpoint's encoder in a file: `familiarity.npz` in its folder."""

import io
import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np

from siamese_core.atomic import replace_file
from siamese_core.errors import UserError
from siamese_core.metric_learning.familiarity import Familiarity, Normal

FAMILIARITY_FILE = "familiarity.npz"
NORMALS = ("known", "foreign")
TRUST_TERMS = 4  # the last one is 0 in files of earlier versions, which lack it
WIDE = ("scale", "centre", "axes", "known_centre", "known_axes")  # a number or a row for each dimension


def write_familiarity(file: Path, familiarity: Familiarity) -> None:
    """Write the numbers, those for each dimension in half precision: they are noisy estimates."""
    arrays = {name: getattr(familiarity, name).astype(np.float16) for name in WIDE}
    arrays |= {name: np.array(getattr(familiarity, name)) for name in ("unit", "limit", "trust_weights")}
    for name in NORMALS:
        normal = getattr(familiarity, name)
        arrays |= {f"{name}.{each.name}": np.array(getattr(normal, each.name)) for each in fields(Normal)}
    if familiarity.class_weights is not None:
        arrays["class_weights"] = familiarity.class_weights.astype(np.float16)
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    replace_file(file, stream.getvalue())


def read_familiarity(file: Path) -> Familiarity | None:
    """Return what a file holds, None if there is none. UserError if it is damaged."""
    if not file.exists():
        return None
    try:
        with np.load(file, allow_pickle=False) as stored:
            arrays = {name: np.asarray(stored[name], np.float64) for name in stored.files}
        normals = {
            name: Normal(*(arrays[f"{name}.{each.name}"] for each in fields(Normal))) for name in NORMALS
        }
        return Familiarity(
            **{name: arrays[name] for name in WIDE},
            **normals,
            unit=bool(arrays["unit"]),
            limit=float(arrays["limit"]),
            trust_weights=np.resize(np.append(arrays["trust_weights"], 0.0), TRUST_TERMS),
            class_weights=arrays.get("class_weights"),
        )
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as damage:
        raise UserError(
            f"{file.name} says what is familiar to a checkpoint. Received: {file.parent.name}/{file.name} "
            f"({type(damage).__name__}: {damage}). Copy it again, or delete it: then nothing is foreign."
        ) from damage
