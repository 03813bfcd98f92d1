"""`casestudy` as people and programs call it."""

from siamese_core.cli.commands.casestudy import variant_table
from siamese_core.cli.terminal import print_parts

FINDING_KEYS = {"check", "level", "measured", "expected", "cause", "remedy"}


def test_a_case_study_gives_findings_and_a_table(run, own_slots, drawings):
    words = ("casestudy", "one-shot-evaluation", "--data", drawings, "--trials", 2, "--n-way", 3)
    answer = run(*words, "--json").json()
    assert list(answer) == ["name", "findings", "table"]
    assert answer["name"] == "one-shot-evaluation"
    assert [set(finding) for finding in answer["findings"]] == [FINDING_KEYS, FINDING_KEYS]
    assert all(row["variant"] and row["trials"] == 2 for row in answer["table"])


def test_too_few_letters_is_told_with_the_numbers(run, drawings):
    words = ("casestudy", "one-shot-evaluation", "--data", drawings, "--language", "Alphabet_1", "--n-way", 4)
    line = run(*words).error()
    assert "needs 4 letters" in line and "has 3" in line


def test_a_table_has_a_column_for_each_metric_and_a_dash_where_there_is_none(capsys):
    rows = [{"variant": "one", "eer": 0.123456}, {"variant": "two", "nan_step": 7, "eer": None}]
    print_parts([variant_table(rows)])
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["variant", "eer", "nan_step"],
        ["one", "0.1235", "-"],
        ["two", "-", "7"],
    ]
