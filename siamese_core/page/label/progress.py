"""Draw how far the labelling is: counts, how often the encoders were right, what more answers would bring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from siamese_core.annotators.agreement import Agreement
from siamese_core.answers.label_row import ANSWERS
from siamese_core.labelling.standing import Standing
from siamese_core.page.languages.words import t
from siamese_core.page.parts.templates import render

if TYPE_CHECKING:
    from siamese_core.retraining.forecast import Forecast

WIDTH, HEIGHT = 120, 48  # of the curve, in units of its SVG
SURE_FOR_A_FORECAST = 40  # answers


@dataclass(frozen=True)
class Curve:
    """The error by the number of answers, as SVG paths: as measured, and for the next answers."""

    measured: str
    expected: str
    width: int = WIDTH
    height: int = HEIGHT


def progress_panel(
    standing: Standing, forecasts: Mapping[str, "Forecast"], agreements: Sequence[Agreement]
) -> Markup:
    return render(
        "label/progress.html.jinja",
        standing=standing,
        counts={answer: standing.counts.get(answer, 0) for answer in ANSWERS},
        forecasts=forecasts,
        curves={slot: curve(each) for slot, each in forecasts.items()},
        waiting=waiting_words(standing),
        agreements=agreements,
    )


def waiting_words(standing: Standing) -> str:
    sure = standing.counts.get("same", 0) + standing.counts.get("different", 0)
    if sure < SURE_FOR_A_FORECAST:
        return t(
            "A forecast of what more answers bring needs about {needed} sure answers; there are {sure}.",
            needed=SURE_FOR_A_FORECAST,
            sure=sure,
        )
    return t(
        "No forecast yet: it needs answers of both kinds about several identities, and is made as you go on."
    )


def curve(found: "Forecast") -> Curve:
    answers = np.array([*found.answers, found.answers[-1] + 50], float)
    errors = np.array([*found.errors, found.next])
    x, y = WIDTH * answers / answers[-1], HEIGHT * (1 - errors / max(errors.max(), 1e-9))
    points = [f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True)]
    return Curve("M" + " L".join(points[:-1]), "M" + " L".join(points[-2:]))
