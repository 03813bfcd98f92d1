"""How the labelling stands, drawn: counts, how often the encoders were right, what more answers bring."""

import logging
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from siamese_core.answers.label_row import LabelRow
from siamese_core.labelling.agreement import Agreement
from siamese_core.labelling.pool import Pool
from siamese_core.labelling.standing import Share, Standing
from siamese_core.networks.encoders import SLOTS
from siamese_core.page.parts.scale import verdict

if TYPE_CHECKING:
    from siamese_core.retraining.forecast import Forecast

log = logging.getLogger(__name__)
EVERY = 25  # answers between two forecasts
PANEL = Markup(
    '<section class="standing"><h2>Progress</h2><div class="numbers"><p class="total"><b>{answered}</b> '
    'answered</p>{balance}<p class="quiet">{lately}</p></div>{encoders}{forecasts}{people}</section>'
)
BALANCE = Markup(
    '<div class="balance"><span class="parts" role="img" aria-label="{same} same, {different} different, '
    '{unsure} unsure"><span class="same" style="flex:{same}"></span>'
    '<span class="unsure" style="flex:{unsure}"></span>'
    '<span class="different" style="flex:{different}"></span></span><span class="words">{words}</span></div>'
)
TABLE = Markup(
    '<div class="table-frame"><table><thead><tr><th>Agrees with you</th><th>all answers</th><th>lately</th>'
    '<th title="Only pairs that were drawn at random tell how often an encoder is right on any two images">'
    "random pairs</th></tr></thead><tbody>{rows}</tbody></table></div>"
)
ROW = Markup("<tr><th>{slot}</th><td>{agreed}</td><td>{lately}</td><td>{audited}</td></tr>")
FORECAST = Markup('<div class="forecast">{curve}<p><b>{slot}</b> {words}</p></div>')
SIDE, HIGH = 120, 48
CURVE = Markup(
    '<svg viewBox="-3 -3 {frame} {high}" role="img" aria-label="error by answers">'
    '<path class="told" d="{told}"/><path class="next" d="{next}"/></svg>'
)
PERSON = Markup("<tr><td>{first}</td><td>{last}</td><td>{pairs}</td><td>{agreed}</td><td>{kappa}</td></tr>")
PEOPLE = Markup(
    '<div class="table-frame"><table><thead><tr><th colspan="2">Annotators</th><th>pairs in common</th>'
    "<th>agreed</th><th>Cohen's κ</th></tr></thead><tbody>{rows}</tbody></table></div>"
)
WHO = Markup('<p class="quiet">{}</p>')


class Forecasts:
    """The latest forecast of each slot, made anew in the background every `EVERY` answers."""

    def __init__(self, pool: Pool) -> None:
        self.pool, self.latest, self.working = pool, {}, False
        self._made_at = 0
        self._change = threading.Lock()

    def follow(self, settled: Sequence[LabelRow]) -> None:
        """Starts one if there are enough new answers."""
        with self._change:
            if self.working or abs(len(settled) - self._made_at) < EVERY:
                return
            self.working, self._made_at = True, len(settled)
        threading.Thread(target=self._make, args=(settled,), name="forecast", daemon=True).start()

    def _make(self, settled: Sequence[LabelRow]) -> None:
        """Imported here: the page starts without TensorFlow."""
        try:
            from siamese_core.retraining.forecast import forecast, pool_evidence

            found = {
                each.slot: forecast(pool_evidence(each, settled), np.random.default_rng(0))
                for each in self.pool.embedded()
            }
            self.latest = {slot: each for slot, each in found.items() if each}
        except Exception:  # nobody waits for it; the answers are safe
            log.exception("no forecast")
        finally:
            self.working = False


def progress_panel(
    standing: Standing, forecasts: Mapping[str, "Forecast"], kappas: Sequence[Agreement]
) -> Markup:
    return PANEL.format(
        answered=f"{standing.answered:,}",
        balance=balance(standing.counts),
        lately=lately(standing),
        encoders=encoders(standing) if standing.answered else "",
        forecasts=Markup().join(forecast_line(slot, forecasts[slot]) for slot in SLOTS if slot in forecasts)
        or WHO.format(waiting_words(standing)),
        people=people(standing, kappas),
    )


def balance(counts: Mapping[str, int]) -> Markup:
    numbers = {answer: counts.get(answer, 0) for answer in ("same", "different", "unsure")}
    words = Markup(" ").join(
        Markup("{}&nbsp;{}").format(count, verdict(answer)) for answer, count in numbers.items()
    )
    return BALANCE.format(words=words, **numbers)


def lately(standing: Standing) -> str:
    last = standing.corrected_lately
    if not last.count:
        return "Nothing to compare the encoders with yet."
    return (
        f"Of your last {last.count} sure answers, {last.right} contradict an encoder ({percent(last.share)})."
    )


def encoders(standing: Standing) -> Markup:
    rows = [
        ROW.format(
            slot=slot,
            agreed=share(standing.agreed[slot]),
            lately=share(standing.lately[slot]),
            audited=share(standing.audited[slot]),
        )
        for slot in SLOTS
    ]
    return TABLE.format(rows=Markup().join(rows))


def share(found: Share) -> str:
    if not found.count:
        return "–"
    low, high = found.interval
    return f"{percent(found.share)} ({100 * low:.0f}–{100 * high:.0f}) of {found.count}"


def percent(value: float) -> str:
    return f"{100 * value:.0f} %"


def waiting_words(standing: Standing) -> str:
    sure = standing.counts.get("same", 0) + standing.counts.get("different", 0)
    if sure < 40:
        return f"A forecast of what more answers bring needs about 40 sure answers; there are {sure}."
    return "No forecast yet: it needs answers of both kinds about several things, and is made as you go on."


def forecast_line(slot: str, found: "Forecast") -> Markup:
    start, now = found.errors[0], found.errors[-1]
    low, high = (100 * each for each in found.interval)
    words = (
        f"would be wrong on {100 * now:.1f} % of such pairs after learning from these {found.answers[-1]} "
        f"answers ({100 * start:.1f} % as it is). The next 50 are likely to take off {100 * found.gain:.1f} "
        f"points ({low:.1f} to {high:.1f}). "
    )
    words += (
        "Time to retrain, or to stop: more of the same brings little." if found.enough else "Worth going on."
    )
    return FORECAST.format(curve=curve(found), slot=slot, words=words)


def curve(found: "Forecast") -> Markup:
    """The error by the number of answers, and where it is likely to go."""
    answers = np.array([*found.answers, found.answers[-1] + 50], float)
    errors = np.array([*found.errors, found.next])
    x, y = SIDE * answers / answers[-1], HIGH * (1 - errors / max(errors.max(), 1e-9))
    points = [f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True)]
    return CURVE.format(
        frame=SIDE + 6, high=HIGH + 6, told="M" + " L".join(points[:-1]), next="M" + " L".join(points[-2:])
    )


def people(standing: Standing, kappas: Sequence[Agreement]) -> Markup:
    if len(standing.by_annotator) < 2:
        return Markup("")
    names = ", ".join(f"{name or 'no name'} {count}" for name, count in standing.by_annotator.items())
    rows = [
        PERSON.format(
            first=each.first or "no name",
            last=each.second or "no name",
            pairs=each.pairs,
            agreed=each.agreed,
            kappa=f"{each.kappa:.2f}",
        )
        for each in kappas
    ]
    return WHO.format(names) + (PEOPLE.format(rows=Markup().join(rows)) if rows else Markup(""))
