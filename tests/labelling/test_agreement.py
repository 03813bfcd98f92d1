"""Agreement of annotators, on answers whose kappa is known by hand."""

import numpy as np
import pytest

from siamese_core.answers.label_row import LabelRow
from siamese_core.labelling.agreement import agreements, cohens_kappa, second_opinions


def rows(annotator: str, **answers: str) -> list[LabelRow]:
    """An answer to the pair (name, "other") for each name: s, d or u."""
    words = {"s": "same", "d": "different", "u": "unsure"}
    return [
        LabelRow(annotator=annotator, left_id=name, right_id="other", answer=words[letter])
        for name, letter in answers.items()
    ]


def test_agreement_beyond_chance_is_measured_on_the_pairs_of_both():
    anne = rows("Anne", a="s", b="s", c="d", d="d", e="s")
    bob = rows("Bob", a="s", b="d", c="d", d="d", f="s")
    (found,) = agreements([*anne, *bob])
    assert (found.first, found.second, found.pairs, found.agreed) == ("Anne", "Bob", 4, 3)
    assert found.kappa == pytest.approx(0.5)  # 3/4 observed, 1/2 by chance


def test_the_order_of_a_pair_means_nothing():
    turned = LabelRow(annotator="Bob", left_id="other", right_id="a", answer="same")
    assert agreements([*rows("Anne", a="s"), turned])[0].agreed == 1


def test_those_with_most_pairs_in_common_come_first():
    log = [*rows("Anne", a="s", b="d"), *rows("Bob", a="s", b="d"), *rows("Cleo", a="d")]
    assert [each.pairs for each in agreements(log)] == [2, 1, 1]


def test_annotators_without_a_pair_in_common_are_left_out():
    assert agreements([*rows("Anne", a="s"), *rows("Bob", b="s")]) == []


def test_a_second_opinion_is_wanted_where_one_other_has_answered():
    log = [*rows("Anne", a="s", b="d", c="u"), *rows("Bob", b="d", d="s"), *rows("Cleo", e="s")]
    assert {row.left_id for row in second_opinions(log, "Bob")} == {"a", "c", "e"}
    assert {row.left_id for row in second_opinions(log, "Cleo")} == {"a", "c", "d"}
    assert {row.left_id for row in second_opinions(log, "new")} == {"a", "c", "d", "e"}


def test_kappa_of_the_textbook_table():
    # 20 both yes, 15 both no, 5 and 10 apart: observed 0.7, by chance 0.5
    first = np.array(["same"] * 25 + ["different"] * 25)
    second = np.array(["same"] * 20 + ["different"] * 5 + ["same"] * 10 + ["different"] * 15)
    assert cohens_kappa(first, second) == pytest.approx(0.4)
    assert cohens_kappa(first, first) == 1.0
    assert cohens_kappa(first[:3], first[:3]) == 1.0
