"""Mined pairs keep what they were drawn with, and a file that is none is told by its line."""

import pytest

from siamese_core.errors import UserError
from siamese_core.labelling.mined_pairs import COLUMNS, MinedPair, MinedPairs, read_pairs, write_pairs

FIRST = MinedPair("b" * 64, "a" * 64, "=cats/1.png", "s3://bucket/ä, b.png", "uncertain", 0.1 + 0.2)
SECOND = MinedPair("c" * 64, "a" * 64, "3.png", "1.png", "random_audit", 1.0)


def test_pairs_are_read_as_they_were_written(tmp_path):
    write_pairs(tmp_path / "deep" / "pairs.csv", [FIRST, SECOND])
    assert read_pairs(tmp_path / "deep" / "pairs.csv") == [FIRST, SECOND]
    assert FIRST.pair == ("a" * 64, "b" * 64)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("a,b,1.png,2.png,uncertain,0", "line 2: a probability of 0"),
        ("a,b,1.png,2.png,uncertain,nan", "line 2: a probability of nan"),
        ("a,b,1.png,2.png,uncertain,often", "line 2: a probability of 'often'"),
        ("a,b,1.png,2.png,guess,0.5", "line 2: a reason 'guess'"),
        ("a,a,1.png,2.png,uncertain,0.5", "line 2: a pair of fewer than two images"),
    ],
)
def test_a_row_that_is_no_pair_is_told_by_its_line(tmp_path, row, words):
    (tmp_path / "pairs.csv").write_text(f"{','.join(COLUMNS)}\n{row}\n")
    with pytest.raises(UserError, match=words):
        read_pairs(tmp_path / "pairs.csv")


def test_another_table_is_told_by_what_it_lacks(tmp_path):
    (tmp_path / "pairs.csv").write_text("left_id,right_id\na,b\n")
    with pytest.raises(UserError, match="no column left_file, probability, reason, right_file"):
        read_pairs(tmp_path / "pairs.csv")


def test_a_pair_waits_once_however_often_it_is_added(tmp_path):
    waiting = MinedPairs(tmp_path / "pool")
    assert waiting.pairs() == []
    assert waiting.add([FIRST]) == 1
    assert MinedPairs(tmp_path / "pool").add([SECOND, FIRST]) == 1
    assert waiting.pairs() == [FIRST, SECOND]
