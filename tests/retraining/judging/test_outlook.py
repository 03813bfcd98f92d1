"""How many answers are likely needed, on logs made by hand."""

import pytest

from siamese_core.answers.label_row import LabelRow
from siamese_core.retraining.judging.outlook import FEWEST, MOST, outlook, outlook_words


def answers(identities: int, images: int = 2, different: int = 0) -> list[LabelRow]:
    """Each identity's images answered "same" in a chain, and pairs of others answered "different"."""
    same = [
        LabelRow(left_id=f"{each} {number}", right_id=f"{each} {number + 1}", answer="same")
        for each in range(identities)
        for number in range(images - 1)
    ]
    return same + [
        LabelRow(left_id=f"left {number}", right_id=f"right {number}", answer="different")
        for number in range(different)
    ]


def test_an_identity_counts_once_however_many_of_its_images_are_answered():
    assert outlook(answers(5, 2)).identities == outlook(answers(5, 6)).identities == 5


def test_more_answers_are_told_at_the_rate_of_the_log():
    found = outlook(answers(10, different=10))
    assert found.answers == 20 and found.needed > 10
    assert found.more == 2 * (found.needed - 10)
    assert f"{found.more} more answers at this rate" in found.words
    assert "10 identities" in found.words


def test_enough_answers_are_called_likely_enough():
    found = outlook(answers(MOST))
    assert found.more == 0 and "likely enough" in found.words


def test_without_a_same_answer_no_rate_is_told():
    found = outlook(answers(0, different=5))
    assert found.more is None and "5 answers" in found.words and "at this rate" not in found.words


@pytest.mark.parametrize(("gain", "error"), [(0.0, 0.01), (-0.02, 0.01), (0.01, 0.0)])
def test_a_report_without_a_gain_says_nothing_about_what_is_needed(gain, error):
    ranking = {"gain": gain, "error": error, "identities": 20}
    assert outlook(answers(10), ranking) == outlook(answers(10))


def test_what_a_report_found_counts_instead_of_the_simulation():
    weak, strong = ({"gain": gain, "error": 0.01, "identities": 20} for gain in (0.005, 0.05))
    assert outlook(answers(10), weak).needed > outlook(answers(10)).needed
    assert FEWEST <= outlook(answers(10), strong).needed < outlook(answers(10)).needed


def test_after_a_promotion_the_new_answers_are_told():
    words = outlook_words(answers(30), {"promoted": True, "labels": 20})
    assert words.startswith("10 answers since the last promotion")
    assert "identities" in outlook_words(answers(30), {"promoted": False, "labels": 20, "ranking": None})
