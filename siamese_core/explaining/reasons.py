"""Tell why each encoder finds two images alike or not: overlays, a sentence, numbers, the nearest others."""

import base64
import io
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from PIL import Image

from siamese_core.explaining.explaining import Explainer, Explanation
from siamese_core.explaining.neighbours import Neighbours
from siamese_core.explaining.overlay import laid_over, overlays
from siamese_core.explaining.track_record import LOOKED_AT, track_record
from siamese_core.explaining.wording import (
    Speak,
    agreement,
    in_english,
    nearest_words,
    regions_words,
    sentence,
)
from siamese_core.workspace.comparing import Comparison
from siamese_core.workspace.results import PairResult
from siamese_core.workspace.workbench import Workbench

SIDE = 288  # px of the longer side of a picture with its overlay
DIGITS = 4

Images = tuple[np.ndarray, np.ndarray]
Nearest = Callable[[Comparison, Images], Neighbours]  # the images most similar to a pair, by who compared it


@dataclass(frozen=True)
class Reason:
    """Why one encoder says what it says. found, nearest: None and empty where it abstains."""

    said: Comparison
    sentence: str
    found: Explanation | None = None
    nearest: Neighbours = Neighbours()

    def pictures(self) -> dict[str, Images]:
        """Return by "alike" and "apart" both images with their overlays, uint8 RGB; {} where it abstains."""
        if self.found is None:
            return {}
        drawn = overlays(self.found.maps, self.found.images[0].shape[:2], SIDE)
        return {
            kind: tuple(laid_over(*each) for each in zip(self.found.images, layers, strict=True))
            for kind, layers in drawn.items()
        }

    def json(self) -> dict:
        """Return its numbers and words as JSON."""
        said, found = self.said, self.found
        names = ("encoder", "network", "checkpoint", "similarity", "threshold", "same", "abstains", "why")
        numbers = {name: getattr(said, name) for name in names} | {"sentence": self.sentence}
        if found is None:
            return numbers
        links = [
            {"left": _rounded(each.left), "right": _rounded(each.right), "share": round(each.share, DIGITS)}
            for each in found.maps.links
        ]
        return numbers | {
            "log_odds": round(found.log_odds, DIGITS),
            "method": found.maps.method,
            "regions": regions_words(found.maps),
            "links": links,
            "nearest": asdict(self.nearest),
        }


def reason(
    workbench: Workbench, said: Comparison, threshold: float, found: Explanation | None, t: Speak = in_english
) -> Reason:
    """Put what is known of an encoder's verdict into words. threshold: the one in force, 0..1."""
    card = workbench.matcher.checkpoint(said.encoder, said.domain).card
    rows = workbench.log.latest(LOOKED_AT)
    record = track_record(rows, said.encoder, said.similarity or 0.0, threshold, card)
    return Reason(said, sentence(said, threshold, record, t), None if said.abstains else found)


def reasons(
    workbench: Workbench, explainer: Explainer, images: Images, result: PairResult, nearest: Nearest
) -> list[Reason]:
    """Return why each encoder says what it says of a pair, in English."""
    told = []
    for said in result.comparisons:
        found = None if said.abstains else explainer.explain(said.encoder, *images)
        others = Neighbours() if said.abstains else nearest(said, images)
        each = reason(workbench, said, said.threshold, found)
        words = " ".join(filter(None, [each.sentence, nearest_words(others)]))
        told.append(Reason(said, words, each.found, others))
    return told


def report(result: PairResult, told: list[Reason], pictures: Callable[[Reason], dict]) -> dict:
    """Return all of it as JSON. pictures: of a reason, by kind, what stands for both."""
    return {
        "left": result.left_id,
        "right": result.right_id,
        "agreement": agreement(result.comparisons, {}),
        "results": [each.json() | {"overlays": pictures(each)} for each in told],
    }


def png(picture: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "png")
    return stream.getvalue()


def png_text(picture: np.ndarray) -> str:
    """Return a picture as a PNG in base64."""
    return base64.b64encode(png(picture)).decode()


def _rounded(place: tuple[float, float]) -> list[float]:
    return [round(each, DIGITS) for each in place]
