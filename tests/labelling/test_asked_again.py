"""Pairs that are asked although they are answered."""

from siamese_core.answers.label_row import LabelRow
from siamese_core.labelling.asked_again import second_opinions


def rows(annotator: str, **answers: str) -> list[LabelRow]:
    """An answer to the pair (name, "other") for each name: s, d or u."""
    words = {"s": "same", "d": "different", "u": "unsure"}
    return [
        LabelRow(annotator=annotator, left_id=name, right_id="other", answer=words[letter])
        for name, letter in answers.items()
    ]


def test_a_second_opinion_is_wanted_where_one_other_has_answered():
    log = [*rows("Anne", a="s", b="d", c="u"), *rows("Bob", b="d", d="s"), *rows("Cleo", e="s")]
    assert {row.left_id for row in second_opinions(log, "Bob")} == {"a", "c", "e"}
    assert {row.left_id for row in second_opinions(log, "Cleo")} == {"a", "c", "d"}
    assert {row.left_id for row in second_opinions(log, "new")} == {"a", "c", "d", "e"}
