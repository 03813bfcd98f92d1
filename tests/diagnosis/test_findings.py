"""Findings hold a number that JSON can carry."""

import json

import pytest

from siamese_core.diagnosis.findings import Check, Finding


def test_a_finding_has_the_entries_of_the_contract():
    found = Check("dead-units", "at most half").found("warning", 2 / 3, "why", "what to do")
    assert json.loads(json.dumps(found.json(), allow_nan=False)) == {
        "check": "dead-units",
        "level": "warning",
        "measured": 0.6667,
        "expected": "at most half",
        "cause": "why",
        "remedy": "what to do",
    }


def test_what_is_well_has_neither_cause_nor_remedy():
    well = Check("dead-units", "at most half").ok(0, " (nothing to judge)")
    assert (well.level, well.expected, well.cause, well.remedy) == (
        "ok",
        "at most half (nothing to judge)",
        "",
        "",
    )


@pytest.mark.parametrize(
    ("level", "measured"), [("fine", 0.0), ("ok", float("nan")), ("error", float("inf"))]
)
def test_a_finding_without_a_number_or_with_another_level_is_a_mistake(level, measured):
    with pytest.raises(ValueError, match="Received"):
        Finding("check", level, measured, "expected")
