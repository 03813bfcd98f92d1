"""How the opinions of both encoders on a pair are drawn: a card each, always in the same order."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from siamese_core.networks.encoders import SLOTS
from siamese_core.page.parts.scale import number, picture, scale, verdict, word
from siamese_core.retraining.preview import Said
from siamese_core.workspace.matching import Comparison, Ranking, is_same

# `made` is never the same twice: gradio draws nothing anew for an equal value, and the script may have
# marked what is on screen as outdated.
BOARD = Markup(
    '<div class="opinions" data-left="{left}" data-right="{right}" data-made="{made}">{summary}{cards}</div>'
)
CARDS = Markup('<div class="pair-of-cards">{}</div>')
CARD = Markup(
    '<section class="card" data-encoder="{encoder}" aria-label="{encoder}"><header><h3>{encoder}</h3>'
    '<span class="checkpoint">{checkpoint}</span></header>{body}</section>'
)
BODY = Markup(
    '<div class="says"><span class="number">{number}</span>{verdict}</div>'
    '<div class="dial">{scale}<input type="range" min="0" max="1" step="0.01" value="{threshold}" '
    'aria-label="Threshold of {encoder}" data-threshold="{encoder}"></div>'
    '<div class="legend"><span>0</span><span class="threshold">threshold <output>{threshold}</output>{reset}'
    "</span><span>1</span></div>{note}"
    '<footer><figure class="seen">{seen}<figcaption>what {encoder} sees</figcaption></figure>'
    '<span class="time">{milliseconds}</span></footer>'
)
RESET = Markup(
    ' <button type="button" class="link" data-reset="{encoder}">back to {own}, the checkpoint\'s own</button>'
)
PREVIEW = Markup(
    '<div class="preview" title="No checkpoint is changed: retrain to keep it"><span>Preview, after learning '
    'from {answers}</span>{scale}<span class="number">{number}</span>{verdict}</div>'
)
NOTE = Markup('<p class="quiet note" role="note">At this threshold {}.</p>')
TELLS_NOTHING = {0: "every pair is called same", 1: "nearly every pair is called different"}
WHY = Markup('<p class="why">{}</p>')
WARNING = Markup('<p class="trouble" role="note"><b>Unlike its training:</b> {}</p>')
QUIET = Markup('<p class="quiet">{}</p>')
AGREE = Markup('<p class="summary">{who} {verdict}</p>')
DISAGREE = Markup(
    '<p class="summary disagree" role="status"><b>The encoders disagree.</b> {opinions}. {lesson}</p>'
)
LESSON = "Your answer teaches most here."
MOVED = Markup("That is the thresholds' doing: at the checkpoints' own, both say {}.")
WAITING = {
    "waiting": "waits to be loaded",
    "loading": "is being loaded; the pair is compared as soon as it is ready",
    "failed": "cannot serve",
}


@dataclass(frozen=True)
class Opinion:
    """What one encoder says of a pair. `seen`: its two prepared images, uint8 (size, size, channels);
    `threshold`: the one in force, 0..1, which the person may have moved; `preview`: what the head would say
    if it learnt from the answers."""

    comparison: Comparison
    threshold: float
    seen: tuple[np.ndarray, np.ndarray]
    preview: Said | None = None

    @property
    def same(self) -> bool:
        return is_same(self.comparison.similarity, self.threshold)


def board(ids: tuple[str, str], opinions: Mapping[str, Opinion], slots: Mapping[str, dict]) -> Markup:
    """Everything below the two pictures. `slots`: of `Workbench.status()`, for those without opinion."""
    cards = Markup().join(
        opinion_card(opinions[name]) if name in opinions else absent_card(name, slots[name]) for name in SLOTS
    )
    return BOARD.format(
        left=ids[0],
        right=ids[1],
        made=time.monotonic_ns(),
        summary=summary(opinions),
        cards=CARDS.format(cards),
    )


def summary(opinions: Mapping[str, Opinion]) -> Markup:
    """Where they disagree, that comes first."""
    said = {name: word(opinions[name].same) for name in SLOTS if name in opinions}
    if not said:
        return Markup("")
    if len(set(said.values())) > 1:
        parts = [Markup("{} says {}").format(name, verdict(answer)) for name, answer in said.items()]
        own = {word(opinions[name].comparison.same) for name in said}
        lesson = LESSON if len(own) > 1 else MOVED.format(verdict(own.pop()))
        return DISAGREE.format(opinions=Markup(", ").join(parts), lesson=lesson)
    who = "Both encoders say" if len(said) == len(SLOTS) else f"{', '.join(said)} says"
    return AGREE.format(who=who, verdict=verdict(next(iter(said.values()))))


def opinion_card(opinion: Opinion) -> Markup:
    said = opinion.comparison
    moved = opinion.threshold != said.threshold
    body = BODY.format(
        encoder=said.encoder,
        number=number(said.similarity),
        verdict=verdict(word(opinion.same)),
        scale=scale(said.similarity, opinion.threshold, opinion.same),
        threshold=number(opinion.threshold),
        reset=RESET.format(encoder=said.encoder, own=number(said.threshold)) if moved else "",
        note=NOTE.format(TELLS_NOTHING[opinion.threshold]) if opinion.threshold in TELLS_NOTHING else "",
        seen=Markup().join(picture(image, f"{said.encoder} sees this") for image in opinion.seen),
        milliseconds=f"{said.milliseconds:.0f} ms",
    )
    body = picked(said) + body + preview(opinion)
    return CARD.format(encoder=said.encoder, checkpoint=said.checkpoint, body=body)


def preview(opinion: Opinion) -> Markup:
    said, threshold = opinion.preview, opinion.threshold
    if said is None:
        return Markup("")
    same = is_same(said.similarity, threshold)
    return PREVIEW.format(
        answers=f"{said.answers} answer{'' if said.answers == 1 else 's'}",
        scale=scale(said.similarity, threshold, same),
        number=number(said.similarity),
        verdict=verdict(word(same)),
    )


def picked(said: Comparison | Ranking) -> Markup:
    """Why this checkpoint of the slot was asked, and a warning if it does not know such images."""
    why = WHY.format(said.why) if said.why else Markup("")
    return why + (WARNING.format(said.warning) if said.warning else Markup(""))


def absent_card(name: str, slot: Mapping) -> Markup:
    words = f"{name} {WAITING.get(slot['state'], 'is ready')}"
    if slot["problem"]:
        words += f": {slot['problem']}"
    return CARD.format(encoder=name, checkpoint=slot["checkpoint"] or "", body=QUIET.format(words))
