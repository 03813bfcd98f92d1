"""Read uploaded files: the only way to an image, for the page's scripts, gradio's components and the API.

Gradio checks that a file was uploaded only where the caller says so (`meta`); who leaves that out can name
any path of the server. And its decoder turns black ink on a transparent ground into a black image, clips 16
bits and tries every format. So nothing here trusts gradio: a path must lie in the upload folder, and
`images.decode_image` decodes it.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
import numpy as np
from gradio.data_classes import ImageData

from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image
from siamese_core.workspace.choosing import StoredImage
from siamese_core.workspace.workbench import Workbench

MAX_FILE_SIZE = "64mb"
MAX_FILE_NAME = 300  # characters of a name that is kept


@dataclass(frozen=True, eq=False)
class Unreadable:
    """A file that is no image; `reason` is for the person. No two are equal: the same file given twice is
    reported twice."""

    reason: str


Picture = np.ndarray | Unreadable | None


def upload_folder() -> Path:
    """Return the folder of uploads and of pictures that gradio shows; `process` put it into the workspace."""
    return Path(os.environ["GRADIO_TEMP_DIR"]).resolve()


@dataclass(frozen=True)
class Upload:
    """A file in the upload folder. `name`: what the person calls it, empty where nobody said."""

    file: Path
    name: str

    @property
    def called(self) -> str:
        """The name, or that of the file where nobody said one."""
        return self.name or self.file.name

    def image(self) -> np.ndarray:
        """Return uint8 RGB (height, width, 3); UserError if the file is no image."""
        return decode_image(self.file, self.name or None)

    def stored_in(self, workbench: Workbench) -> StoredImage:
        """Return the image with its id; one that was seen before is not decoded again. UserError as above."""
        return workbench.file_image(self.file, self.name or None, lasting=False)


def received(sent: object) -> Upload:
    """Return the upload that {"path", "name"} means, or, as gradio has it, {"path", "orig_name"}.

    UserError for a path that no upload gave: anybody can send any.
    """
    sent = sent if isinstance(sent, dict) else {}
    path, name = sent.get("path"), sent.get("name") or sent.get("orig_name")
    try:
        file = Path(path).resolve(strict=True) if isinstance(path, str) and path else None
    except (OSError, ValueError, RuntimeError):
        file = None
    if file is None or not file.is_relative_to(upload_folder()) or not file.is_file():
        raise UserError(
            "A file must be uploaded first. Received: a path that no upload gave. "
            "POST the file to /gradio_api/upload, or use gradio_client's handle_file.",
            code="not_uploaded",
        )
    return Upload(file, name[:MAX_FILE_NAME] if isinstance(name, str) else "")


class PageImage(gr.Image):
    """gr.Image that gives handlers a `Picture`: the image, why it is none, or None where it is empty."""

    is_template = True

    def preprocess(self, payload: ImageData | None) -> Picture:
        if payload is None:
            return None
        try:
            return received(payload.model_dump()).image()
        except UserError as problem:
            return Unreadable(str(problem))
