"""What answers imply, on small logs whose groups are known, and against closures made by brute force."""

from itertools import combinations

import numpy as np
import pytest

from siamese_core.answers.label_row import LabelRow
from siamese_core.labelling.implications import contradictions, groups, implied


def rows(*answers: str) -> list[LabelRow]:
    """ "a=b" and "a!b", the label_id being the text itself."""
    found = []
    for text in answers:
        left, right = text.split("=" if "=" in text else "!")
        answer = "same" if "=" in text else "different"
        found.append(LabelRow(label_id=text, event="label", left_id=left, right_id=right, answer=answer))
    return found


def said(found) -> set[str]:
    return {f"{each.left_id}{'=' if each.answer == 'same' else '!'}{each.right_id}" for each in found}


def test_a_contradiction_is_three_images_with_their_labels():
    (found,) = contradictions(rows("a=b", "b=c", "a!c"))
    assert found.images == ("a", "b", "c")
    assert found.labels == ("a=b", "b=c", "a!c")


def test_a_contradiction_shows_the_shortest_chain():
    (found,) = contradictions(rows("a=b", "b=c", "c=d", "a=c", "d!a"))
    assert found.images == ("d", "c", "a")
    assert found.labels == ("c=d", "a=c", "d!a")


def test_a_long_way_round_is_a_contradiction_too():
    (found,) = contradictions(rows("a!e", "a=b", "b=c", "c=d", "d=e"))
    assert found.images == ("a", "b", "c", "d", "e")
    assert found.labels == ("a=b", "b=c", "c=d", "d=e", "a!e")


@pytest.mark.parametrize("answers", [[], ["a=b", "c!a"], ["a=b", "b=c", "d!a"], ["a!b", "b!c", "c!a"]])
def test_answers_that_fit_together_contradict_nothing(answers):
    assert contradictions(rows(*answers)) == []


def test_the_contradictions_of_one_answer_are_told_apart():
    log = rows("a=b", "b=c", "a!c", "x=y", "y=z", "x!z")
    assert [each.images for each in contradictions(log, "y=z")] == [("x", "y", "z")]
    assert contradictions(log, "unknown") == []


def test_an_answer_that_ties_two_groups_contradicts_every_difference_between_them():
    log = rows("a=b", "c=d", "a!c", "b!d", "b=c")
    assert {each.labels[-1] for each in contradictions(log, "b=c")} == {"a!c", "b!d"}


def test_same_is_transitive_and_different_holds_for_whole_groups():
    found = implied(rows("a=b", "b=c", "c!x", "x=y"))
    assert said(found) == {"a=c", "a!x", "a!y", "b!x", "b!y", "c!y"}
    because = {said([each]).pop(): each.labels for each in found}
    assert because["a=c"] == ("a=b", "b=c")
    assert because["c!y"] == ("c!x", "x=y")
    assert set(because["a!y"]) == {"a=b", "b=c", "c!x", "x=y"}


def test_what_is_answered_is_not_implied_again():
    assert implied(rows("a=b", "b=c", "a=c")) == []


def test_a_group_that_contradicts_itself_implies_nothing():
    assert implied(rows("a=b", "b=c", "a!c", "c!x")) == []
    assert said(implied(rows("a=b", "b=c", "a!c", "x=y", "y=z"))) == {"x=z"}


def test_at_most_so_many_are_implied():
    star = rows(*(f"m=i{number}" for number in range(30)))
    assert len(implied(star, limit=7)) == 7
    assert len(implied(star, limit=10_000)) == 30 * 29 // 2


def test_groups_know_what_is_implied_of_images_by_their_numbers():
    found = groups(rows("a=b", "b=c", "c!x"), ["a", "c", "x", "lonely"])
    left, right = np.array([[0, 1], [0, 2], [2, 1], [0, 3], [3, 2]]).T
    assert found.known(left, right).tolist() == [1, -1, -1, 0, 0]


def test_groups_that_contradict_themselves_know_nothing():
    found = groups(rows("a=b", "b=c", "a!c", "c!x"), ["a", "b", "x"])
    assert found.known(np.array([0, 0]), np.array([1, 2])).tolist() == [0, 0]


def test_without_answers_or_images_nothing_is_known():
    assert groups([], ["a", "b"]).known(np.array([0]), np.array([1])).tolist() == [0]
    assert len(groups(rows("a=b"), []).group) == 0


@pytest.mark.parametrize("seed", range(5))
def test_groups_agree_with_a_closure_by_brute_force(seed):
    rng = np.random.default_rng(seed)
    images = [f"i{number:02d}" for number in range(14)]
    classes = rng.integers(4, size=len(images))
    pairs = list(combinations(range(len(images)), 2))
    chosen = [pairs[place] for place in rng.permutation(len(pairs))[:16]]
    log = rows(*(f"{images[a]}{'=' if classes[a] == classes[b] else '!'}{images[b]}" for a, b in chosen))
    same = np.eye(len(images), dtype=bool)
    different = np.zeros_like(same)
    for a, b in chosen:
        (same if classes[a] == classes[b] else different)[[a, b], [b, a]] = True
    for _ in images:
        same = same | (same.astype(int) @ same > 0)
    different = same.astype(int) @ different @ same > 0
    left, right = np.array(pairs).T
    expected = np.where(same[left, right], 1, np.where(different[left, right], -1, 0))
    np.testing.assert_array_equal(groups(log, images).known(left, right), expected)
    answered = {row.pair for row in log}
    open_pairs = {(images[a], images[b]) for (a, b), known in zip(pairs, expected, strict=True) if known}
    assert {(each.left_id, each.right_id) for each in implied(log)} == open_pairs - answered
