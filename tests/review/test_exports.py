"""Exports of answers, read back: class folders by `load_dataset`, triplets by a CSV reader."""

import csv
import io
import zipfile

import numpy as np
import pytest

from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.settled import SETTLES
from siamese_core.data.datasets import load_dataset
from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image, image_id
from siamese_core.images.store import ImageStore
from siamese_core.review.exports import answer_groups, triplets, write_classes, write_triplets


def row(text: str, annotator: str = "", similarity: str = "", note: str = "") -> LabelRow:
    """ "a=b" or "a!b"."""
    left, right = text.split("=" if "=" in text else "!")
    answer = "same" if "=" in text else "different"
    said = {"koch_similarity": similarity, "koch_threshold": "0.5"} if similarity else {}
    return LabelRow(
        label_id=f"{text} {annotator}{note}",
        event="label",
        left_id=left,
        right_id=right,
        answer=answer,
        annotator=annotator,
        note=note,
        **said,
    )


def rows(*answers: str) -> list[LabelRow]:
    return [row(text) for text in answers]


def shown(found) -> list[str]:
    return [f"{each.anchor}{each.positive}{each.negative} {each.negative_by}" for each in found.itertuples()]


def test_groups_are_what_answers_tie_and_lonely_images_are_counted():
    found = answer_groups(rows("a=b", "b=c", "x=y", "a!x", "q!a"))
    assert found.groups == (("a", "b", "c"), ("x", "y"))
    assert found.counts() == {"groups": 2, "images": 5, "contradicting": 0, "conflicting": 0, "alone": 1}


def test_a_group_that_contradicts_itself_is_left_out():
    found = answer_groups(rows("a=b", "b=c", "a!c", "x=y"))
    assert found.groups == (("x", "y"),) and (found.contradicting, found.conflicting) == (1, 0)


def test_groups_over_which_annotators_disagree_are_left_out_until_it_is_settled():
    log = [*rows("a=b", "x=y", "m=n"), row("a=x", "Ada"), row("a!x", "Bob")]
    found = answer_groups(log)
    assert found.groups == (("m", "n"),) and found.conflicting == 2
    log.append(row("a!x", "Cleo", note=SETTLES))
    assert answer_groups(log).groups == (("a", "b"), ("x", "y"), ("m", "n"))


def test_a_conflict_inside_a_group_leaves_it_out():
    found = answer_groups([*rows("a=b", "b=c", "x=y"), row("a=c", "Ada"), row("a!c", "Bob")])
    assert found.groups == (("x", "y"),) and found.conflicting == 1


def test_a_conflict_with_an_image_of_no_group_leaves_nothing_out():
    found = answer_groups([*rows("a=b", "x=y"), row("a=q", "Ada"), row("a!q", "Bob")])
    assert len(found.groups) == 2 and found.conflicting == 0


def test_triplets_take_the_hardest_negatives_of_the_anchor_first():
    log = [row("a=b"), row("a!x", similarity="0.2"), row("a!y", similarity="0.9"), row("z!a")]
    assert shown(triplets(log))[:3] == ["aby answer", "abx answer", "abz answer"]
    np.testing.assert_array_equal(triplets(log)["similarity"][:3], [0.9, 0.2, np.nan])


def test_an_anchor_without_negatives_takes_those_of_its_group_and_says_so():
    log = [row("a=b"), row("b=c"), row("a!x", similarity="0.4")]
    assert shown(triplets(log)) == ["abx answer", "bax implied", "bcx implied", "cbx implied"]


def test_at_most_five_negatives_are_taken():
    log = [row("a=b"), *(row(f"a!x{n}", similarity=f"0.{n}") for n in range(9))]
    found = triplets(log)
    own = found[found["anchor"] == "a"]
    assert own["negative"].tolist() == ["x8", "x7", "x6", "x5", "x4"]


def test_what_contradicts_or_is_unsure_makes_no_triplet():
    for log in (rows("a=b", "b=c", "a!c", "a!x"), rows("a=b"), [], [*rows("a=b", "a!x"), row("a=x", "Bob")]):
        assert triplets(log).empty


@pytest.fixture
def stored(tmp_path):
    """A store with twelve images, and their ids."""
    store = ImageStore(tmp_path / "images")
    rng = np.random.default_rng(0)
    return store, [store.add(rng.integers(0, 256, (20, 24, 3), np.uint8)) for _ in range(12)]


def answered(ids: list[str], *pairs: str) -> list[LabelRow]:
    """ "0=1" of the images by their numbers."""
    sign = {True: "=", False: "!"}
    cut = [(pair.split("=" if "=" in pair else "!"), "=" in pair) for pair in pairs]
    return [row(sign[same].join([ids[int(left)], ids[int(right)]])) for (left, right), same in cut]


def test_the_class_folders_are_a_dataset(stored, tmp_path):
    store, ids = stored
    log = answered(ids, "0=1", "1=2", "3=4", "0!3", "5=6", "6=7", "5!7", "8=9")
    store.path(ids[8]).unlink()
    counts = write_classes(log, store, tmp_path / "classes.zip")
    assert counts == {"groups": 2, "images": 5, "contradicting": 1, "conflicting": 0, "alone": 0}
    dataset = load_dataset([tmp_path / "classes.zip"])
    assert dataset.classes == ("answers/group-0001", "answers/group-0002") and dataset.groups == ("answers",)
    read = [(int(dataset.labels[place]), image_id(dataset.image(place))) for place in range(len(dataset))]
    assert sorted(read) == sorted([(0, ids[0]), (0, ids[1]), (0, ids[2]), (1, ids[3]), (1, ids[4])])


def test_the_triplets_come_with_their_images(stored, tmp_path):
    store, ids = stored
    counts = write_triplets(answered(ids, "0=1", "0!3", "4=5"), store, tmp_path / "triplets.zip")
    assert counts == {"triplets": 2, "images": 3}
    with zipfile.ZipFile(tmp_path / "triplets.zip") as archive:
        table = list(csv.DictReader(io.StringIO(archive.read("triplets.csv").decode())))
        assert [each["negative_by"] for each in table] == ["answer", "implied"]
        assert (table[0]["anchor"], table[0]["positive"], table[0]["negative"]) == (ids[0], ids[1], ids[3])
        for each in table:
            for part in ("anchor", "positive", "negative"):
                assert image_id(decode_image(archive.read(f"images/{each[part]}.png"))) == each[part]


@pytest.mark.parametrize("write", [write_classes, write_triplets])
def test_without_such_answers_there_is_nothing_to_export(stored, tmp_path, write):
    store, ids = stored
    with pytest.raises(UserError, match="Received: no"):
        write(answered(ids, "0!1"), store, tmp_path / "out.zip")
