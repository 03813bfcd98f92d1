"""Publish the HTTP contract, for gradio_client and curl: typed, on the queue, JSON as on the command line.

A file is what an upload gave: {"path": ..., "meta": {"_type": "gradio.FileData"}}; gradio_client's
handle_file makes it.
"""

import inspect
from typing import Any

import gradio as gr
import numpy as np
from gradio.blocks import BlockFunction

from siamese_core.data.left_out import UNREADABLE, LeftOut, PassedOver
from siamese_core.data.names import notes_on
from siamese_core.data.support_folder import SupportSet
from siamese_core.errors import UserError
from siamese_core.labelling.queue import Questions
from siamese_core.page.compare.endpoint import PairReasons
from siamese_core.page.find.endpoint import PoolSearch
from siamese_core.page.one_shot.support import MAX_IMAGES, checked_class, class_of_file
from siamese_core.page.parts.notices import AT_ONCE, told
from siamese_core.page.parts.uploads import Upload, received
from siamese_core.workspace.choosing import StoredImage
from siamese_core.workspace.recording import Annotator
from siamese_core.workspace.workbench import Workbench

File = dict[str, Any]
MAX_TEXT = 200  # characters
ENDPOINTS = ("compare", "explain", "one_shot", "find", "answer", "undo", "next_pairs", "status")


def publish(workbench: Workbench, questions: Questions) -> None:
    """Add the endpoints to the page that is being built."""

    def compare(left: File, right: File, ask_anyway: bool = False) -> dict[str, Any]:
        """Compare two images (files) with both encoders. `ask_anyway`: numbers of one that abstains, too."""
        anyway = asked(ask_anyway)
        images = stored_image(workbench, left, "left"), stored_image(workbench, right, "right")
        return workbench.compare(*images, ask_anyway=anyway).json()

    def one_shot(
        query: File, support: list[File], classes: list[str] | None = None, ask_anyway: bool = False
    ) -> dict[str, Any]:
        """Rank the classes of `support` (files) for `query` (a file), by each encoder.

        `classes`: a name for each file, else the file's own name. Where there are any, `notes`: names that
        are one class once cleaned, or only look alike; `left_out`: files that are no image, with why.
        """
        anyway, given = asked(ask_anyway), named_images(workbench, support, classes)
        named = [(checked_class(name), image) for name, image in given.images]
        image = stored_image(workbench, query, "query")
        return workbench.one_shot(image, named, ask_anyway=anyway).json() | remarks(given)

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
        return search.find(file_image(query, "query"), top, among, asked(ask_anyway))

    gr.api(told(find, markup=False), concurrency_id="encoders", concurrency_limit=AT_ONCE)


def publish_reasons(pairs: PairReasons) -> None:
    """Add the endpoint that explains to the page that is being built."""

    def explain(left: File, right: File, ask_anyway: bool = False) -> dict[str, Any]:
        """Tell why each encoder finds two images (files) alike or not: a sentence, numbers, and overlays.

        Overlays are PNG files in base64, of the left and the right image. `ask_anyway`: as of /compare.
        """
        return pairs.explain((file_image(left, "left"), file_image(right, "right")), ask_anyway is True)

    gr.api(told(explain, markup=False), concurrency_id="encoders", concurrency_limit=AT_ONCE)


def with_defaults(called: BlockFunction, inputs: list) -> list:
    """Return the values of a call to an endpoint with the defaults of those that are missing at its end."""
    if called.api_name not in ENDPOINTS or not isinstance(inputs, list):
        return inputs
    missing = list(inspect.signature(called.fn).parameters.values())[len(inputs) :]
    if any(each.default is inspect.Parameter.empty for each in missing):
        return inputs  # gradio refuses them
    return inputs + [each.default for each in missing]


def file_image(file: object, name: str) -> np.ndarray:
    """Return the image in an uploaded file: uint8 (height, width, 3)."""
    return uploaded(file, name).image()


def stored_image(workbench: Workbench, file: object, name: str) -> StoredImage:
    """Return the image in an uploaded file with its id; one that was seen before is not decoded again."""
    return uploaded(file, name).stored_in(workbench)


def uploaded(file: object, name: str) -> Upload:
    """Return the uploaded file of a parameter. `name` is the parameter's, for the message of a UserError."""
    if not isinstance(file, dict):
        raise UserError(
            f"{name} must be an uploaded file. Received: {type(file).__name__}. Use gradio_client's "
            'handle_file, or upload it and send {"path": ..., "meta": {"_type": "gradio.FileData"}}.',
            code="not_uploaded",
        )
    return received(file)


def named_images(workbench: Workbench, support: object, classes: object) -> SupportSet[StoredImage]:
    """Return the image in each file with its class name as given, and the files that are no readable image.

    UserError where names and files do not match, a file was not uploaded, or none can be read.
    """
    if not isinstance(support, list) or not support or len(support) > MAX_IMAGES:
        count = len(support) if isinstance(support, list) else type(support).__name__
        raise UserError(
            f"support must be a list of 1 to {MAX_IMAGES} files. Received: {count}. Give at least one image "
            "of each class."
        )
    uploads = [uploaded(file, f"support {place}") for place, file in enumerate(support, start=1)]
    names = class_names(classes, uploads)
    images, unreadable = [], []
    for name, upload in zip(names, uploads, strict=True):
        try:
            images.append((name, upload.stored_in(workbench)))
        except UserError as problem:
            unreadable.append(PassedOver(upload.called, UNREADABLE, str(problem)))
    if not images:
        raise UserError(
            f"support must hold an image that can be read. {unreadable[0].why}", code="not_an_image"
        )
    return SupportSet(tuple(images), LeftOut(tuple(unreadable)))


def remarks(given: SupportSet) -> dict:
    """Return what should be known of a support set beside its ranking: `notes` and `left_out`, if any."""
    notes = list(notes_on(name for name, _ in given.images))
    left_out = {"left_out": given.left_out.json()} if given.left_out else {}
    return ({"notes": notes} if notes else {}) | left_out


def class_names(classes: object, uploads: list[Upload]) -> list[str]:
    """Return a class name for each file: the given one, else the file's own."""
    if classes in (None, []):  # a form that was left empty
        return [class_of_file(upload.called) for upload in uploads]
    if not isinstance(classes, list) or len(classes) != len(uploads):
        count = len(classes) if isinstance(classes, list) else type(classes).__name__
        raise UserError(
            f"classes must hold a name for each file. Received: {count} for {len(uploads)} files. "
            "Leave it out to use the files' names."
        )
    return [name if isinstance(name, str) else "" for name in classes]


def asked(anyway: object) -> bool:
    """Return the parameter `ask_anyway`; None counts as false. UserError where it is no truth value."""
    if anyway not in (True, False, None):
        raise UserError(
            f"ask_anyway must be true or false. Received: {ascii(anyway)[:60]}. Leave it out for false."
        )
    return bool(anyway)


def text(value: object, name: str) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise UserError(
            f"{name} must be a text of at most {MAX_TEXT} characters. Received: {ascii(value)[:60]}. "
            "Correct it."
        )
    return value
