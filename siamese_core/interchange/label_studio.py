"""Tasks of Label Studio with two images each and a choice, same or different: its JSON and JSON-MIN."""

import json
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from siamese_core.answers.label_row import ANSWERS, LabelRow
from siamese_core.data.table_cells import LEFT, RIGHT, answer_of
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

TASKS, CONFIG = "tasks.json", "config.xml"
NAME = "answer"  # of the choices in the labelling configuration
LOCAL = "/data/local-files/?d="  # which Label Studio serves from its LOCAL_FILES_DOCUMENT_ROOT
FOLDER = "siamese-answers"  # below that root, where the images are expected
_LOG_ID = re.compile(r"[0-9a-f]{32}")  # of an answer of our log; Label Studio's own ids are shorter
_ADDRESS = re.compile(r"^(https?|s3|gs)://|^/data/|^data:image/", re.IGNORECASE)
LABELLING = f"""<View>
  <Header value="Do both images show the same?"/>
  <View style="display: grid; grid-template-columns: 1fr 1fr; gap: 1em">
    <Image name="left" value="$left"/>
    <Image name="right" value="$right"/>
  </View>
  <Choices name="{NAME}" toName="left" choice="single" showInline="true" required="true">
{{choices}}
  </Choices>
</View>
""".format(choices="\n".join(f'    <Choice value="{each}" hotkey="{each[0]}"/>' for each in ANSWERS))


def read_tasks(file: Path) -> Content:
    """Read every annotation of the tasks as an answer. UserError where the file holds no tasks."""
    tasks = read_json(file)
    if not isinstance(tasks, list):
        raise UserError(
            f"An export of Label Studio is a list of tasks. Received: {file.name}, {shown(tasks)}. Export "
            "the project as JSON or JSON-MIN."
        )
    pairs, wrong, skipped = [], [], 0
    for number, task in enumerate(tasks):
        place = f"tasks[{number}]"
        try:
            images, annotations = _images_of(task), list(_annotations(task, place))
        except ValueError as problem:
            wrong.append(wrong_part(place, str(problem)))
            continue
        for each in annotations:
            if each.get("was_cancelled"):
                skipped += 1
                continue
            try:
                pairs.append(_pair(each, images))
            except ValueError as problem:
                wrong.append(wrong_part(each["place"], str(problem)))
    notes = (f"{skipped} annotations that were skipped or cancelled are passed over",) if skipped else ()
    return Content(tuple(pairs), wrong=tuple(wrong), notes=notes)


def write_tasks(answers: LoggedAnswers) -> Written:
    """Write a task for each pair, with an annotation of each annotator, and the labelling configuration."""
    rows = sorted(answers.standing, key=lambda row: row.pair)
    tasks = [_task(list(of_pair)) for _, of_pair in groupby(rows, key=lambda row: row.pair)]
    files = image_files(each for row in rows for each in row.pair)
    counts = {"tasks": len(tasks), "answers": len(rows), "images": len(files)}
    return Written({TASKS: json.dumps(tasks, indent=1), CONFIG: LABELLING}, files, counts)


def _task(rows: list[LabelRow]) -> dict:
    sides = {"left": rows[-1].left_id, "right": rows[-1].right_id}
    data = {side: f"{LOCAL}{FOLDER}/images/{image_id}.png" for side, image_id in sides.items()}
    ids = {f"{side}_id": image_id for side, image_id in sides.items()}
    return {"data": data | ids, "annotations": [{"result": [_result(row)]} for row in rows]}


def _result(row: LabelRow) -> dict:
    return {
        "id": row.label_id,
        "type": "choices",
        "from_name": NAME,
        "to_name": "left",
        "value": {"choices": [row.answer]},
        "meta": {"annotator": row.annotator},
    }


def _images_of(task: object) -> tuple[str, str]:
    """Return the two images of a task: by the names of its data, else those values that look like images."""
    data = task.get("data", task) if isinstance(task, dict) else None
    if not isinstance(data, dict):
        raise ValueError(f"a task is an object with 'data', received {shown(task)}")
    texts = {key: value for key, value in data.items() if isinstance(value, str) and value}
    by_name = [next((texts[name] for name in names if name in texts), None) for names in (LEFT, RIGHT)]
    if None not in by_name:
        return by_name[0], by_name[1]
    images = [value for value in texts.values() if suffix_of(value) in SUFFIXES or _ADDRESS.match(value)]
    if len(images) != 2:
        raise ValueError(
            f"the data of a task names two images, as 'left' and 'right', received {len(images)} in "
            f"{', '.join(map(repr, data))[:200] or 'nothing'}"
        )
    return images[0], images[1]


def _annotations(task: dict, place: str) -> Iterator[dict]:
    """Yield the annotations of a task, each with its `place`; JSON-MIN has one, in the task itself."""
    if "data" not in task:
        others = (value for value in task.values() if isinstance(value, str) and answer_of(value) in ANSWERS)
        answer = task.get(NAME) or next(others, None)
        result = [{"type": "choices", "value": {"choices": answer if isinstance(answer, list) else [answer]}}]
        who, when = task.get("annotator"), task.get("created_at")
        yield {"place": place, "result": result if answer else [], "completed_by": who, "created_at": when}
        return
    listed = task.get("annotations", [])
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise ValueError(f"'annotations' is a list of objects, received {shown(listed)}")
    yield from ({**each, "place": f"{place}.annotations[{number}]"} for number, each in enumerate(listed))


def _pair(annotation: dict, images: tuple[str, str]) -> LabelledPair:
    result = annotation.get("result")
    parts = [each for each in result if isinstance(each, dict)] if isinstance(result, list) else []
    answers = [(part, answer) for part in parts for answer in _answers_of(part)]
    if len(answers) != 1:
        given = ", ".join(answer for _, answer in answers) or "none"
        raise ValueError(f"an annotation has one choice, same or different, received {given}")
    part, answer = answers[0]
    meta = part.get("meta") if isinstance(part.get("meta"), dict) else {}
    label_id = part["id"] if isinstance(part.get("id"), str) and _LOG_ID.fullmatch(part["id"]) else ""
    return LabelledPair(
        annotation["place"],
        *images,
        answer,
        annotator=_name_of(meta.get("annotator", annotation.get("completed_by"))),
        created_at=annotation.get("created_at") if isinstance(annotation.get("created_at"), str) else "",
        label_id=label_id,
    )


def _answers_of(part: dict) -> list[str]:
    """Return the answers in a part of a result: its choices, or which image of a pairwise tag is selected."""
    value = part.get("value") if isinstance(part.get("value"), dict) else {}
    if part.get("type") == "pairwise":
        if (selected := value.get("selected")) in ("left", "right"):
            raise ValueError(
                f"a pairwise tag says which image is preferred ({selected}), not whether both are the same: "
                'use the <Choices> of config.xml, or leftChoiceValue="same" rightChoiceValue="different"'
            )
        return [answer_of(str(selected))]
    choices = value.get("choices") if part.get("type") == "choices" else None
    return [answer_of(str(each)) for each in choices] if isinstance(choices, list) else []


def _name_of(who: object) -> str:
    """Return the name of whoever annotated: an address, else a number of Label Studio's, else ""."""
    if isinstance(who, dict):
        who = who.get("email") or who.get("username") or who.get("id")
    return "" if who is None else str(who)
