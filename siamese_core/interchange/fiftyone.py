"""Datasets of FiftyOne on disk: classified images (labels.json), and its own format (samples.json)."""

import json
from pathlib import Path

from siamese_core.errors import UserError
from siamese_core.interchange.content import (
    ClassedImage,
    Content,
    LoggedAnswers,
    Written,
    image_files,
    wrong_part,
)
from siamese_core.interchange.json_text import read_json, shown

LABELS, SAMPLES, MANIFEST = "labels.json", "samples.json", "data.json"
TRUTH = "ground_truth"  # the field of a sample that is taken where several hold a class


def read_dataset(place: Path) -> Content:
    """Read a dataset: its folder, or its labels.json or samples.json. UserError where it is neither."""
    names = (place / LABELS, place / SAMPLES) if place.is_dir() else (place,)
    file = next((each for each in names if each.is_file()), None)
    if file is None:
        raise UserError(
            f"A dataset of FiftyOne is a folder with {LABELS} or {SAMPLES}. Received: {place}. Export it as "
            "FiftyOneImageClassificationDataset or FiftyOneDataset, and name that folder."
        )
    found = read_json(file)
    if isinstance(found, dict) and isinstance(found.get("samples"), list):
        return _samples(found["samples"])
    if isinstance(found, dict) and isinstance(found.get("labels"), dict):
        return _labels(found, _manifest(file.parent / MANIFEST))
    raise UserError(
        f'{LABELS} is an object with "classes" and "labels", {SAMPLES} one with "samples". Received: '
        f"{file.name}, {shown(found)}. Export the dataset as FiftyOneImageClassificationDataset."
    )


def write_labels(answers: LoggedAnswers) -> Written:
    """Write the groups of the answers as classes: labels.json, and the images in data/."""
    classes = [f"group-{number:04d}" for number in range(1, len(answers.groups) + 1)]
    labels = {image_id: number for number, group in enumerate(answers.groups) for image_id in group}
    text = json.dumps({"classes": classes, "labels": labels}, indent=1)
    counts = {"groups": len(classes), "images": len(labels)}
    return Written({LABELS: text}, image_files(labels, "data"), counts)


def _manifest(file: Path) -> dict[str, str]:
    """Return where images lie, by the names that labels have for them, where a file says so."""
    found = read_json(file) if file.is_file() else {}
    return {name: path for name, path in found.items() if isinstance(path, str)}


def _labels(found: dict, manifest: dict[str, str]) -> Content:
    classes = found.get("classes")
    images, wrong, unlabelled = [], [], 0
    for name, target in found["labels"].items():
        place = f"labels[{name!r}]"
        try:
            class_name = _class_of(target, classes)
        except ValueError as problem:
            wrong.append(wrong_part(place, str(problem)))
            continue
        unlabelled += class_name is None
        if class_name is not None:
            images.append(ClassedImage(place, manifest.get(name, name), class_name))
    return Content(images=tuple(images), wrong=tuple(wrong), notes=_note(unlabelled))


def _class_of(target: object, classes: object) -> str | None:
    """Return the class of a target: an index of the classes, a name, or an object with one as its label."""
    if isinstance(target, dict):
        target = target.get("label")
    if isinstance(target, list):
        if len(target) != 1:
            raise ValueError(f"an image has one class, received {len(target)}: {shown(target)}")
        return _class_of(target[0], classes)
    if target is None or (isinstance(target, str) and target):
        return target
    if isinstance(target, int) and not isinstance(target, bool) and isinstance(classes, list):
        if 0 <= target < len(classes):
            return str(classes[target])
        raise ValueError(f"there are {len(classes)} classes, received number {target}")
    raise ValueError(f"a class is a name, or a number of one in 'classes', received {shown(target)}")


def _samples(samples: list) -> Content:
    images, wrong, unlabelled = [], [], 0
    for number, sample in enumerate(samples):
        place = f"samples[{number}]"
        try:
            class_name = _class_of_sample(sample)
        except ValueError as problem:
            wrong.append(wrong_part(place, str(problem)))
            continue
        unlabelled += class_name is None
        if class_name is not None:
            images.append(ClassedImage(place, sample["filepath"], class_name))
    return Content(images=tuple(images), wrong=tuple(wrong), notes=_note(unlabelled))


def _class_of_sample(sample: object) -> str | None:
    if not isinstance(sample, dict) or not isinstance(sample.get("filepath"), str):
        raise ValueError(f"a sample is an object with a 'filepath', received {shown(sample)}")
    fields = {
        name: _class_of(value["label"], None)
        for name, value in sample.items()
        if isinstance(value, dict) and value.get("_cls") == "Classification" and value.get("label")
    }
    if len(fields) > 1 and TRUTH not in fields:
        raise ValueError(f"several fields hold a class: {', '.join(fields)}; name one of them {TRUTH}")
    return fields.get(TRUTH, next(iter(fields.values()), None))


def _note(unlabelled: int) -> tuple[str, ...]:
    return (f"{unlabelled} images without a class are passed over",) if unlabelled else ()
