"""How answers under review are drawn: the answers, conflicts, contradictions, and what can be exported."""

from collections.abc import Sequence

from markupsafe import Markup

from siamese_core.answers.label_row import LabelRow
from siamese_core.labelling.agreement import Agreement
from siamese_core.labelling.implications import Contradiction
from siamese_core.page.parts.answers import NOTHING, answer_row, table_of
from siamese_core.page.parts.scale import number, stored_picture, verdict
from siamese_core.page.parts.status import counted
from siamese_core.review.reviewing import Reviewed

MARK = Markup(' <span class="mark {kind}" title="{title}">{words}</span>')
REASON = Markup('<td class="reason">{reason}</td>')
HEADS = Markup('<th class="reason">Reason</th><th>Answer anew</th>')
ACTIONS = Markup(
    '<td class="anew"><button type="button" class="same" data-relabel="same" aria-label="Answer same">'
    '<b aria-hidden="true">=</b></button><button type="button" class="different" data-relabel="different" '
    'aria-label="Answer different"><b aria-hidden="true">≠</b></button><button type="button" '
    'data-relabel="unsure" aria-label="Answer unsure"><b aria-hidden="true">?</b></button>'
    '<button type="button" data-takeback aria-label="Take this answer back" title="take back">×</button></td>'
)
NO_ACTIONS = Markup('<td class="anew"></td>')
DISPUTE = Markup(
    '<li class="dispute" data-item data-left="{left_id}" data-right="{right_id}"><div class="both">'
    "{left}{right}</div><div><ul>{sides}</ul>{said}{buttons}</div></li>"
)
SIDE = Markup("<li>{verdict} says <b>{annotator}</b>{settled} <time>{time}</time></li>")
SAID = Markup('<p class="quiet">{}</p>')
SETTLE = Markup(
    '<div class="tools"><span class="question">What is right?</span>'
    '<button type="button" class="same" data-settle="same"><b>=</b> Same <kbd>S</kbd></button>'
    '<button type="button" class="different" data-settle="different"><b>≠</b> Different <kbd>D</kbd></button>'
    '<button type="button" data-settle="unsure"><b>?</b> Cannot be told <kbd>U</kbd></button></div>'
)
AGREEMENT = Markup(
    '<h3>How far annotators agree</h3><div class="table-frame"><table class="agreement"><thead><tr><th>'
    "Annotators</th><th>Pairs of both</th><th>Agreed</th><th>Cohen's kappa</th></tr></thead><tbody>{}</tbody>"
    "</table></div>"
)
AGREED = Markup(
    '<tr><td>{first} and {second}</td><td class="number">{pairs}</td><td class="number">{share}</td>'
    '<td class="number">{kappa}</td></tr>'
)
CHAIN = Markup(
    '<li class="contradiction"><p class="summary">{words}</p><div class="chain">{images}</div>{table}</li>'
)
LINK = Markup('<b class="verdict {word}" title="{word}">{sign}</b>')
EXPORTS = Markup('<dl class="exports">{}</dl>')
EXPORT = Markup("<dt>{link}</dt><dd>{words}</dd>")
DOWNLOAD = Markup('<a class="button" href="{file}" download>{name}</a>')
NOTHING_TO_GET = Markup('<span class="button" aria-disabled="true">{name}</span>')


def reviewed_table(answers: Sequence[Reviewed]) -> Markup:
    return table_of((reviewed_row(each) for each in answers), HEADS)


def reviewed_row(each: Reviewed) -> Markup:
    reason = REASON.format(reason=each.row.reason.replace("_", " "))
    gone = each.state == "taken back"
    return answer_row(each.row, marks(each), reason + (NO_ACTIONS if gone else ACTIONS))


def marks(each: Reviewed) -> Markup:
    found = []
    if each.state != "counts":
        found.append(("gone", each.state, "another answer of the same annotator or an undo came after it"))
    if each.conflict:
        found.append(("conflict", "conflict", "annotators disagree on this pair"))
    if each.likely:
        words = f"likely wrong {number(each.doubt)}"
        found.append(("likely", words, "several checkpoints are sure of the opposite"))
    return Markup().join(MARK.format(kind=kind, words=words, title=title) for kind, words, title in found)


def dispute(group: Sequence[LabelRow]) -> Markup:
    """A conflict: both images large, each side, and the buttons that settle it."""
    latest = group[-1]
    said = [
        f"{name}: {number(float(said))}"
        for name in ("koch", "resnet50")
        if (said := getattr(latest, f"{name}_similarity"))
    ]
    return DISPUTE.format(
        left_id=latest.left_id,
        right_id=latest.right_id,
        left=stored_picture(latest.left_id, "left picture"),
        right=stored_picture(latest.right_id, "right picture"),
        sides=Markup().join(side(row) for row in group),
        said=SAID.format("Similarity then: " + ", ".join(said)) if said else NOTHING,
        buttons=SETTLE,
    )


def side(row: LabelRow) -> Markup:
    return SIDE.format(
        verdict=verdict(row.answer),
        annotator=row.annotator or "somebody without a name",
        settled=f" ({row.note})" if row.note else "",
        time=f"{row.created_at[:10]} {row.created_at[11:16]}",
    )


def agreement_table(found: Sequence[Agreement]) -> Markup:
    if not found:
        return NOTHING
    rows = Markup().join(
        AGREED.format(
            first=each.first or "(no name)",
            second=each.second or "(no name)",
            pairs=each.pairs,
            share=f"{100 * each.agreed / each.pairs:.0f} %",
            kappa=f"{each.kappa:.2f}",
        )
        for each in found
    )
    return AGREEMENT.format(rows)


def contradiction(found: Contradiction, answers: Sequence[Reviewed]) -> Markup:
    """The images of the chain, a sign between each two, and its answers as rows to answer anew."""
    pictures = [stored_picture(image, f"picture {place}") for place, image in enumerate(found.images, 1)]
    same, apart = LINK.format(word="same", sign="="), LINK.format(word="different", sign="≠")
    first = stored_picture(found.images[0], "picture 1 again")
    words = (
        f"{len(found.images)} images cannot all be so: each is the same as the next, and yet the last is "
        "different from the first."
    )
    return CHAIN.format(
        words=words, images=same.join(pictures) + apart + first, table=reviewed_table(answers)
    )


def export_list(answers: int, grouped: dict[str, int], triplets: int) -> Markup:
    """`grouped`: `exports.Grouped.counts()`."""
    left_out = (
        f"Left out: {counted(grouped['contradicting'], 'group')} in contradiction, "
        f"{counted(grouped['conflicting'], 'group')} in conflict, {counted(grouped['alone'], 'image')} that "
        "nothing was called the same as."
    )
    items = [
        (
            "pairs.csv",
            "The log as CSV",
            answers,
            f"Every event, {counted(answers, 'answer')} among them, as the log has it.",
        ),
        (
            "triplets.zip",
            "Triplets",
            triplets,
            f"{counted(triplets, 'triplet')} of anchor, positive and hard negative: triplets.csv and images.",
        ),
        (
            "classes.zip",
            "Class folders",
            grouped["groups"],
            f"{counted(grouped['groups'], 'group')} that answers imply, "
            f"{counted(grouped['images'], 'image')}; train --data reads it. {left_out}",
        ),
    ]
    return EXPORTS.format(
        Markup().join(
            EXPORT.format(
                link=(DOWNLOAD if count else NOTHING_TO_GET).format(file=file, name=name), words=words
            )
            for file, name, count, words in items
        )
    )
