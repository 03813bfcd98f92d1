"""Answered pairs as a folder that `datasets` loads."""

import json

import numpy as np
import pytest

from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import log_of
from siamese_core.errors import UserError
from siamese_core.exporting.hub.dataset_folder import export_dataset
from siamese_core.images.store import images_of


def silent(share: float, words: str) -> None:
    """Progress that nobody reads."""


@pytest.fixture
def home(tmp_path):
    """A workspace with settled pairs, a conflict, an undo, an unsure answer, one without image."""
    images, log = images_of(tmp_path), log_of(tmp_path)
    pictures = [np.full((8, 8 + number, 3), 20 * number, np.uint8) for number in range(5)]
    ids = [images.add(each) for each in pictures]

    def answer(left: int, right: int, said: str, who: str = "Anne", **cells: str) -> str:
        return log.append(
            LabelRow(left_id=ids[left], right_id=ids[right], answer=said, annotator=who, **cells)
        )

    answer(0, 1, "same")
    answer(1, 0, "same", "Bob", koch_similarity="0.25", koch_threshold="0.5", reason="disagreement")
    answer(1, 2, "different")
    answer(0, 2, "unsure")
    answer(2, 3, "same")
    answer(2, 3, "different", "Bob")
    log.undo(answer(0, 3, "same"), "Anne", "")
    answer(0, 4, "same")
    images.path(ids[4]).unlink()
    return tmp_path


def test_settled_pairs_are_there_once_with_their_images_and_without_names(home, tmp_path):
    out = tmp_path / "new" / "pairs"
    counts = export_dataset(log_of(home).rows(), images_of(home), out, silent)
    assert counts == {"pairs": 2, "same": 1, "different": 1, "images": 3, "without_images": 1}
    rows = [json.loads(line) for line in (out / "metadata.jsonl").read_text().splitlines()]
    assert [row["same"] for row in rows] == [True, False]
    assert all((out / row[f"{side}_file_name"]).is_file() for row in rows for side in ("left", "right"))
    text = (out / "metadata.jsonl").read_text() + (out / "README.md").read_text()
    assert "Anne" not in text and "Bob" not in text and "2 pairs of 3 images" in text


def test_a_log_without_settled_answers_leaves_nothing_behind(tmp_path):
    with pytest.raises(UserError, match="answered pair"):
        export_dataset([], images_of(tmp_path), tmp_path / "out", silent)
    assert not (tmp_path / "out").exists()


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")  # the library's own
def test_the_library_itself_loads_both_images_of_each_pair(home, tmp_path):
    from datasets import Image, load_dataset

    out = tmp_path / "pairs"
    export_dataset(log_of(home).rows(), images_of(home), out, silent)
    loaded = load_dataset(str(out), split="train", cache_dir=str(tmp_path / "cache"))
    assert isinstance(loaded.features["left"], Image) and isinstance(loaded.features["right"], Image)
    assert loaded["same"][:] == [True, False] and loaded["koch_similarity"][:1] == [0.25]
    for row in loaded:
        for side in ("left", "right"):
            expected = images_of(home).read(row[f"{side}_id"])
            assert np.array_equal(np.asarray(row[side]), expected)
