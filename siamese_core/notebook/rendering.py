"""Render results as HTML for a notebook: templates beside this module, every value escaped.

The colour of text is the notebook's own, so that the same HTML is read on light and on dark ground.
"""

import base64
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from siamese_core.errors import UserError
from siamese_core.images.decoding import encode_png, thumbnail
from siamese_core.images.store import ImageStore

SIDE = 160  # px of the longer side of a shown image
SIGNS = {"same": "=", "different": "≠", "unsure": "?"}
FOLDER = Path(__file__).resolve().parent / "templates"


def answer_word(same: bool) -> str:
    """Return the verdict as a word."""
    return "same" if same else "different"


def image_url(images: ImageStore, image_id: str, side: int = SIDE) -> str:
    """Return a thumbnail as a data URL; "" where the image is gone from the workspace."""
    try:
        image = images.read(image_id)
    except UserError:
        return ""
    return f"data:image/png;base64,{base64.b64encode(encode_png(thumbnail(image, side))).decode()}"


_environment = Environment(
    loader=FileSystemLoader(FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals.update(SIGNS=SIGNS, image_url=image_url)
_environment.filters.update(answer_word=answer_word)


def render(template: str, **values: object) -> str:
    """Fill a template of `templates/`."""
    return _environment.get_template(f"{template}.html.jinja").render(values)
