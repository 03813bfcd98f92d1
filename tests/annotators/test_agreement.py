"""Agreement of annotators, on answers whose kappa is known by hand."""

import numpy as np
import pytest

from siamese_core.annotators.agreement import FEWEST_PAIRS, agreements, cohens_kappa, fleiss_kappa
from siamese_core.answers.label_row import LabelRow


def rows(annotator: str, **answers: str) -> list[LabelRow]:
    """An answer to the pair (name, "other") for each name: s, d or u."""
    words = {"s": "same", "d": "different", "u": "unsure"}
    return [
        LabelRow(annotator=annotator, left_id=name, right_id="other", answer=words[letter])
        for name, letter in answers.items()
    ]


def test_agreement_is_counted_on_the_pairs_of_both_and_too_few_have_no_kappa():
    anne = rows("Anne", a="s", b="s", c="d", d="d", e="s")
    bob = rows("Bob", a="s", b="d", c="d", d="d", f="s")
    (found,) = agreements([*anne, *bob])
    assert (found.first, found.second, found.pairs, found.agreed) == ("Anne", "Bob", 4, 3)
    assert found.kappa.too_few and found.kappa.value is None


def test_the_order_of_a_pair_means_nothing():
    turned = LabelRow(annotator="Bob", left_id="other", right_id="a", answer="same")
    assert agreements([*rows("Anne", a="s"), turned])[0].agreed == 1


def test_those_with_most_pairs_in_common_come_first():
    log = [*rows("Anne", a="s", b="d"), *rows("Bob", a="s", b="d"), *rows("Cleo", a="d")]
    assert [each.pairs for each in agreements(log)] == [2, 1, 1]


def test_annotators_without_a_pair_in_common_are_left_out():
    assert agreements([*rows("Anne", a="s"), *rows("Bob", b="s")]) == []


def test_kappa_of_the_textbook_table():
    # 20 both yes, 15 both no, 5 and 10 apart: observed 0.7, by chance 0.5
    first, second = np.repeat([0, 1], 25), np.repeat([0, 1, 0, 1], [20, 5, 10, 15])
    found = cohens_kappa(first, second)
    assert found.value == pytest.approx(0.4)
    assert found.interval[0] < 0.4 < found.interval[1]
    assert cohens_kappa(first, first).value == 1.0
    assert cohens_kappa(first[:20], first[:20]).value is None  # by chance alone they would agree as well


def test_fleiss_kappa_takes_pairs_with_any_number_of_answers():
    pairs = "abcdefghijklmnopqrst"
    truth = dict(zip(pairs, "sd" * 10, strict=True))
    anne, bob = rows("Anne", **truth), rows("Bob", **truth)
    cleo = rows("Cleo", **{name: truth[name] for name in pairs[:8]})
    assert fleiss_kappa([*anne, *bob, *cleo]).value == 1.0
    wrong = rows("Cleo", **{name: "d" if truth[name] == "s" else "s" for name in pairs[:8]})
    found = fleiss_kappa([*anne, *bob, *wrong])
    assert found.pairs == len(pairs)
    assert found.value == pytest.approx((12 / 20 + 8 / 20 / 3 - 0.5) / 0.5)
    assert fleiss_kappa(anne).pairs == 0 < FEWEST_PAIRS
