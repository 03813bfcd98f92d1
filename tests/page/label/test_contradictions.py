"""How contradictions and implied pairs are drawn, from rows as the log holds them."""

from siamese_core.answers.label_row import LabelRow
from siamese_core.page.label.contradictions import MOST_IMPLIED, SHOWN_IMPLIED, clashes, suggestions


def row(left: str, right: str, answer: str, annotator: str = "Anne") -> LabelRow:
    return LabelRow(
        label_id=f"{left}{right}", left_id=left, right_id=right, answer=answer, annotator=annotator
    )


def test_a_contradiction_shows_its_images_its_answers_and_the_other_answers_to_each():
    drawn = clashes([row("a", "b", "same"), row("b", "c", "same"), row("a", "c", "different", "<b>Bob</b>")])
    assert "A = B, B = C, but A ≠ C" in drawn and 'data-clashes-found="1"' in drawn
    assert all(f"thumbs/{image}.png" in drawn for image in "abc")
    assert "by &lt;b&gt;Bob" in drawn and "<b>Bob" not in drawn
    assert drawn.count('data-give="unsure"') == 3
    assert drawn.count('data-give="different"') == 2 and drawn.count('data-give="same"') == 1


def test_a_longer_chain_is_told_in_full_and_the_latest_comes_first():
    rows = [row("a", "b", "same"), row("b", "c", "same"), row("c", "d", "same")]
    drawn = clashes([*rows, row("a", "c", "different"), row("a", "d", "different")])
    assert "A = B, B = C, C = D, but A ≠ D" in drawn
    assert 'data-clashes-found="2"' in drawn and "1 more" in drawn


def test_without_a_contradiction_or_an_implied_pair_nothing_is_drawn():
    rows = [row("a", "b", "same"), row("c", "d", "different")]
    assert clashes(rows) == suggestions(rows, set()) == ""


def test_an_implied_pair_is_offered_with_what_implies_it():
    drawn = suggestions([row("a", "b", "same"), row("b", "c", "different")], set())
    assert 'data-origin="implied"' in drawn and 'data-because="ab bc"' in drawn
    assert drawn.count('data-give="different"') == drawn.count('data-give="same"') == 1


def test_a_pair_that_somebody_could_not_tell_is_not_offered_again():
    rows = [row("a", "b", "same"), row("b", "c", "same")]
    assert suggestions(rows, {("a", "c")}) == ""


def test_many_implied_pairs_are_offered_a_few_at_a_time():
    drawn = suggestions([row("hub", f"x{number:02d}", "same") for number in range(30)], set())
    assert drawn.count("<li>") == SHOWN_IMPLIED and f"({MOST_IMPLIED} or more)" in drawn
