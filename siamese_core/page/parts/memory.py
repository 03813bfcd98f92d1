"""Keep what is on screen over a reload: in the browser tab, and checked when it comes back.

A component writes it into `data-remember`; the page's script keeps that in the tab's sessionStorage and sends
it when the page loads. Of an image only the id is kept: the image itself is in the workspace.
"""

import json

import numpy as np
from markupsafe import Markup

from siamese_core.errors import UserError
from siamese_core.images.store import ImageStore

NOTE = Markup('<span hidden data-remember="{key}" data-value="{value}"></span>')
MAX_CHARACTERS = 200_000  # of what a browser keeps of a tab


def remember(key: str, content: dict) -> Markup:
    """Return a hidden tag whose content the script stores under `key`."""
    return NOTE.format(key=key, value=json.dumps(content))


def recalled(text: object) -> dict:
    """Return what the browser sent back; empty where it is no JSON object of reasonable size."""
    if not isinstance(text, str) or len(text) > MAX_CHARACTERS:
        return {}
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def recalled_image(store: ImageStore, image_id: object) -> np.ndarray | None:
    """Return an image that was on screen, or None where it is no longer in the workspace."""
    try:
        return store.read(image_id) if isinstance(image_id, str) else None
    except UserError:
        return None
