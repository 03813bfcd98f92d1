"""Every function that the page or a program can call has a role, and the server asks for it."""

import inspect
import json

import pytest
from gradio.context import LocalContext
from starlette.requests import Request

from helpers.logins import PEOPLE
from siamese_core.accounts.roles import ANNOTATOR, OWNER, REVIEWER
from siamese_core.answers.label_row import LabelRow
from siamese_core.errors import UserError
from siamese_core.page.parts.answers import answer_handlers
from siamese_core.page.parts.callers import CALLER, Caller
from siamese_core.page.parts.outbox import saved
from siamese_core.page.parts.rights import NEEDS, OWNERS, REVIEWERS, require
from siamese_core.workspace.workbench import Workbench


@pytest.fixture
def called_by():
    """`called_by(role)`: the rest of the test runs as in an event of Ann, Rex or Oda."""
    before = LocalContext.request.set(None)

    def called_by(role: str) -> None:
        name = next(name for name, each in PEOPLE.items() if each == role)
        known = Caller(name, role, "192.0.2.1")
        LocalContext.request.set(Request({"type": "http", "headers": [], CALLER: known}))

    yield called_by
    LocalContext.request.reset(before)


def server_functions(page) -> list:
    """What the page's scripts call without an event."""
    return [each for block in page.blocks.values() for each in getattr(block, "server_fns", [])]


def test_every_function_that_can_be_called_has_a_role(with_login):
    page = with_login[0].get_blocks()
    registered = {each.fn.__qualname__ for each in page.fns.values() if each.fn}
    called = {each.__qualname__ for each in server_functions(page)}
    assert "build_outbox.<locals>.save" in called
    assert not sorted((registered | called) - NEEDS.keys()), "name their role in page/parts/rights.py"


def test_every_event_of_the_outbox_has_a_role(with_login):
    (save,) = (each for each in server_functions(with_login[0].get_blocks()) if each.__name__ == "save")
    kinds = inspect.getclosurevars(inspect.unwrap(save)).nonlocals["handlers"]
    assert {"compare", "settle", "undo"} <= set(kinds)
    assert not sorted(set(kinds) - NEEDS.keys()), "name their role in page/parts/rights.py"


@pytest.mark.parametrize("name", sorted(OWNERS | REVIEWERS | {"not named anywhere"}))
def test_the_server_refuses_what_a_role_does_not_allow(called_by, name):
    called_by(OWNER)
    require(name)
    for role in (ANNOTATOR, REVIEWER):
        called_by(role)
        if name in REVIEWERS and role == REVIEWER:
            require(name)
        else:
            with pytest.raises(UserError) as refused:
                require(name)
            assert refused.value.code == "forbidden"


def test_a_call_without_anybody_is_refused_where_the_page_asks_for_a_login(with_login):
    before = LocalContext.blocks.set(with_login[0].get_blocks())
    with pytest.raises(UserError) as refused:
        require("LabelTab.look")
    assert refused.value.code == "unauthenticated"
    LocalContext.blocks.reset(before)
    require("LabelTab.look")


@pytest.fixture
def bench(tmp_path) -> Workbench:
    """A workspace with an answer of Ann and one of Bob."""
    bench, session = Workbench(tmp_path), "0" * 16
    for name in ("Ann", "Bob"):
        answer = {"left_id": "a" * 64, "right_id": "b" * 64, "answer": "same", "annotator": name}
        bench.log.append(LabelRow(session_id=session, source="page", **answer))
    return bench


def undo(bench: Workbench, target: str, **more) -> dict:
    event = {"id": target[::-1], "kind": "undo", "session": "0" * 16, "annotator": "Bob", "target": target}
    return saved(answer_handlers(bench), event | more)


def test_an_annotator_undoes_their_own_answers_and_a_reviewer_everybody_s(called_by, bench):
    own, others = (row.label_id for row in bench.log.rows())
    called_by(ANNOTATOR)
    assert "their own answers" in undo(bench, others)["refused"]
    assert undo(bench, own) == {"saved": True}
    called_by(REVIEWER)
    assert undo(bench, others) == {"saved": True}
    assert [row.annotator for row in bench.log.rows()[2:]] == ["Ann", "Rex"]
    noted = [json.loads(line) for line in (bench.workspace / "audit.jsonl").read_text().splitlines()]
    assert [(each["what"], each["who"], each["label_id"]) for each in noted] == [
        ("undo", "Ann", own),
        ("undo", "Rex", others),
    ]


def test_an_answer_waits_for_who_gave_it_where_somebody_else_has_logged_in(called_by, bench):
    called_by(REVIEWER)
    target = bench.log.rows()[0].label_id
    assert "Log in as Ann" in undo(bench, target, account="Ann")["waiting"]
    assert undo(bench, target, account="Rex") == {"saved": True}
