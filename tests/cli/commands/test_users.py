"""Accounts, tokens and the audit log from the command line."""

import io
import json
import sys

from helpers.logins import hash_quickly


def test_somebody_is_added_listed_changed_and_removed_and_all_of_it_is_noted(run, workspace, monkeypatch):
    hash_quickly(monkeypatch)
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse\n"))
    assert "may log in" in run("users", "add", "Ada", "--role", "owner", "--password-stdin").text()
    run("users", "role", "Ada", "reviewer").text()
    listed = run("users", "list", "--json").json()["users"]
    assert [(each["name"], each["role"]) for each in listed] == [("Ada", "reviewer")]
    run("users", "remove", "Ada").text()
    entries = run("audit", "--what", "accounts", "--json").json()["entries"]
    assert [each["change"] for each in entries] == [
        "user added as owner",
        "user is now reviewer",
        "user removed",
    ]
    assert {(each["account"], each["where"]) for each in entries} == {("Ada", "command line")}
    assert "correct horse" not in (workspace / "audit.jsonl").read_text()


def test_a_token_is_shown_once_and_stored_hashed(run, workspace, tmp_path):
    file = tmp_path / "elsewhere.json"
    token = run("tokens", "add", "nightly", "--auth", str(file), "--json").json()["token"]
    assert token not in file.read_text() and token not in (workspace / "audit.jsonl").read_text()
    assert token not in json.dumps(run("tokens", "list", "--auth", str(file), "--json").json())
    assert "nightly" in run("tokens", "list", "--auth", str(file)).text()
    run("tokens", "remove", "nightly", "--auth", str(file)).text()
    assert "no tokens" in run("tokens", "list", "--auth", str(file)).text()


def test_what_does_not_fit_is_told_in_a_line(run, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))
    assert "8 to 200 characters" in run("users", "add", "Ada", "--password-stdin").error()
    assert "an input that is none" in run("users", "add", "Ada").error()
    assert "one of the users: none" in run("users", "remove", "Ada").error()
    assert "A time is" in run("audit", "--since", "yesterday").error()
    assert "no such entry" in run("audit").text()
