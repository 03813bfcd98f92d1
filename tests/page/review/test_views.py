"""How answers under review are drawn, a page at a time."""

import pytest

from siamese_core.answers.label_row import GOLD, LabelRow
from siamese_core.page.review.filters import Wish
from siamese_core.page.review.views import annotators_body, answers_body, conflicts_body, part_of
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
    drawn += annotators_body(rows, None)
    assert "<img src=x" not in drawn and drawn.count("&lt;img src=x") >= 6


@pytest.mark.parametrize(
    ("count", "wished", "page", "shown"),
    [(0, 0, 0, []), (7, 3, 0, range(7)), (25, 0, 0, range(25)), (26, 9, 1, [25]), (60, 1, 1, range(25, 50))],
)
def test_a_page_that_is_not_there_is_the_last_one(count, wished, page, shown):
    part = part_of(range(count), Wish(page=wished))
    assert (part.page, list(part.shown)) == (page, list(shown))


def test_who_answers_at_random_is_named_with_what_it_rests_on_until_set_aside():
    gold = {(f"a{place}", f"b{place}"): ("same", "different")[place % 2] for place in range(40)}
    rows = [
        LabelRow(
            event="label",
            label_id=f"{name}{place}",
            annotator=name,
            left_id=left,
            right_id=right,
            answer=truth if name == "Bo" or place % 4 < 2 else {"same": "different"}.get(truth, "same"),
            reason=GOLD,
        )
        for place, ((left, right), truth) in enumerate(gold.items())
        for name in ("Ada", "Bo")
    ]
    drawn = annotators_body(rows, gold)
    assert "<b>Ada</b>: the answers look random" in drawn and "<b>Bo</b>" not in drawn
    assert "Gold questions answered right: 20 of 40." in drawn
    aside = annotators_body([*rows, LabelRow(event="set_aside", label_id="x", target_id="Ada")], gold)
    assert "look random" not in aside and 'data-person="Ada" data-decision="bring_back"' in aside
