"""A program tells by a code what went wrong, by plain HTTP and by gradio_client; the words stay."""

import ast
import json

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from helpers.browsing import glyph
from helpers.calling import Caller
from helpers.paths import ROOT
from siamese_core.errors import CODES, INVALID, UserError
from siamese_core.page.parts.notices import code_of
from siamese_core.page.serving.contract import replies
from siamese_core.page.serving.contract.coded import coded_event, coded_refusal
from siamese_core.page.serving.policy import OF_STATUS, Refusal
from siamese_core.page.serving.reference.endpoints import EVERYWHERE


@pytest.fixture(scope="module")
def caller(quick_app):
    caller = Caller(quick_app.url)
    yield caller
    caller.close()


RAISES = {
    "compare": replies.Compared.raises,
    "answer": replies.Answered.raises,
    "undo": replies.Undone.raises,
    "next_pairs": replies.NextPairs.raises,
}
GLYPH = glyph(71)
WRONG = {
    "not_an_image": ("compare", [b"no image", GLYPH]),
    "not_uploaded": ("compare", [{"path": "/etc/passwd"}, None]),
    "bad_call": ("compare", []),
    "unknown_image": ("answer", ["0" * 64, "1" * 64, "same"]),
    "same_image": ("answer", ["0" * 64, "0" * 64, "same"]),
    "unknown_label": ("undo", ["nosuch"]),
    "nothing_to_ask": ("next_pairs", [1]),
    INVALID: ("next_pairs", [0]),
}


@pytest.mark.parametrize("code", WRONG)
def test_an_error_of_a_call_has_a_code_beside_its_words(caller, code):
    endpoint, data = WRONG[code]
    sent = [caller.uploaded(each) if isinstance(each, bytes) else each for each in data]
    kind, told = caller.curl(endpoint, sent)
    assert (kind, told["code"], "Received: " in told["error"]) == ("error", code, True)
    assert code in (*RAISES[endpoint], *EVERYWHERE)


def test_gradios_client_raises_the_words_with_the_code_as_title(quick_app):
    client = Client(quick_app.url, verbose=False, analytics_enabled=False)
    with pytest.raises(AppError, match="there is no label 'nosuch' to undo") as raised:
        client.predict("nosuch", api_name="/undo")
    assert raised.value.title == "unknown_label"
    client.close()


@pytest.mark.parametrize(
    ("method", "path", "options", "code"),
    [
        ("POST", "call/nosuch", {"json": {"data": []}}, "not_found"),
        ("POST", "call/status", {"content": "{"}, "bad_call"),
        ("POST", "call/status", {"json": ["no object"]}, "bad_call"),
        ("POST", "call/status", {"content": b" " * 1_000_001}, "too_large"),
        ("GET", "call/status/x", {"headers": {"origin": "http://example.org"}}, "forbidden"),
        ("GET", "call/status/x", {"headers": {"host": "example.org"}}, "unknown_host"),
    ],
)
def test_a_refused_request_has_a_code_too(caller, method, path, options, code):
    answer = caller.http.request(method, f"/gradio_api/{path}", **options)
    assert answer.status_code >= 400 and answer.json()["error"]
    assert answer.json()["code"] == code


def test_an_error_of_gradio_without_words_has_a_code():
    assert json.loads(coded_event(b'event: error\ndata: {"error": null}\n\n')[19:])["code"] == "server_failed"
    told = json.loads(coded_refusal(b'{"detail": "Queue is full."}', 503))
    assert (told["error"], told["code"]) == ("Queue is full.", "unavailable")
    assert coded_refusal(b"no JSON", 500) == b"no JSON"


def test_a_disk_without_room_is_told_from_a_failure():
    assert (code_of(OSError(28, "")), code_of(KeyError())) == ("storage_failed", "server_failed")
    assert code_of(UserError("No.", "not_ready")) == "not_ready"


RAISING = ("UserError", "Refusal", "_unfit")


def raised_codes() -> set[str]:
    """The codes that stand in the code where an error is raised."""
    texts = [file.read_text(encoding="utf-8") for file in (ROOT / "siamese_core").rglob("*.py")]
    coded = [text for text in texts if any(f"{name}(" in text for name in RAISING)]
    called = [node for text in coded for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    raised = [node for node in called if getattr(node.func, "id", "") in RAISING]
    given = [value for node in raised for value in node.args[1:]]
    given += [each.value for node in raised for each in node.keywords if each.arg == "code"]
    found = [each.value for value in given for each in ast.walk(value) if isinstance(each, ast.Constant)]
    return {each for each in found if str(each).isidentifier()}


def test_every_code_that_is_raised_is_listed_and_every_other_is_not():
    elsewhere = {INVALID, "bad_call", *OF_STATUS.values()}
    assert raised_codes() - {"undo"} | elsewhere == set(CODES)
    assert {Refusal(status, "").code for status in OF_STATUS} <= set(CODES)
