"""Training files of dedupe: {"distinct": [[a, b], ...], "match": [[a, b], ...]} of records.

dedupe writes a tuple as {"__class__": "tuple", "__value__": [...]}, so that it reads one back.
"""

import json
from pathlib import Path
from typing import Any

from siamese_core.data.table_cells import LEFT, RIGHT
from siamese_core.errors import UserError
from siamese_core.images.kinds import SUFFIXES, suffix_of
from siamese_core.interchange.content import (
    Content,
    LabelledPair,
    LoggedAnswers,
    Written,
    image_files,
    wrong_part,
)
from siamese_core.interchange.json_text import read_json, shown

FILE = "training.json"
ANSWERS = {"match": "same", "distinct": "different"}
IMAGE_FIELDS = ("image_id", "image", "path", "filename", "file", "id")  # of a record, in this order


def read_training(file: Path) -> Content:
    """Read the pairs of a training file. UserError where it is none."""
    found = read_json(file, _plain)
    if not isinstance(found, dict) or not set(found) & set(ANSWERS):
        raise UserError(
            'A training file of dedupe is an object with the lists "distinct" and "match". '
            f"Received: {file.name}, {shown(found)}. Write it with dedupe's write_training."
        )
    pairs, wrong = [], []
    for key, answer in ANSWERS.items():
        listed = found.get(key, [])
        if not isinstance(listed, list | tuple):
            raise UserError(
                f'"{key}" is a list of pairs. Received: {shown(listed)} in {file.name}. Correct it.'
            )
        for number, pair in enumerate(listed):
            place = f"{key}[{number}]"
            try:
                pairs.append(LabelledPair(place, *_images_of(pair), answer))
            except ValueError as problem:
                wrong.append(wrong_part(place, str(problem)))
    return Content(tuple(pairs), wrong=tuple(wrong))


def write_training(answers: LoggedAnswers) -> Written:
    """Write the settled pairs as records with the fields `image_id` and `image`, the path of its file."""
    files = image_files(each for row in answers.settled for each in (row.left_id, row.right_id))
    path_of = {image_id: path for path, image_id in files.items()}
    listed: dict[str, list] = {"distinct": [], "match": []}
    for row in answers.settled:
        key = "match" if row.answer == "same" else "distinct"
        records = [{"image_id": each, "image": path_of[each]} for each in (row.left_id, row.right_id)]
        listed[key].append({"__class__": "tuple", "__value__": records})
    counts = {"pairs": len(answers.settled), "images": len(files)}
    return Written({FILE: json.dumps(listed, indent=1)}, files, counts)


def _plain(part: dict) -> Any:
    """Return a tuple or a frozen set as a tuple, anything else as it is."""
    if part.get("__class__") in ("tuple", "frozenset") and isinstance(part.get("__value__"), list):
        return tuple(part["__value__"])
    return part


def _images_of(pair: object) -> tuple[str, str]:
    if isinstance(pair, dict):
        sides = [next((pair[name] for name in names if name in pair), None) for names in (LEFT, RIGHT)]
        pair = sides if None not in sides else pair
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise ValueError(f"a pair is two records, received {shown(pair)}")
    left, right = map(_image_of, pair)
    return left, right


def _image_of(record: object) -> str:
    """Return the name of the image of a record: the record itself, or one of its fields."""
    if isinstance(record, str) and record:
        return record
    if not isinstance(record, dict):
        raise ValueError(f"a record is an object with an image, received {shown(record)}")
    texts = {key: value for key, value in record.items() if isinstance(value, str) and value}
    for key in IMAGE_FIELDS:
        if key in texts:
            return texts[key]
    named = [value for value in texts.values() if suffix_of(value) in SUFFIXES]
    if len(named) != 1:
        raise ValueError(
            f"a record names one image, as in a field {IMAGE_FIELDS[1]!r}, received the fields "
            f"{', '.join(map(repr, record))[:200] or 'none'}"
        )
    return named[0]
