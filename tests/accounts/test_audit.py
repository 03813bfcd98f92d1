"""The audit log is only ever appended to, survives a torn line, and is filtered."""

import json
import threading

import pytest

from siamese_core.accounts.audit import PROMOTE, UNDO, AuditLog, Origin, Wanted, moment, on_command_line
from siamese_core.errors import UserError


def test_an_entry_says_who_what_when_and_from_where(tmp_path):
    AuditLog(tmp_path / "new").record(
        PROMOTE, Origin("Ada", "192.0.2.1", "f00"), checkpoint="koch-2", note=""
    )
    (line,) = (tmp_path / "new" / "audit.jsonl").read_text().splitlines()
    entry = json.loads(line)
    assert moment(entry.pop("time")).utcoffset().total_seconds() == 0
    expected = {"what": "promote", "who": "Ada", "where": "192.0.2.1", "request": "f00"}
    assert entry == expected | {"checkpoint": "koch-2"}


def test_a_torn_line_costs_no_other(tmp_path):
    log = AuditLog(tmp_path)
    log.record(PROMOTE, on_command_line())
    log.path.write_bytes(log.path.read_bytes() + b'{"time": "2026')
    log.record(UNDO, on_command_line())
    assert [each["what"] for each in log.entries()] == [PROMOTE, UNDO]


def test_several_at_once_lose_nothing(tmp_path):
    log = AuditLog(tmp_path)
    writers = [
        threading.Thread(target=lambda: [log.record(UNDO, Origin("Ada", "here")) for _ in range(10)])
        for _ in range(4)
    ]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert len(list(log.entries())) == 40


def test_it_is_filtered_by_who_what_and_since(tmp_path):
    log = AuditLog(tmp_path)
    for what, who in ((PROMOTE, "Ada"), (UNDO, "Ada"), (UNDO, "Bob")):
        log.record(what, Origin(who, "here"))
    assert len(list(log.entries(Wanted(who="Ada")))) == 2
    assert len(list(log.entries(Wanted(who="Ada", what=UNDO)))) == 1
    assert not list(log.entries(Wanted(since=moment("2100-01-01"))))
    with pytest.raises(UserError, match="A time is one such as"):
        moment("yesterday")
