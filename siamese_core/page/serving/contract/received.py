"""Read what programs send: uploaded files, names, texts, truth values. UserError says what does not fit.

A file is what an upload gave: {"path": ..., "meta": {"_type": "gradio.FileData"}}; gradio_client's
handle_file makes it.
"""

import hashlib

import numpy as np

from siamese_core.data.left_out import UNREADABLE, LeftOut, PassedOver
from siamese_core.data.names import notes_on
from siamese_core.data.support_folder import SupportSet
from siamese_core.errors import UserError
from siamese_core.page.one_shot.support import MAX_IMAGES, class_of_file
from siamese_core.page.parts.uploads import Upload, received
from siamese_core.page.serving.contract.parameters import MAX_TEXT
from siamese_core.workspace.choosing import StoredImage
from siamese_core.workspace.workbench import Workbench


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


def label_id_of(request_id: str, annotator: str) -> str:
    """Return the label_id of an answer that may be sent again: always the same for the same two texts.

    "" where there is no request_id.
    """
    if not request_id:
        return ""
    return hashlib.sha256(f"{len(annotator)}:{annotator}{request_id}".encode()).hexdigest()[:32]
