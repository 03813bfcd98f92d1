"""How a similarity is drawn, everywhere: a scale from 0 to 1, the threshold as a tick, the number with two
decimals, the verdict as a word with its sign.
"""

import base64

import numpy as np
from markupsafe import Markup

from siamese_core.images.decoding import encode_png

SIGNS = {"same": "=", "different": "≠", "unsure": "?"}

VERDICT = Markup('<span class="verdict {word}"><b aria-hidden="true">{sign}</b> {word}</span>')
SCALE = Markup(
    '<span class="scale {word}" role="img" aria-label="similarity {number}, threshold {threshold}: {word}">'
    '<span class="fill" style="width:{fill}%"></span><span class="tick" style="left:{tick}%"></span></span>'
)


def word(same: bool) -> str:
    return "same" if same else "different"


def number(similarity: float, decimals: int = 2) -> str:
    return f"{similarity:.{decimals}f}"


def verdict(answer: str) -> Markup:
    """`same`, `different` or `unsure` with its sign and colour."""
    return VERDICT.format(word=answer, sign=SIGNS[answer])


def scale(similarity: float, threshold: float, same: bool) -> Markup:
    """The bar alone. similarity and threshold: 0..1."""
    return SCALE.format(
        word=word(same),
        number=number(similarity),
        threshold=number(threshold),
        fill=f"{100 * similarity:.1f}",
        tick=f"{100 * threshold:.1f}",
    )


def picture(image: np.ndarray, description: str) -> Markup:
    """An <img> that carries uint8 pixels (height, width[, 1 or 3]) in itself."""
    if image.ndim == 2 or image.shape[2] == 1:
        image = np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2)
    data = base64.b64encode(encode_png(image)).decode()
    return Markup('<img src="data:image/png;base64,{}" alt="{}">').format(data, description)


def stored_picture(image_id: str, description: str = "") -> Markup:
    """An <img> of an image of the workspace, served small by routes.py."""
    return Markup('<img src="thumbs/{}.png" alt="{}" loading="lazy">').format(image_id, description)
