"""COCO annotations, as CVAT and others write them: boxes in images, each with a category, its class."""

import json
from pathlib import Path

from siamese_core.errors import UserError
from siamese_core.interchange.content import (
    Box,
    ClassedImage,
    Content,
    LoggedAnswers,
    Written,
    image_files,
    wrong_part,
)
from siamese_core.interchange.json_text import read_json, required, shown

FILE = "annotations.json"
LISTS = ("images", "annotations", "categories")
SMALLEST = 2  # px of a side of a box


def read_annotations(file: Path) -> Content:
    """Read every annotation as the part of its image that is in its box. UserError where it is no COCO."""
    found = read_json(file)
    lists = {key: found.get(key) if isinstance(found, dict) else None for key in LISTS}
    if missing := [key for key, value in lists.items() if not isinstance(value, list)]:
        raise UserError(
            f"COCO annotations are an object with the lists {', '.join(LISTS)}. Received: {file.name} "
            f"without {', '.join(missing)}. Export it as COCO (of CVAT: COCO 1.0)."
        )
    wrong, crowds, images = [], 0, []
    parts, names = _by_id(lists["images"], "images", wrong), _by_id(lists["categories"], "categories", wrong)
    for number, annotation in enumerate(lists["annotations"]):
        place = f"annotations[{number}]"
        try:
            if isinstance(annotation, dict) and annotation.get("iscrowd") == 1:
                crowds += 1
            else:
                images.append(_classed(annotation, place, parts, names))
        except ValueError as problem:
            wrong.append(wrong_part(place, str(problem)))
    notes = (f"{crowds} annotations of crowds (iscrowd 1) are passed over",) if crowds else ()
    return Content(images=tuple(images), wrong=tuple(wrong), notes=notes)


def write_annotations(answers: LoggedAnswers) -> Written:
    """Write the groups of the answers as categories, each image with one box, which is all of it."""
    images, annotations = [], []
    categories = [
        {"id": number, "name": f"group-{number:04d}", "supercategory": ""}
        for number in range(1, len(answers.groups) + 1)
    ]
    for number, group in enumerate(answers.groups, start=1):
        for image_id in group:
            place, (width, height) = len(images) + 1, answers.size(image_id)
            images.append({"id": place, "file_name": f"{image_id}.png", "width": width, "height": height})
            annotations.append(
                {
                    "id": place,
                    "image_id": place,
                    "category_id": number,
                    "bbox": [0, 0, width, height],
                    "segmentation": [[0, 0, width, 0, width, height, 0, height]],
                    "area": width * height,
                    "iscrowd": 0,
                }
            )
    parts = {"images": images, "annotations": annotations, "categories": categories}
    text = json.dumps({"info": {"description": "groups of answers"}, "licenses": []} | parts)
    counts = {"groups": len(categories), "images": len(images)}
    return Written({FILE: text}, image_files(each for group in answers.groups for each in group), counts)


def _by_id(parts: list, key: str, wrong: list) -> dict[int, dict]:
    found = {}
    for number, part in enumerate(parts):
        place = f"{key}[{number}]"
        try:
            if not isinstance(part, dict):
                raise ValueError(f"it must be an object, received {shown(part)}")
            found[required(part, "id", int, place)] = part
        except ValueError as problem:
            wrong.append(wrong_part(place, str(problem)))
    return found


def _classed(annotation: object, place: str, images: dict, categories: dict) -> ClassedImage:
    if not isinstance(annotation, dict):
        raise ValueError(f"it must be an object, received {shown(annotation)}")
    image = images.get(required(annotation, "image_id", int, place))
    category = categories.get(required(annotation, "category_id", int, place))
    if image is None or category is None:
        key = "image_id" if image is None else "category_id"
        raise ValueError(f"there is no {key} {annotation[key]} in this file")
    name = required(image, "file_name", str, "its image")
    return ClassedImage(place, name, required(category, "name", str, "its category"), _box(annotation, image))


def _box(annotation: dict, image: dict) -> Box | None:
    """Return the box of an annotation, None where it has none and so is of the whole image."""
    box = annotation.get("bbox")
    if not box:
        return None
    numbers = isinstance(box, list) and len(box) == 4 and all(isinstance(each, int | float) for each in box)
    if not numbers or min(box[2:]) < SMALLEST:
        raise ValueError(f"bbox is [x, y, width, height] of at least {SMALLEST} px, received {shown(box)}")
    size = tuple(required(image, side, int, "its image") for side in ("width", "height"))
    left, top, width, height = map(float, box)
    if left >= size[0] or top >= size[1] or left + width <= 0 or top + height <= 0:
        raise ValueError(f"bbox lies outside of its image of {size[0]} x {size[1]} px, received {shown(box)}")
    return Box(left, top, width, height, size)
