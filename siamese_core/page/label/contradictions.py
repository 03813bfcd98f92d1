"""What answers say together: contradictions, with their images, and pairs that they imply, as suggestions.

A suggestion is no answer. It becomes one, marked as implied, when a person accepts it.
"""

from collections.abc import Container, Sequence

from markupsafe import Markup

from siamese_core.answers.label_row import LabelRow
from siamese_core.labelling.implications import Contradiction, Implied, contradictions, implied
from siamese_core.page.parts.scale import SIGNS, stored_picture, verdict

SHOWN_IMPLIED = 6
MOST_IMPLIED = 200
OTHERS = {"same": ("different", "unsure"), "different": ("same", "unsure")}

CLASH = Markup(
    '<section class="clash" role="alert"><p><b>These answers contradict each other.</b> {words} At least one '
    'of them is wrong: change it.</p><div class="chain">{images}</div><ol class="links">{links}</ol>'
    "</section>"
)
IMAGE = Markup("<figure>{picture}<figcaption>{letter}</figcaption></figure>")
BETWEEN = Markup('<b class="verdict {answer}" aria-hidden="true">{sign}</b>')
LINK = Markup(
    '<li><span>{first} {verdict} {last}</span><span class="quiet">{by}</span>'
    '<span class="tools">{buttons}</span></li>'
)
CHANGE = Markup(
    '<button type="button" class="{answer}" data-give="{answer}" data-left="{left}" data-right="{right}" '
    'data-origin="{origin}" data-because="{because}"><b>{sign}</b> {words}</button>'
)
ALL = Markup('<div data-clashes-found="{count}">{first}{more}</div>')
MORE = Markup('<p class="quiet">{count} more once this one is settled.</p>')
SUGGESTED = Markup(
    '<section class="implied"><header><h2>Implied by your answers <span class="quiet">({count})</span></h2>'
    '<button type="button" data-accept-all>Accept the {shown} shown</button></header><p class="quiet">'
    "Nothing is learnt from these unless you accept them.</p><ul>{pairs}</ul></section>"
)
SUGGESTION = Markup(
    '<li><span class="thumbs">{left}{right}</span>{verdict}<span class="tools">{accept}{reject}</span></li>'
)


def clashes(settled: Sequence[LabelRow]) -> Markup:
    """The latest contradiction in the log, and how many more there are."""
    found = contradictions(settled)
    if not found:
        return Markup("")
    by = {row.label_id: row.annotator for row in settled}
    more = MORE.format(count=len(found) - 1) if len(found) > 1 else ""
    return ALL.format(count=len(found), first=clash(found[-1], by), more=more)


def clash(found: Contradiction, by: dict[str, str]) -> Markup:
    letters = [chr(ord("A") + place % 26) for place in range(len(found.images))]
    ends = [*zip(range(len(letters) - 1), range(1, len(letters)), strict=True), (0, len(letters) - 1)]
    answers = ["same"] * (len(ends) - 1) + ["different"]
    links = [
        link(found, letters, each, (answer, by.get(label, "")))
        for each, answer, label in zip(ends, answers, found.labels, strict=True)
    ]
    same = ", ".join(f"{letters[first]} = {letters[last]}" for first, last in ends[:-1])
    pictures = [
        IMAGE.format(picture=stored_picture(image, f"image {letter}"), letter=letter)
        for image, letter in zip(found.images, letters, strict=True)
    ]
    between = BETWEEN.format(answer="same", sign=SIGNS["same"])
    closing = BETWEEN.format(answer="different", sign=SIGNS["different"]) + IMAGE.format(
        picture=stored_picture(found.images[0], f"image {letters[0]}"), letter=letters[0]
    )
    return CLASH.format(
        words=f"{same}, but {letters[0]} ≠ {letters[-1]}.",
        images=between.join(pictures) + closing,
        links=Markup().join(links),
    )


def link(
    found: Contradiction, letters: Sequence[str], ends: tuple[int, int], given: tuple[str, str]
) -> Markup:
    """One of the answers of a contradiction, with buttons for the others."""
    (first, last), (answer, by) = ends, given
    pair = found.images[first], found.images[last]
    return LINK.format(
        first=letters[first],
        verdict=verdict(answer),
        last=letters[last],
        by=by and f"by {by}",
        buttons=Markup().join(
            change(pair, other, f"No, {other}", "contradiction") for other in OTHERS[answer]
        ),
    )


def change(
    pair: tuple[str, str], answer: str, words: str, origin: str, because: Sequence[str] = ()
) -> Markup:
    return CHANGE.format(
        answer=answer,
        left=pair[0],
        right=pair[1],
        origin=origin,
        because=" ".join(because),
        sign=SIGNS[answer],
        words=words,
    )


def suggestions(settled: Sequence[LabelRow], known: Container[tuple[str, str]]) -> Markup:
    """Pairs that the answers imply; none that is `known`: answered in some way, unsure or in dispute too."""
    found = [each for each in implied(settled, MOST_IMPLIED) if (each.left_id, each.right_id) not in known]
    if not found:
        return Markup("")
    shown = found[:SHOWN_IMPLIED]
    count = f"{len(found)}{' or more' if len(found) >= MOST_IMPLIED else ''}"
    return SUGGESTED.format(
        count=count, shown=len(shown), pairs=Markup().join(suggestion(each) for each in shown)
    )


def suggestion(found: Implied) -> Markup:
    pair, other = (found.left_id, found.right_id), OTHERS[found.answer][0]
    return SUGGESTION.format(
        left=stored_picture(found.left_id, "left picture"),
        right=stored_picture(found.right_id, "right picture"),
        verdict=verdict(found.answer),
        accept=change(pair, found.answer, "Accept", "implied", found.labels),
        reject=change(pair, other, f"No, {other}", "implied", found.labels),
    )
