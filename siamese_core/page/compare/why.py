"""Show why each encoder finds the pair on screen alike or not: overlays on both pictures, and a sentence.

It is asked by the browser once the verdict is drawn, so that nobody waits for it.
"""

import base64
import io
import threading
from dataclasses import dataclass

import gradio as gr
import numpy as np
from markupsafe import Markup
from PIL import Image

from siamese_core.errors import UserError
from siamese_core.explaining.explaining import Explainer, Explanation
from siamese_core.explaining.maps import DECOMPOSED
from siamese_core.explaining.overlay import overlays, region, region_at
from siamese_core.explaining.track_record import LOOKED_AT, track_record
from siamese_core.networks.encoders import SLOTS
from siamese_core.page.compare.wording import agreement, sentence
from siamese_core.page.languages.words import t
from siamese_core.page.parts.notices import ASKING, detail, listen
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.templates import render
from siamese_core.workspace.comparing import Comparison
from siamese_core.workspace.workbench import Workbench

SCRIPT = "workbench.why.panel(element, (pair) => trigger('asked', pair), watch)"
QUALITY = 85  # of the pictures below the overlays


@dataclass(frozen=True)
class Reason:
    """What is drawn for one encoder. pictures, alike, apart: data URLs of the left and the right image;
    links: (x, y, x, y) of the two ends, 0..1; words: the text alternative."""

    said: Comparison
    sentence: str
    pictures: tuple[str, str] = ("", "")
    alike: tuple[str, str] = ("", "")
    apart: tuple[str, str] = ("", "")
    links: tuple[tuple[float, float, float, float], ...] = ()
    words: str = ""
    method: str = ""
    ratio: float = 1.0  # of a picture's height to its width


class Why:
    """The part of the Compare tab that explains. It keeps no state but the networks that it has cut."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.explainer = Explainer(workbench.matcher)

    def build(self, thresholds: gr.State) -> None:
        """Build it. thresholds: 0..1 by slot, those that the person has moved."""
        panel = Panel(elem_id="why", script=SCRIPT)
        listen(panel.asked, self.show, thresholds, panel, **ASKING)

    def prepare(self, image: np.ndarray) -> None:
        """Make the networks ready that will explain such images, in the background."""
        threading.Thread(target=self.explainer.prepare, args=(image,), daemon=True).start()

    def show(self, thresholds: dict, event: gr.EventData) -> Markup:
        """Return the reasons of every encoder that serves for the pair that the browser names."""
        ids = [detail(event, side) for side in ("left", "right")]
        if not all(isinstance(each, str) and each in self.workbench.images for each in ids):
            raise UserError(
                f"A pair is named by two image ids. Received: {ascii(ids)[:80]}. Reload the page."
            )
        images = [self.workbench.images.read(each) for each in ids]
        slots = self.workbench.slots()
        ready = [name for name in SLOTS if slots[name]["state"] == "ready"]
        said = self.workbench.matcher.compare(*images, ready, ask_anyway=True)
        reasons = [self._reason(each, images, thresholds.get(each.encoder, each.threshold)) for each in said]
        return render(
            "compare/why.html.jinja",
            left_id=ids[0],
            right_id=ids[1],
            reasons=reasons,
            agreement=agreement(said, thresholds),
        )

    def _reason(self, said: Comparison, images: list[np.ndarray], threshold: float) -> Reason:
        card = self.workbench.matcher.checkpoint(said.encoder, said.domain).card
        rows = self.workbench.log.latest(LOOKED_AT)
        words = sentence(said, threshold, track_record(rows, said.encoder, said.similarity, threshold, card))
        if said.abstains:
            return Reason(said, words)
        return drawn(said, words, self.explainer.explain(said.encoder, *images))


def drawn(said: Comparison, words: str, found: Explanation) -> Reason:
    """Return an explanation as it is drawn."""
    height, width = found.images[0].shape[:2]
    layers = overlays(found.maps, (height, width))
    return Reason(
        said,
        words,
        tuple(map(jpeg_url, found.images)),
        tuple(map(overlay_url, layers["alike"])),
        tuple(map(overlay_url, layers["apart"])),
        tuple((*link.left, *link.right) for link in found.maps.links),
        alternative(found),
        t("The overlay is exact: the similarity shared out among all pairs of places.")
        if found.maps.method == DECOMPOSED
        else t("The overlay is measured: by covering parts of the pictures."),
        height / width,
    )


def alternative(found: Explanation) -> str:
    """Return in words what the overlays show."""
    alike, apart = (
        dict(zip(("left", "right"), (t(region(each)) for each in both), strict=True))
        for both in (found.maps.alike, found.maps.apart)
    )
    words = [
        t(
            "Made them alike: most in the {left} of the left picture and the {right} of the right one.",
            **alike,
        ),
        t(
            "Set them apart: most in the {left} of the left picture and the {right} of the right one.",
            **apart,
        ),
    ]
    links = [
        t("{left} with {right}", left=t(region_at(each.left)), right=t(region_at(each.right)))
        for each in found.maps.links
    ]
    return " ".join(words + ([t("Places that match: {links}.", links="; ".join(links))] if links else []))


def overlay_url(picture: np.ndarray) -> str:
    return _url(Image.fromarray(picture), "png")


def jpeg_url(image: np.ndarray) -> str:
    return _url(Image.fromarray(image.squeeze()).convert("RGB"), "jpeg", quality=QUALITY)


def _url(picture: Image.Image, kind: str, **options: int) -> str:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return f"data:image/{kind};base64,{base64.b64encode(stream.getvalue()).decode()}"
