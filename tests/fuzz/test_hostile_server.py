"""Hostile files and payloads against a running server: words, no 500, no traceback, nothing from outside."""

import socket
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from fuzz.hostile_archives import hostile_archives
from fuzz.hostile_images import hostile_images
from fuzz.hostile_payloads import SCRIPT, TEXTS, bodies, payloads, requests, uploads
from helpers.browsing import glyph, logged, open_app_page, open_tab
from helpers.calling import Caller

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]
OUTSIDE = ("root:x:0", "siamese_core.page.start", "OPENBLAS_NUM_THREADS=")  # passwd, app.py, environ
ANSWER_SECONDS = 20.0


@pytest.fixture(scope="module")
def caller(quick_app) -> Iterator[Caller]:
    caller = Caller(quick_app.url)
    yield caller
    caller.close()


@pytest.fixture
def unharmed(quick_app, caller) -> Iterator[None]:
    """The server has failed at nothing meanwhile, and lives on."""
    before = len(quick_app.log())
    yield
    assert "Traceback" not in quick_app.log()[before:], quick_app.log()[before:][-4000:]
    assert quick_app.process.poll() is None
    assert caller.http.get("/healthz").status_code == 200


@pytest.fixture
def listener() -> Iterator[tuple[str, list]]:
    """An address of this machine, and who has called it."""
    called: list = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        ended = threading.Event()

        def listen() -> None:
            while not ended.is_set():
                try:
                    connection, address = server.accept()
                except TimeoutError:
                    continue
                called.append(address)
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/a.png", called
        ended.set()
        thread.join()


def told(kind: str, answer: object) -> str:
    """What an endpoint told, which must be an answer or a refusal in words."""
    assert kind in ("complete", "error") or kind.startswith("status 4"), (kind, answer)
    text = str(answer)
    assert not [each for each in OUTSIDE if each in text], text[:500]
    return text


def test_hostile_files_are_answered_in_words(caller, unharmed):
    good = caller.uploaded(glyph(1))
    for name, content in (hostile_images() | hostile_archives()).items():
        answer = caller.http.post("/gradio_api/upload", files={"files": (name, content or b"0")})
        assert answer.status_code == 200, (name, answer.text)
        sent = {"path": answer.json()[0], "orig_name": name, "meta": {"_type": "gradio.FileData"}}
        text = told(*caller.curl("compare", [good, sent]))
        assert "similarity" in text or "Received: " in text, (name, text)


def test_hostile_calls_are_answered_in_words_and_call_nobody(caller, unharmed, listener):
    address, called = listener
    calls = payloads(address)
    assert len(calls) > 100
    for endpoint, data in calls:
        try:
            kind, answer = caller.curl(endpoint, data)
        except UnicodeEncodeError:  # half of a surrogate pair, which this client does not send
            continue
        assert len(told(kind, answer)) > 1, (endpoint, str(data)[:200])
    assert called == []


def test_hostile_bodies_are_refused_in_words(caller, unharmed):
    for path in ("call/status", "call/answer", "queue/join", "component_server"):
        for name, body in bodies().items():
            answer = caller.http.post(
                f"/gradio_api/{path}", content=body, headers={"content-type": "application/json"}
            )
            assert answer.status_code < 500 and answer.json(), (path, name, answer.text[:300])


def said_to(url: str, request: bytes) -> bytes:
    """What the server says to bytes that may be no request, until it closes or says no more."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=ANSWER_SECONDS) as line:
        found, end = b"", time.monotonic() + ANSWER_SECONDS
        try:
            line.sendall(request)
            line.settimeout(1.0)
            while time.monotonic() < end and (part := line.recv(65536)):
                found += part
        except (TimeoutError, ConnectionError):
            pass
    return found


def test_hostile_requests_get_no_file_and_no_failure(quick_app, unharmed, listener):
    address, called = listener
    for name, request in requests(urlsplit(quick_app.url).netloc, address).items():
        answer = said_to(quick_app.url, request)
        status = answer.split(b" ", 2)[1][:1] if answer else b"-"
        assert status in b"-234", (name, answer[:300])
        assert not [each for each in OUTSIDE if each.encode() in answer], name
        assert b"\r\nset-cookie: x" not in answer.lower() and b"evil.example/" not in answer, name
    assert called == []


def test_hostile_uploads_stay_in_their_folder(caller, quick_app, unharmed):
    outside = {each for each in quick_app.workspace.rglob("*") if "uploads" not in each.parts}
    for name, (kind, body) in uploads().items():
        answer = caller.http.post("/gradio_api/upload", content=body, headers={"content-type": kind})
        assert answer.status_code < 500, (name, answer.text[:300])
        for path in answer.json() if answer.status_code == 200 else []:
            assert path.startswith(str(quick_app.workspace / "uploads")), (name, path)
            assert ".." not in path.split("/"), (name, path)
    assert {each for each in quick_app.workspace.rglob("*") if "uploads" not in each.parts} == outside


def test_texts_of_a_person_are_stored_as_they_are_start_no_formula_and_run_nowhere(
    page, caller, quick_app, unharmed
):
    _, pair = caller.curl("compare", [caller.uploaded(glyph(11)), caller.uploaded(glyph(12))])
    given = [text for text in TEXTS if text.isprintable() and len(text) < 80]
    before = len(logged(quick_app.workspace))
    for text in given:
        kind, answer = caller.curl("answer", [pair["left"], pair["right"], "same", text])
        assert kind == "complete", (text, answer)
    assert [row.annotator for row in logged(quick_app.workspace)[before:]] == given
    for line in caller.http.get("/pairs.csv").text.splitlines():
        assert not [cell for cell in line.split(",") if cell.lstrip('"')[:1] in tuple("=+-@")]
    app_page = open_app_page(page, quick_app)
    for tab in ("Review", "Label", "Find", "Retrain"):
        open_tab(app_page, tab)
        app_page.wait_for_timeout(1500)
    open_tab(app_page, "Review")
    assert app_page.get_by_text(SCRIPT).count() >= 1
    assert app_page.evaluate("window.hacked") is None
