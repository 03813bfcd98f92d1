"""Reports are files in the workspace that survive damage, and take what visitors scored."""

import pytest

from siamese_core.errors import UserError
from siamese_core.reporting.kept_reports import KeptReports

PLAY = [
    {"query": "q", "support": [["a"], ["b"]], "target": 1},
    {"query": "r", "support": [["a"], ["b"]], "target": 0},
]


@pytest.fixture
def kept(tmp_path) -> KeptReports:
    return KeptReports(tmp_path / "evaluations")


def test_the_newest_report_that_can_be_read_is_the_latest(kept):
    assert kept.ids() == [] and kept.latest() is None
    first = kept.add({"play": [], "people": []})
    (kept.folder / "99990101T000000-aaaaaa.json").write_text("{torn")
    (kept.folder / "notes.json").write_text("{}")
    assert len(kept.ids()) == 2
    assert kept.latest() == first == kept.read(first["id"])
    with pytest.raises(UserError, match="damaged"):
        kept.read("99990101T000000-aaaaaa")
    kept.delete(first["id"])
    with pytest.raises(UserError, match="which is not"):
        kept.read(first["id"])


def test_no_other_file_can_be_named(kept):
    for name in ("../pairs", "", "x" * 100, "20260101T000000-aaaaaa/../../x"):
        with pytest.raises(UserError, match="named by its id"):
            kept.read(name)
        kept.delete(name)


def test_what_a_visitor_picked_is_scored_and_kept(kept):
    report = kept.add({"play": PLAY, "people": []})
    kept.add_person(report["id"], " Ada ", [1, 1])
    (person,) = kept.read(report["id"])["people"]
    assert (person["name"], person["correct"], person["count"], person["total"]) == (
        "Ada",
        [True, False],
        1,
        2,
    )
    for picks in ([1], [1, 2], [1, "0"], [1, -1]):
        with pytest.raises(UserError, match="Begin again"):
            kept.add_person(report["id"], "Ada", picks)
