"""How the rankings of both encoders for a query are drawn: a card each, a bar for each class."""

import time
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from siamese_core.networks.encoders import SLOTS
from siamese_core.page.parts.opinions import CARD, CARDS, absent_card, picked
from siamese_core.page.parts.scale import number, scale, stored_picture
from siamese_core.workspace.matching import RankedClass, Ranking, is_same
from siamese_core.workspace.workbench import OneShotResult

SHOWN_CLASSES = 8
MOST_DECIMALS = 4
SEVERAL = 4  # classes
RANKINGS = Markup(
    '<div class="rankings" data-query="{query}" data-made="{made}">{summary}{cards}<div class="tools">'
    '<span class="question">Click the right class to correct, or</span>'
    '<button type="button" class="different" data-none><b>≠</b> None of these is right</button>'
    '<button type="button" class="undo" data-undo><b>↶</b> Undo <kbd>Z</kbd></button>'
    '<span class="saved" role="status" aria-live="polite">{saved}</span></div></div>'
)
BODY = Markup(
    '<div class="pick">{pick}</div>{note}<ol class="classes">{first}</ol>{rest}'
    '<footer><span class="time">{milliseconds:.0f} ms</span></footer>'
)
PICK = Markup(
    '<span class="verdict same"><b>=</b> same as</span> <b class="name">{name}</b> '
    '<span class="margin">{margin} ahead of {second}</span>'
)
NONE = Markup(
    '<span class="verdict different"><b>≠</b> none of these</span> '
    '<span class="margin">even {name} stays below the threshold {threshold}</span>'
)
ALL_SAME = Markup(
    '<p class="quiet note" role="note">Every class is above the threshold, which was fitted on other images '
    "than these: go by the order. Answers and a retraining fit it to these.</p>"
)
REST = Markup("<details><summary>{count} more {noun}</summary><ol class='classes'>{items}</ol></details>")
ITEM = Markup(
    '<li><button type="button" data-class="{name}" title="{name} is the right class">{picture}<span '
    'class="name">{name}</span>{scale}<span class="number">{number}</span></button></li>'
)
AGREE = Markup('<p class="summary">{}</p>')
DISAGREE = Markup(
    '<p class="summary disagree" role="status"><b>The encoders disagree.</b> {}. '
    "Your answer teaches most here.</p>"
)


def rankings(result: OneShotResult, slots: Mapping[str, Mapping], saved: str = "") -> Markup:
    said = {ranking.encoder: ranking for ranking in result.rankings}
    faces = {name: image_id for name, image_id in reversed(result.support)}
    cards = Markup().join(
        ranking_card(said[name], faces) if name in said else absent_card(name, slots[name]) for name in SLOTS
    )
    return RANKINGS.format(
        query=result.query_id,
        made=time.monotonic_ns(),
        summary=summary(said),
        cards=CARDS.format(cards),
        saved=saved,
    )


def summary(said: Mapping[str, Ranking]) -> Markup:
    picks = {name: "none of these" if each.none_of_these else each.pick for name, each in said.items()}
    if not picks:
        return Markup("")
    if len(set(picks.values())) > 1:
        parts = [Markup("{} says <b>{}</b>").format(name, pick) for name, pick in picks.items()]
        return DISAGREE.format(Markup(", ").join(parts))
    who = "Both encoders say" if len(picks) == len(SLOTS) else f"{', '.join(picks)} says"
    return AGREE.format(Markup("{} <b>{}</b>").format(who, next(iter(picks.values()))))


def ranking_card(ranking: Ranking, faces: Mapping[str, str]) -> Markup:
    """`faces`: an image id for each class."""
    decimals = told_apart([each.similarity for each in ranking.ranking])
    items = [ranked_class(each, ranking.threshold, faces[each.name], decimals) for each in ranking.ranking]
    first, more = items[:SHOWN_CLASSES], items[SHOWN_CLASSES:]
    body = BODY.format(
        pick=pick(ranking, decimals),
        note=ALL_SAME if all_same(ranking) else "",
        first=Markup().join(first),
        rest=REST.format(
            count=len(more), noun="class" if len(more) == 1 else "classes", items=Markup().join(more)
        )
        if more
        else "",
        milliseconds=ranking.milliseconds,
    )
    return CARD.format(encoder=ranking.encoder, checkpoint=ranking.checkpoint, body=picked(ranking) + body)


def told_apart(similarities: Sequence[float]) -> int:
    """How many decimals tell the first two apart: two, or up to `MOST_DECIMALS`."""
    first = similarities[:2]
    finer = (each for each in range(2, MOST_DECIMALS) if len({number(s, each) for s in first}) == len(first))
    return next(finer, MOST_DECIMALS)


def all_same(ranking: Ranking) -> bool:
    """Whether the threshold tells nothing: a query is of one class, and all of several are called same."""
    alike = [is_same(each.similarity, ranking.threshold) for each in ranking.ranking]
    return len(alike) >= SEVERAL and all(alike)


def pick(ranking: Ranking, decimals: int) -> Markup:
    template = NONE if ranking.none_of_these else PICK
    return template.format(
        name=ranking.pick,
        margin=number(ranking.margin, decimals),
        second=ranking.ranking[1].name if len(ranking.ranking) > 1 else "nothing",
        threshold=number(ranking.threshold),
    )


def ranked_class(ranked: RankedClass, threshold: float, image_id: str, decimals: int) -> Markup:
    same = is_same(ranked.similarity, threshold)
    return ITEM.format(
        name=ranked.name,
        picture=stored_picture(image_id),
        scale=scale(ranked.similarity, threshold, same),
        number=number(ranked.similarity, decimals),
    )
