"""How numbers, shares, counts and times are written, everywhere on the page."""

import pytest

from siamese_core.page.parts.formatting import (
    counted,
    css_percent,
    minute,
    named,
    percent,
    percent_with_interval,
    similarity_text,
)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (similarity_text(0.726), "0.73"),
        (similarity_text(0.9957, 3), "0.996"),
        (percent(0.754), "75 %"),
        (percent(0.754, 1), "75.4 %"),
        (percent_with_interval(0.75, (0.65, 0.85), 1), "75.0 % (65–85)"),
        (css_percent(0.754), "75.4%"),
        (counted(0, "answer"), "0 answers"),
        (counted(1, "class", "classes"), "1 class"),
        (counted(1200, "class", "classes"), "1,200 classes"),
        (minute("2026-03-01T10:11:12.345Z"), "2026-03-01 10:11"),
        (named(""), "(no name)"),
        (named("Ada"), "Ada"),
    ],
)
def test_it_is_written_for_people(written, words):
    assert written == words
