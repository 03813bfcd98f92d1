"""How answers under review are drawn, a page at a time."""

import pytest

from siamese_core.answers.label_row import LabelRow
from siamese_core.page.review.filters import Wish
from siamese_core.page.review.views import answers_body, conflicts_body, part_of
from siamese_core.review.reviewing import review

EVIL = '<img src=x onerror="window.hacked=1">${window.hacked=1}'


def test_no_text_of_a_person_becomes_html():
    left, right = "a" * 64, "b" * 64
    rows = [
        LabelRow(
            label_id=EVIL + str(number),
            event="label",
            created_at="2026-01-01T00:00:00.000Z",
            left_id=left,
            right_id=right,
            answer=answer,
            annotator=EVIL + str(number),
            reason=EVIL,
            note=EVIL,
        )
        for number, answer in enumerate(["same", "different"])
    ]
    known = review(rows)
    drawn = answers_body(known, rows, Wish()) + conflicts_body(known, rows, Wish("conflicts"))
    assert "<img src=x" not in drawn and drawn.count("&lt;img src=x") >= 6


@pytest.mark.parametrize(
    ("count", "wished", "page", "shown"),
    [(0, 0, 0, []), (7, 3, 0, range(7)), (25, 0, 0, range(25)), (26, 9, 1, [25]), (60, 1, 1, range(25, 50))],
)
def test_a_page_that_is_not_there_is_the_last_one(count, wished, page, shown):
    part = part_of(range(count), Wish(page=wished))
    assert (part.page, list(part.shown)) == (page, list(shown))
