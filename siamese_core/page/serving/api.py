"""Publish the HTTP contract, for gradio_client and curl: typed, on the queue, JSON as on the command line.

A file is what an upload gave: {"path": ..., "meta": {"_type": "gradio.FileData"}}; gradio_client's
handle_file makes it.
"""

import inspect
from typing import Any

import gradio as gr
from gradio.blocks import BlockFunction

from siamese_core.data.names import notes_on
from siamese_core.errors import UserError
from siamese_core.labelling.queue import Questions
from siamese_core.page.find.endpoint import PoolSearch
from siamese_core.page.one_shot.support import MAX_IMAGES, checked_class, class_of_file
from siamese_core.page.parts.notices import AT_ONCE, told
from siamese_core.page.parts.uploads import received
from siamese_core.workspace.recording import Annotator
from siamese_core.workspace.workbench import Workbench

File = dict[str, Any]
MAX_TEXT = 200  # characters
ENDPOINTS = ("compare", "one_shot", "find", "answer", "undo", "next_pairs", "status")


def publish(workbench: Workbench, questions: Questions) -> None:
    """Add the endpoints to the page that is being built."""

    def compare(left: File, right: File, ask_anyway: bool = False) -> dict[str, Any]:
        """Compare two images (files) with both encoders. `ask_anyway`: numbers of one that abstains, too."""
        images = file_image(left, "left"), file_image(right, "right")
        return workbench.compare(*images, ask_anyway=ask_anyway is True).json()

    def one_shot(
        query: File, support: list[File], classes: list[str] | None = None, ask_anyway: bool = False
    ) -> dict[str, Any]:
        """Rank the classes of `support` (files) for `query` (a file), by each encoder.

        `classes`: a name for each file, else the file's own name. `notes`, where there are any: names
        that are one class once they are cleaned, or that only look alike. `ask_anyway`: as of /compare.
        """
        given = named_images(support, classes)
        named = [(checked_class(name), image) for name, image in given]
        found = workbench.one_shot(file_image(query, "query"), named, ask_anyway=ask_anyway is True).json()
        notes = notes_on(name for name, _ in given)
        return found | ({"notes": list(notes)} if notes else {})

    def answer(left_id: str, right_id: str, answer: str, annotator: str = "") -> dict[str, Any]:
        """Log that two images are "same", "different" or "unsure".

        With reason and probability of the draw where /next_pairs gave the pair to this annotator.
        """
        who = Annotator(text(annotator, "annotator"), source="api")
        pair = text(left_id, "left_id"), text(right_id, "right_id")
        shown = questions.shown(*pair, who.name)
        return {"label_id": workbench.answer(*pair, text(answer, "answer"), who, shown), "saved": True}

    def next_pairs(count: int, annotator: str = "") -> dict[str, Any]:
        """Return at most `count` pairs of the images to label that this annotator should answer next."""
        found = questions.next_pairs(count, text(annotator, "annotator"))
        return {"pairs": [each.json() for each in found]}

    def undo(label_id: str) -> dict[str, Any]:
        """Take an answer back; its row stays in the log, and another one undoes it."""
        undo_id = workbench.undo(text(label_id, "label_id"), Annotator("", source="api"))
        return {"label_id": undo_id, "undone": label_id, "saved": True}

    def status() -> dict[str, Any]:
        """Return what serves in each slot, and how much has been answered."""
        return workbench.status()

    for endpoint in (compare, one_shot):
        gr.api(told(endpoint, markup=False), concurrency_id="encoders", concurrency_limit=AT_ONCE)
    for endpoint in (answer, undo, next_pairs, status):
        gr.api(told(endpoint, markup=False), concurrency_limit=4)


def publish_search(search: PoolSearch) -> None:
    """Add the endpoint that searches to the page that is being built."""

    def find(query: File, top: int = 24, among: str = "pool", ask_anyway: bool = False) -> dict[str, Any]:
        """Find the images of the workspace most similar to `query` (a file), by each encoder.

        `among`: "pool", "answered" or "both". `ask_anyway`: as of /compare.
        """
        return search.find(file_image(query, "query"), top, among, ask_anyway is True)

    gr.api(told(find, markup=False), concurrency_id="encoders", concurrency_limit=AT_ONCE)


def with_defaults(called: BlockFunction, inputs: list) -> list:
    """Return the values of a call to an endpoint with the defaults of those that are missing at its end."""
    if called.api_name not in ENDPOINTS or not isinstance(inputs, list):
        return inputs
    missing = list(inspect.signature(called.fn).parameters.values())[len(inputs) :]
    if any(each.default is inspect.Parameter.empty for each in missing):
        return inputs  # gradio refuses them
    return inputs + [each.default for each in missing]


def file_image(file: object, name: str):
    """Return the image in an uploaded file. `name` is the parameter's, for the message of a UserError."""
    if not isinstance(file, dict):
        raise UserError(
            f"{name} must be an uploaded file. Received: {type(file).__name__}. Use gradio_client's "
            'handle_file, or upload it and send {"path": ..., "meta": {"_type": "gradio.FileData"}}.'
        )
    return received(file).image()


def named_images(support: object, classes: object) -> list[tuple[str, Any]]:
    """Return (class name as given, image) of each file. UserError where names and files do not match."""
    if not isinstance(support, list) or not support or len(support) > MAX_IMAGES:
        count = len(support) if isinstance(support, list) else type(support).__name__
        raise UserError(
            f"support must be a list of 1 to {MAX_IMAGES} files. Received: {count}. Give at least one image "
            "of each class."
        )
    classes = None if classes == [] else classes  # a form that was left empty
    if classes is not None and (not isinstance(classes, list) or len(classes) != len(support)):
        count = len(classes) if isinstance(classes, list) else type(classes).__name__
        raise UserError(
            f"classes must hold a name for each file. Received: {count} for {len(support)} files. "
            "Leave it out to use the files' names."
        )
    images = [file_image(file, f"support {place}") for place, file in enumerate(support, start=1)]
    if classes is None:
        names = [
            class_of_file(str(file.get("orig_name") or file["path"].rpartition("/")[2])) for file in support
        ]
    else:
        names = [name if isinstance(name, str) else "" for name in classes]
    return list(zip(names, images, strict=True))


def text(value: object, name: str) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise UserError(
            f"{name} must be a text of at most {MAX_TEXT} characters. Received: {ascii(value)[:60]}. "
            "Correct it."
        )
    return value
