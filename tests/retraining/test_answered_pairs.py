"""Which answers of a log a retraining works with: rows as the log holds them, images in a real store."""

from dataclasses import replace

import numpy as np
import pytest

from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.settled import settled_labels
from siamese_core.errors import UserError
from siamese_core.images.decoding import image_id
from siamese_core.images.store import ImageStore
from siamese_core.labelling.implications import implied
from siamese_core.retraining.answered_pairs import (
    FEWEST_ANSWERS,
    LARGEST_WEIGHT,
    AnsweredPairs,
    collect,
    judged_afresh,
)

COUNT = 24  # images in the store


def picture(number: int) -> np.ndarray:
    return np.full((4, 5, 3), number, np.uint8)


@pytest.fixture
def images(tmp_path) -> ImageStore:
    store = ImageStore(tmp_path / "images")
    for number in range(COUNT):
        store.add(picture(number))
    return store


def row(name: str, left: int, right: int, answer: str, annotator: str = "Anne") -> LabelRow:
    ids = {"left_id": image_id(picture(left)), "right_id": image_id(picture(right))}
    return LabelRow("1", name, "label", annotator=annotator, answer=answer, **ids)


def pairs_of_their_own(count: int = 12) -> list[LabelRow]:
    return [row(f"row {i}", 2 * i, 2 * i + 1, ("same", "different")[i % 2]) for i in range(count)]


def test_what_answers_imply_is_learned_only_where_a_person_accepted_it(images):
    """A = B and B = C imply A = C: one of the answered pairs only once it is an answer in the log."""
    others = pairs_of_their_own()
    chain = [row("ab", 0, 1, "same"), row("bc", 1, 4, "same")]
    found = collected([*others[1:], *chain], images)
    offered = {(each.left_id, each.right_id) for each in implied(settled_labels([*others[1:], *chain]))}
    third = tuple(sorted((image_id(picture(0)), image_id(picture(4)))))
    assert third in offered and third not in {each.pair for each in found.rows}
    accepted = replace(row("ac", 0, 4, "same"), task="queue", note="implied by ab bc")
    assert third in {each.pair for each in collected([*others[1:], *chain, accepted], images).rows}


def collected(rows: list[LabelRow], images: ImageStore, until: str | None = None) -> AnsweredPairs:
    return collect(rows, images, until, np.random.default_rng(0))


def test_answers_become_numbers_of_images(images):
    rows = pairs_of_their_own()
    rows.append(row("again", 0, 2, "different"))
    found = collected(rows, images)
    assert len(found.ids) == len(set(found.ids)) == len(found.images) == COUNT
    for image, stored_id in zip(found.images, found.ids, strict=True):
        assert image_id(image) == stored_id
    for number, each in enumerate(found.rows):
        assert (found.ids[found.left[number]], found.ids[found.right[number]]) == (
            each.left_id,
            each.right_id,
        )
        assert found.same[number] == (each.answer == "same")
    assert found.gone == 0 and found.until == "again"


def test_no_image_is_on_both_sides(images):
    found = collected(pairs_of_their_own(), images)
    training, holdout = (
        {*found.left[chosen], *found.right[chosen]} for chosen in (found.parts.training, found.parts.holdout)
    )
    assert training and holdout and not training & holdout


def test_unsure_undone_and_disputed_answers_teach_nothing(images):
    rows = pairs_of_their_own()
    rows.append(row("unsure", 0, 3, "unsure"))
    rows.append(LabelRow("1", "undo", "undo", target_id="row 1", annotator="Anne"))
    rows.append(row("disputed", 4, 5, "different", annotator="Bob"))
    found = collected(rows, images)
    assert [each.label_id for each in found.rows] == ["row 0", *(f"row {i}" for i in range(3, 12))]


def test_a_pair_that_two_annotators_agree_on_counts_once(images):
    rows = pairs_of_their_own()
    rows += [row(f"bob {i}", 2 * i + 1, 2 * i, rows[i].answer, annotator="Bob") for i in range(6)]
    found = collected(rows, images)
    assert len(found.rows) == 12 and len({each.pair for each in found.rows}) == 12


def test_answers_whose_images_are_gone_are_left_out_and_counted(images):
    rows = pairs_of_their_own()
    for number in (0, 1, 7):  # both of one pair, one of another
        images.path(image_id(picture(number))).unlink()
    found = collected(rows, images)
    assert found.gone == 2 and len(found.rows) == 10
    assert {image_id(picture(0)), image_id(picture(6))}.isdisjoint(found.ids)


@pytest.mark.parametrize("name", ["row 9", "undo"])
def test_until_reads_the_log_up_to_that_event(images, name):
    rows = pairs_of_their_own(10)
    rows.append(LabelRow("1", "undo", "undo", target_id="row 2", annotator="Anne"))
    rows += pairs_of_their_own(12)[10:]
    found = collected(rows, images, until=name)
    assert found.until == name
    assert ("row 2" in {each.label_id for each in found.rows}) == (name == "row 9")
    assert "row 10" not in {each.label_id for each in found.rows}


def test_the_last_event_repeats_the_material_even_if_it_is_an_undo(images):
    rows = pairs_of_their_own()
    rows.append(LabelRow("1", "undo", "undo", target_id="row 2", annotator="Anne"))
    first = collected(rows, images)
    later = [*rows, row("later", 0, 2, "different"), row("changed", 6, 7, "same")]
    again = collected(later, images, until=first.until)
    assert again.rows == first.rows and again.fingerprint() == first.fingerprint()
    np.testing.assert_array_equal(again.parts.holdout, first.parts.holdout)


def test_the_fingerprint_is_of_the_answers_that_train(images):
    first = collected(pairs_of_their_own(), images)
    trains, judges = (np.flatnonzero(side)[0] for side in (first.parts.training, first.parts.holdout))

    def turned_round(number: int) -> str:
        rows = list(first.rows)
        other = {"same": "different", "different": "same"}[rows[number].answer]
        rows[number] = replace(rows[number], answer=other)
        return replace(first, rows=tuple(rows)).fingerprint()

    renamed = [replace(each, label_id=f"x{each.label_id}", annotator="Bob") for each in first.rows]
    assert replace(first, rows=tuple(renamed)).fingerprint() == first.fingerprint()
    assert turned_round(judges) == first.fingerprint() != turned_round(trains)


# weights


def test_pairs_of_unknown_chance_count_alike(images):
    found = collected(pairs_of_their_own(), images)
    balanced = found.weight[found.same].mean(), found.weight[~found.same].mean()
    for kind, weight in zip((found.same, ~found.same), balanced, strict=True):
        np.testing.assert_allclose(found.weight[kind], weight)
    assert found.weight.mean() == pytest.approx(1)


def test_a_pair_that_is_drawn_half_as_often_counts_twice(images):
    rows = [replace(each, probability="0.5") for each in pairs_of_their_own()]
    rows[0] = replace(rows[0], probability="0.25")
    found = collected(rows, images)
    assert found.weight[0] == pytest.approx(2 * found.weight[2])


def test_one_rare_pair_does_not_outvote_all_others(images):
    rows = [replace(each, probability="1.0") for each in pairs_of_their_own()]
    rows[0] = replace(rows[0], probability="1e-9")
    weight = collected(rows, images).weight
    assert weight[0] / weight[2:].max() <= LARGEST_WEIGHT**2 + 1e-9


def test_an_answer_to_a_search_stands_for_its_own_pair_and_one_of_the_queue_for_those_not_asked(images):
    """A search shows its best images with certainty; the queue drew these pairs one in a hundred times."""
    rows = [replace(each, probability="0.01", reason="uncertain") for each in pairs_of_their_own()]
    searched = {"probability": "1.0", "reason": "search", "task": "compare", "group_id": "page"}
    rows[4:] = [replace(each, **searched) for each in rows[4:]]
    weight = collected(rows, images).weight
    for kind in (0, 1):  # same and different pairs alternate
        asked, found = weight[kind:4:2], weight[4 + kind :: 2]
        assert asked.min() / found.max() >= LARGEST_WEIGHT - 1e-9
        np.testing.assert_allclose(found, found[0])


def test_in_training_same_and_different_weigh_alike(images):
    rng = np.random.default_rng(1)
    rows = []
    while len(rows) < 90:  # six images a class: the cut drops different pairs only
        left, right = rng.choice(COUNT, 2, replace=False)
        answer = "same" if left // 4 == right // 4 else "different"
        if (answer == "same") == (len(rows) % 2 == 0):
            rows.append(row(f"row {len(rows)}", left, right, answer))
    found = collected(rows, images)
    use = found.parts.training
    assert found.parts.dropped.any() and found.same[use].mean() > found.same.mean() + 0.05
    weighted = found.weight[use] @ found.same[use] / found.weight[use].sum()
    assert weighted == pytest.approx(0.5)


# what cannot be retrained from


def test_too_few_answers_say_how_many_are_needed(images):
    with pytest.raises(UserError, match=f"at least {FEWEST_ANSWERS} answers.*Received: 4 same, 3 different"):
        collected(pairs_of_their_own(FEWEST_ANSWERS - 1), images)


def test_an_empty_log_is_too_few_answers(images):
    with pytest.raises(UserError, match="0 same, 0 different"):
        collected([], images)


@pytest.mark.parametrize(("answer", "words"), [("same", "12 same, 0 diff"), ("different", "0 same, 12 diff")])
def test_answers_of_one_kind_say_which_is_missing(images, answer, words):
    rows = [replace(each, answer=answer) for each in pairs_of_their_own()]
    with pytest.raises(UserError, match=words):
        collected(rows, images)


def test_images_that_are_gone_are_named_as_the_cause(tmp_path):
    with pytest.raises(UserError, match="and 12 whose images are gone. Put the images back"):
        collected(pairs_of_their_own(), ImageStore(tmp_path / "empty"))


def test_answers_that_tie_all_images_together_ask_for_other_images(images):
    """One person seven times, and one answer that says the contrary."""
    rows = [row(f"row {i}", i, i + 1, "same") for i in range(7)] + [row("contrary", 0, 5, "different")]
    with pytest.raises(UserError, match="nothing to judge by.*other images"):
        collected(rows, images)


def test_an_unknown_label_to_stop_at_is_named(images):
    with pytest.raises(UserError, match="--until.*Received: nobody"):
        collected(pairs_of_their_own(), images, until="nobody")


def test_a_parent_is_judged_by_answers_that_it_did_not_learn_from(images):
    rows = pairs_of_their_own()
    found = collected(rows, images)
    afresh = judged_afresh(found, rows, "row 3")
    old = np.array([int(each.label_id.split()[1]) <= 3 for each in found.rows])
    assert not (afresh.parts.holdout & old).any()
    np.testing.assert_array_equal(afresh.parts.holdout, found.parts.holdout & ~old)
    np.testing.assert_array_equal(afresh.parts.training, found.parts.training)
    sides = np.stack([afresh.parts.training, afresh.parts.holdout, afresh.parts.dropped])
    assert (sides.sum(axis=0) == 1).all()


@pytest.mark.parametrize("until", ["row 11", "of another log"])
def test_where_no_later_answers_judge_all_do(images, until):
    rows = pairs_of_their_own()
    found = collected(rows, images)
    judged = judged_afresh(found, rows, until)
    assert judged.parts is found.parts
    np.testing.assert_array_equal(judged.earlier, until == "row 11")
