"""Draw what the answers say together: contradictions, and the pairs that they imply, as suggestions.

A suggestion is no answer. It becomes one, marked as implied, when a person accepts it.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from siamese_core.answers.label_row import LabelRow
from siamese_core.labelling.implications import Contradiction, contradictions, implied
from siamese_core.page.languages.words import t
from siamese_core.page.parts.templates import render

SHOWN_IMPLIED = 6  # pairs
MOST_IMPLIED = 200  # pairs that are searched for
OTHERS = {"same": ("different", "unsure"), "different": ("same", "unsure")}


@dataclass(frozen=True)
class Link:
    """One answer of a contradiction. first, last: the letters of its two images."""

    first: str
    last: str
    pair: tuple[str, str]
    answer: str
    annotator: str

    @property
    def others(self) -> tuple[str, ...]:
        return OTHERS[self.answer]


@dataclass(frozen=True)
class Chain:
    """A contradiction with a letter for each image: A = B, B = C, but A ≠ C."""

    found: Contradiction
    annotators: Mapping[str, str]  # by label_id

    @property
    def letters(self) -> list[str]:
        return [chr(ord("A") + place % 26) for place in range(len(self.found.images))]

    @property
    def pictures(self) -> list[tuple[str, str]]:
        return list(zip(self.found.images, self.letters, strict=True))

    @property
    def links(self) -> list[Link]:
        """Return the answers "same" in the order of the chain, then the "different" between its ends."""
        end = len(self.found.images) - 1
        places = [*((place, place + 1) for place in range(end)), (0, end)]
        answers = ["same"] * end + ["different"]
        return [
            Link(
                self.letters[first],
                self.letters[last],
                (self.found.images[first], self.found.images[last]),
                answer,
                self.annotators.get(label_id, ""),
            )
            for (first, last), answer, label_id in zip(places, answers, self.found.labels, strict=True)
        ]


def clashes(settled: Sequence[LabelRow]) -> Markup:
    """Return the latest contradiction in the log, and how many more there are."""
    found = contradictions(settled)
    if not found:
        return Markup("")
    annotators = {row.label_id: row.annotator for row in settled}
    return render("label/contradictions.html.jinja", count=len(found), chain=Chain(found[-1], annotators))


def suggestions(settled: Sequence[LabelRow], known: Container[tuple[str, str]]) -> Markup:
    """Return pairs that the answers imply, without those that are `known`: answered, unsure or disputed."""
    found = [each for each in implied(settled, MOST_IMPLIED) if (each.left_id, each.right_id) not in known]
    if not found:
        return Markup("")
    return render(
        "label/suggestions.html.jinja",
        count=t("{count} or more", count=len(found)) if len(found) >= MOST_IMPLIED else len(found),
        shown=[(each, OTHERS[each.answer][0]) for each in found[:SHOWN_IMPLIED]],
    )
