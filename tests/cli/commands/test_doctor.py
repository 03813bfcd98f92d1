"""`doctor` as people and programs call it."""

FINDING_KEYS = ["check", "level", "measured", "expected", "cause", "remedy"]


def test_findings_have_the_form_of_diagnose_and_are_no_failure(run, workspace):
    workspace.mkdir(exist_ok=True)
    (workspace / "pairs.csv").write_text("name,price\nA,1\n")
    told = run("doctor", "--json").json()["findings"]
    assert all(list(finding) == FINDING_KEYS for finding in told)
    assert {finding["check"]: finding["level"] for finding in told}["log"] == "error"
    assert "error: log. The first line of a log names its columns" in run("doctor").text()
