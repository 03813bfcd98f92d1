"""Export answers as training data: class folders of the identities they imply, and triplets, each in a zip.

Only settled answers count (`settled.settled_labels`). Groups of images whose answers contradict each other,
or on which annotators are in conflict, are left out and counted.
"""

import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from siamese_core.answers.answer_table import answer_table, logged_numbers
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.settled import conflicting_labels, one_a_pair, settled_labels, standing_labels
from siamese_core.errors import UserError
from siamese_core.images.store import ImageStore
from siamese_core.labelling.implications import groups

HARDEST = 5  # negatives of each anchor and positive
TRIPLET_COLUMNS = ["anchor", "positive", "negative", "negative_by", "similarity"]


@dataclass(frozen=True)
class Grouped:
    """Groups of two or more image ids that answers call the same.

    Left out and counted are `contradicting` groups, `conflicting` groups, and images `alone`, which no
    answer calls the same as another.
    """

    groups: tuple[tuple[str, ...], ...]
    contradicting: int
    conflicting: int
    alone: int

    def counts(self) -> dict[str, int]:
        images = sum(map(len, self.groups))
        return {**asdict(self), "groups": len(self.groups), "images": images}


def answer_groups(rows: Sequence[LabelRow]) -> Grouped:
    """Return the groups that the log's rows imply.

    An open conflict excludes a group that has both its images, and both groups where it has one in each: the
    annotators disagree on whether these are one class.
    """
    members, dubious = _members(settled_labels(rows))
    number = {image: each for each, images in members.items() for image in images}
    several = {each for each, images in members.items() if len(images) > 1}
    torn = [{number.get(image) for image in group[0].pair} for group in _conflicts(rows)]
    conflicting = {each for pair in torn if pair <= several for each in pair} - dubious
    kept = tuple(tuple(members[each]) for each in members if each in several - dubious - conflicting)
    return Grouped(kept, len(dubious), len(conflicting), len(members) - len(several))


def _members(settled: Sequence[LabelRow]) -> tuple[dict[int, list[str]], set[int]]:
    """Return the images of each group by its number, and which groups contradict themselves.

    In the order of the log.
    """
    ids = list(dict.fromkeys(image for row in settled for image in row.pair))
    found = groups(settled, ids)
    members: dict[int, list[str]] = {}
    for image, group in zip(ids, found.group.tolist(), strict=True):
        members.setdefault(group, []).append(image)
    return members, set(found.dubious.tolist())


def _conflicts(rows: Sequence[LabelRow]) -> list[tuple[LabelRow, ...]]:
    return conflicting_labels(standing_labels(rows))


def triplets(rows: Sequence[LabelRow]) -> pd.DataFrame:
    """Return the triplets of the log's rows, with the hardest negatives first.

    For each answer "same", in both directions: the `HARDEST` images that the anchor was called different
    from, or where there are none, those that its group was called different from.

    anchor, positive, negative: image ids
    negative_by: "answer" where anchor and negative were called different, "implied" where another image of
        the anchor's group and the negative were
    similarity: 0..1, of the pair of that answer, mean over the encoders; NaN where the log holds none
    """
    group = {image: number for number, images in enumerate(answer_groups(rows).groups) for image in images}
    pairs = _both_ways(answer_table(one_a_pair(settled_labels(rows))))
    pairs = pairs.assign(group=pairs["anchor"].map(group)).dropna(subset="group")
    different = pairs[pairs["answer"] == "different"].rename(columns={"other": "negative"})
    positives = pairs.loc[pairs["answer"] == "same", ["anchor", "other", "group"]]
    positives = positives.reset_index(names="order").rename(columns={"other": "positive"})
    has_own = positives["anchor"].isin(different["anchor"])
    own = positives[has_own].merge(_hardest(different, "anchor"), on="anchor")
    implied = positives[~has_own].merge(_hardest(different, "group"), on="group")
    found = pd.concat([own.assign(negative_by="answer"), implied.assign(negative_by="implied")])
    return found.sort_values("order", kind="stable", ignore_index=True)[TRIPLET_COLUMNS]


def _both_ways(answers: pd.DataFrame) -> pd.DataFrame:
    """Return each answer twice, so that either image is the anchor and the other one `other`."""
    answers = answers.assign(similarity=logged_numbers(answers)[0].mean(axis=1))
    sides, names = ["left_id", "right_id"], ["anchor", "other", "answer", "similarity"]
    ways = [answers[[*way, "answer", "similarity"]].set_axis(names, axis=1) for way in (sides, sides[::-1])]
    return pd.concat(ways).sort_index(kind="stable").reset_index(drop=True)


def _hardest(different: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return the `HARDEST` negatives of each anchor or group, those of the highest similarity first."""
    ordered = different.sort_values("similarity", ascending=False, kind="stable")
    hardest = ordered.drop_duplicates([by, "negative"]).groupby(by, sort=False).head(HARDEST)
    return hardest[[by, "negative", "similarity"]]


def write_classes(rows: Sequence[LabelRow], images: ImageStore, file: Path) -> dict[str, int]:
    """Write a zip of `answers/group-0001/ID.png`, which `train --data` reads.

    Return counts of its content.

    UserError where no group has two stored images.
    """
    grouped = answer_groups(rows)
    there = [tuple(image for image in group if image in images) for group in grouped.groups]
    whole = [group for group in there if len(group) > 1]
    if not whole:
        raise UserError(
            "Class folders need two images that answers call the same. Received: no such group, "
            f"{grouped.contradicting} that contradict themselves, {grouped.conflicting} in conflict. "
            "Answer more pairs, or settle these."
        )
    write_groups("answers", whole, images, file)
    return {**grouped.counts(), "groups": len(whole), "images": sum(map(len, whole))}


def write_groups(top: str, groups: Sequence[Sequence[str]], images: ImageStore, file: Path) -> None:
    """Write a zip of `TOP/group-0001/ID.png`, a class folder for each group of image ids.

    UserError where there is no group.
    """
    if not groups:
        raise UserError("Class folders need a group of two images. Received: no group. Add images first.")
    names = {
        f"{top}/group-{number:04d}/{image}.png": image
        for number, group in enumerate(groups, start=1)
        for image in group
    }
    _write_zip(file, {}, names, images)


def write_triplets(rows: Sequence[LabelRow], images: ImageStore, file: Path) -> dict[str, int]:
    """Write a zip of `triplets.csv` (`TRIPLET_COLUMNS`, images by id) and `images/ID.png`.

    Return counts of its content. UserError where there is no triplet.
    """
    found = triplets(rows)
    gone = [image for image in _images_of(found) if image not in images]
    found = found[~found[TRIPLET_COLUMNS[:3]].isin(gone).any(axis=1)]
    if found.empty:
        raise UserError(
            "A triplet needs two images that answers call the same, and one that they call different from "
            "these. Received: none. Answer more pairs."
        )
    ids = _images_of(found)
    table = found.to_csv(index=False, float_format="%.4f", lineterminator="\r\n")
    _write_zip(file, {"triplets.csv": table}, {f"images/{id}.png": id for id in ids}, images)
    return {"triplets": len(found), "images": len(ids)}


def _images_of(found: pd.DataFrame) -> list[str]:
    return pd.unique(found[TRIPLET_COLUMNS[:3]].to_numpy().ravel()).tolist()


def _write_zip(file: Path, texts: dict[str, str], names: dict[str, str], images: ImageStore) -> None:
    """Write texts and images. names: path in the zip -> image id. PNG is stored: it hardly compresses."""
    try:
        with zipfile.ZipFile(file, "w") as archive:
            for name, text in texts.items():
                archive.writestr(name, text)
            for name, image_id in names.items():
                archive.write(images.path(image_id), name)
    except OSError as problem:
        raise UserError(
            f"An export needs room on the disk. Received: {problem.strerror}. Make room and try again."
        ) from problem
