"""What survives a reload: the pictures and names on screen, kept by the browser tab, checked on the way back.

The page's script keeps in the tab's sessionStorage what a component writes into `data-remember`, and hands it
back when the page loads. Images are remembered by id only; they are in the workspace.
"""

import json

import numpy as np
from markupsafe import Markup

from siamese_core.errors import UserError
from siamese_core.images.store import ImageStore

NOTE = Markup('<span hidden data-remember="{key}" data-value="{value}"></span>')
MAX_CHARACTERS = 200_000


def remember(key: str, content: dict) -> Markup:
    """A mark in a component's HTML that the script stores under `key`."""
    return NOTE.format(key=key, value=json.dumps(content))


def recalled(text: object) -> dict:
    """What the browser gave back; empty where it is no JSON object of reasonable size."""
    if not isinstance(text, str) or len(text) > MAX_CHARACTERS:
        return {}
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def recalled_image(store: ImageStore, image_id: object) -> np.ndarray | None:
    """The image that was on screen, if it is still in the workspace."""
    try:
        return store.read(image_id) if isinstance(image_id, str) else None
    except UserError:
        return None
