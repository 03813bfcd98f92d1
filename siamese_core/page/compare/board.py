"""Draw what both encoders say of a pair: a card each, always in the same order."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from siamese_core.checkpoints.naming import CheckpointNames
from siamese_core.metrics import verdict
from siamese_core.networks.encoders import SLOTS
from siamese_core.page.parts.advice import advice
from siamese_core.page.parts.formatting import answer_word
from siamese_core.page.parts.outbox import said_on_screen
from siamese_core.page.parts.templates import render
from siamese_core.retraining.preview import Preview
from siamese_core.workspace.comparing import Comparison


@dataclass(frozen=True)
class Opinion:
    """What one encoder says of a pair, asked anyway where it abstains.

    threshold: the one in force, 0..1, which the person may have moved; seen: the two images as the encoder
    gets them, uint8 (size, size, channels); preview: what a head refitted to the answers would say.
    """

    comparison: Comparison
    threshold: float
    seen: tuple[np.ndarray, np.ndarray]
    preview: Preview | None = None

    @property
    def same(self) -> bool:
        return bool(verdict(self.comparison.similarity, self.threshold))

    @property
    def preview_same(self) -> bool:
        return bool(verdict(self.preview.similarity, self.threshold))


def board(
    ids: tuple[str, str],
    opinions: Mapping[str, Opinion],
    slots: Mapping[str, dict],
    names: CheckpointNames,
    mixed: bool = False,
) -> Markup:
    """Return all that stands below the two pictures. slots: of `Workbench.slots()`; mixed: one is handwriting
    and the other a photograph."""
    judging = {name: each for name, each in opinions.items() if not each.comparison.abstains}
    return render(
        "compare/board.html.jinja",
        left_id=ids[0],
        right_id=ids[1],
        # Never the same twice: gradio does not redraw an equal value, and the script may have marked what is
        # on screen as outdated.
        made=time.monotonic_ns(),
        answers=[(each.comparison.network, answer_word(each.same)) for each in in_order(judging)],
        abstaining={name: opinions[name].comparison.network for name in opinions if name not in judging},
        advice=advice([each.comparison.abstains for each in opinions.values()], slots, mixed),
        doubtful=[each.comparison.network for each in in_order(judging) if each.comparison.warning],
        own_answers={answer_word(each.comparison.same) for each in judging.values()},
        said=json.dumps(said_on_screen([each.comparison for each in opinions.values()])),
        opinions=opinions,
        slots=slots,
        names=names,
    )


def in_order(opinions: Mapping[str, Opinion]) -> list[Opinion]:
    return [opinions[slot] for slot in SLOTS if slot in opinions]
