"""Show why each encoder finds the pair on screen alike or not: overlays on both pictures, and a sentence.

It is asked by the browser once the verdict is drawn, so that nobody waits for it.
"""

import base64
import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

import gradio as gr
import numpy as np
from markupsafe import Markup
from PIL import Image

from siamese_core.errors import UserError
from siamese_core.explaining.maps import DECOMPOSED
from siamese_core.explaining.neighbours import Neighbours
from siamese_core.explaining.overlay import overlays
from siamese_core.explaining.reasons import Reason, reason
from siamese_core.explaining.wording import agreement, nearest_words, regions_words
from siamese_core.networks.encoders import SLOTS
from siamese_core.page.compare.endpoint import PairReasons
from siamese_core.page.languages.words import t
from siamese_core.page.parts.notices import ASKING, detail, listen
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.templates import render
from siamese_core.workspace.comparing import Comparison

SCRIPT = "workbench.why.panel(element, (pair) => trigger('asked', pair), watch)"
QUALITY = 85  # of the pictures below the overlays


@dataclass(frozen=True)
class Drawn:
    """What is drawn for one encoder.

    pictures, alike, apart: data URLs of the left and the right image; links: (x, y, x, y) of the two ends,
    0..1; words: the text alternative; ratio: of a picture's height to its width; nearest: the most similar
    other images of each side, and what is said of them.
    """

    said: Comparison
    sentence: str
    pictures: tuple[str, str] = ("", "")
    alike: tuple[str, str] = ("", "")
    apart: tuple[str, str] = ("", "")
    links: tuple[tuple[float, float, float, float], ...] = ()
    words: str = ""
    method: str = ""
    ratio: float = 1.0
    nearest: Neighbours = Neighbours()
    nearest_words: str = ""


class Why:
    """The part of the Compare tab that explains. It keeps no state but the networks that it has cut."""

    def __init__(self, pairs: PairReasons) -> None:
        self.pairs, self.workbench = pairs, pairs.workbench

    def build(self, thresholds: gr.State) -> None:
        """Build it. thresholds: 0..1 by slot, those that the person has moved."""
        panel = Panel(elem_id="why", script=SCRIPT)
        listen(panel.asked, self.show, thresholds, panel, **ASKING | {"show_progress": "hidden"})

    def prepare(self, image: np.ndarray) -> None:
        """Make the networks ready that will explain such images, in the background."""
        threading.Thread(target=self.pairs.explainer.prepare, args=(image,), daemon=True).start()

    def show(self, thresholds: dict, event: gr.EventData) -> Iterator[Markup]:
        """Yield the reasons of every encoder that serves for the pair that the browser names.

        At first without the nearest other images, then with them, where the workspace has any.
        """
        ids = [detail(event, side) for side in ("left", "right")]
        if not all(isinstance(each, str) and each in self.workbench.images for each in ids):
            raise UserError(
                f"A pair is named by two image ids. Received: {ascii(ids)[:80]}. Reload the page."
            )
        images = tuple(self.workbench.images.read(each) for each in ids)
        slots = self.workbench.slots()
        ready = [name for name in SLOTS if slots[name]["state"] == "ready"]
        said = self.workbench.matcher.compare(*images, ready, ask_anyway=True)
        reasons = [self._reason(each, images, thresholds.get(each.encoder, each.threshold)) for each in said]
        shown = {"left_id": ids[0], "right_id": ids[1], "agreement": agreement(said, thresholds, t)}
        yield render("compare/why.html.jinja", reasons=reasons, **shown)
        near = [self._with_nearest(each, images) for each in reasons]
        if any(each.nearest_words for each in near):
            yield render("compare/why.html.jinja", reasons=near, **shown)

    def _reason(self, said: Comparison, images: tuple, threshold: float) -> Drawn:
        found = None if said.abstains else self.pairs.explainer.explain(said.encoder, *images)
        return drawn(reason(self.workbench, said, threshold, found, t))

    def _with_nearest(self, each: Drawn, images: tuple) -> Drawn:
        if each.said.abstains:
            return each
        found = self.pairs.nearest(each.said, images)
        return replace(each, nearest=found, nearest_words=nearest_words(found, t))


def drawn(told: Reason) -> Drawn:
    """Return a reason as it is drawn."""
    found = told.found
    if found is None:
        return Drawn(told.said, told.sentence)
    height, width = found.images[0].shape[:2]
    layers = overlays(found.maps, (height, width))
    return Drawn(
        told.said,
        told.sentence,
        tuple(map(jpeg_url, found.images)),
        tuple(map(overlay_url, layers["alike"])),
        tuple(map(overlay_url, layers["apart"])),
        tuple((*link.left, *link.right) for link in found.maps.links),
        regions_words(found.maps, t),
        t("The overlay is exact: the similarity shared out among all pairs of places.")
        if found.maps.method == DECOMPOSED
        else t("The overlay is measured: by covering parts of the pictures."),
        height / width,
    )


def overlay_url(picture: np.ndarray) -> str:
    return _url(Image.fromarray(picture), "png")


def jpeg_url(image: np.ndarray) -> str:
    return _url(Image.fromarray(image.squeeze()).convert("RGB"), "jpeg", quality=QUALITY)


def _url(picture: Image.Image, kind: str, **options: int) -> str:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return f"data:image/{kind};base64,{base64.b64encode(stream.getvalue()).decode()}"
