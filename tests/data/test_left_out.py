"""What was passed over is counted, named and told in one line."""

import json

import pytest

from siamese_core.data.left_out import DEAD_LINK, UNREADABLE, LeftOut, PassedOver, told
from siamese_core.errors import UserError

MANY = LeftOut(
    (
        *(PassedOver(f"{number}.txt", ".txt") for number in range(12)),
        *(PassedOver(f"{number}.png", UNREADABLE, "cut short") for number in range(4)),
        PassedOver("gone", DEAD_LINK),
    )
)


def test_reasons_are_counted_and_what_cannot_be_read_is_named():
    expected = "left out: 12 .txt, 4 unreadable (0.png, 1.png, 2.png and 1 more), 1 link that leads nowhere"
    assert MANY.line() == expected
    assert told(2470, MANY) == f"2,470 images; {expected}"


def test_nothing_left_out_is_not_told():
    assert not LeftOut() and LeftOut().line() == "" and told(1, LeftOut()) == "1 image"
    LeftOut().require_none()


def test_json_gives_counts_names_and_reasons():
    found = json.loads(json.dumps(MANY.json()))
    assert found["counts"] == {".txt": 12, "unreadable": 4, "link that leads nowhere": 1}
    assert {"name": "0.png", "why": "cut short"} in found["files"] and len(found["files"]) == 17


def test_a_zip_inside_has_a_hint():
    assert LeftOut((PassedOver("a.zip", ".zip"),)).line() == "left out: 1 .zip (unpack it)"


def test_strict_refuses_with_the_same_line():
    with pytest.raises(UserError, match=r"--strict.*12 \.txt.*leave --strict out"):
        MANY.require_none()


def test_notes_on_names_are_told_behind():
    noted = LeftOut((PassedOver("a.txt", ".txt"),), ("'cat' and 'cat ' are one class",))
    assert noted.line() == "left out: 1 .txt; 'cat' and 'cat ' are one class" and bool(LeftOut((), ("x",)))
