"""What the server cannot do is told in words, without its paths, and it lives on."""

import json
import os
import subprocess
import time

import httpx
import pytest

from helpers.browsing import glyph
from helpers.calling import Caller
from helpers.small_checkpoints import ship_small
from siamese_core.page.parts.notices import UNEXPECTED
from siamese_core.page.serving.refusals import ABANDONED_SECONDS, delete_abandoned, refusal_of

SCOPE = {"type": "http", "method": "GET", "path": "/healthz"}


@pytest.fixture(scope="module")
def caller(quick_app):
    caller = Caller(quick_app.url)
    yield caller
    caller.close()


LIMITED = (
    "import resource, sys\n"
    "from siamese_core.page.serving.process import main\n"
    "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
    "sys.exit(main(sys.argv[1:]))\n"
)


# Serves with the shipped checkpoints in the folder that is given first.
SHIPPED_ELSEWHERE = (
    "import sys\n"
    "from pathlib import Path\n"
    "from siamese_core.page.serving.process import main\n"
    "from siamese_core.workspace.workbench import Workbench\n"
    "Workbench.__init__.__defaults__ = (Path(sys.argv[1]), *Workbench.__init__.__defaults__[1:])\n"
    "sys.exit(main(sys.argv[2:]))\n"
)


def test_an_upload_to_a_disk_without_room_is_told_in_words_and_the_server_lives_on(serve, quick_app):
    """Files of this server cannot be longer than 300 kB, which writes as a quota and a full disk do."""
    server = serve(workspace=quick_app.workspace, program=["-c", LIMITED])
    caller = Caller(server.url)
    for _ in range(2):
        answer = caller.http.post("/gradio_api/upload", files={"files": ("big.png", bytes(2_000_000))})
        assert (answer.status_code, "its disk is full" in answer.json()["error"]) == (507, True)
        assert str(quick_app.workspace) not in answer.text
    assert caller.upload(glyph(1)) and caller.curl("status", [])[0] == "complete"
    assert "Traceback" not in server.log()
    caller.close()


def test_an_upload_to_a_folder_that_cannot_be_written_to_is_told_in_words(caller):
    """A read-only disk, where the test may mount one; root may write into any folder."""
    uploads = caller.upload(glyph(1)).rsplit("/", 2)[0]
    mount = ["mount", "-t", "tmpfs", "-o", "ro,size=64k", "tmpfs", uploads]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this user may not mount a read-only folder")
    try:
        answer = caller.http.post("/gradio_api/upload", files={"files": ("a.png", glyph(2))})
        assert (answer.status_code, "read-only" in answer.json()["error"]) in [(503, True), (507, False)]
        assert uploads not in answer.text
        remount = ["mount", "-o", "remount,rw,size=64k", uploads]
        subprocess.run(remount, check=True)
        answer = caller.http.post("/gradio_api/upload", files={"files": ("big.png", bytes(2_000_000))})
        assert (answer.status_code, "its disk is full" in answer.json()["error"]) == (507, True)
    finally:
        subprocess.run(["umount", uploads], check=True)
    assert caller.upload(glyph(3))


def test_what_broken_uploads_leave_is_deleted_once_nothing_is_added_to_it(tmp_path):
    for name, age in {"tmpold": ABANDONED_SECONDS + 1, "tmpnew": 0, "kept": ABANDONED_SECONDS + 1}.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    delete_abandoned(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"tmpnew", "kept"}


def test_an_unexpected_failure_is_logged_in_full_and_told_without_paths(caplog):
    told = refusal_of(KeyError("/home/secret"), SCOPE)
    assert (told.status, told.reason) == (500, UNEXPECTED)
    assert "/home/secret" in caplog.text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("call/nosuch", {"data": []}),
        ("call/page_given", {"data": []}),
        ("call/v2/nosuch", {"data": []}),
        ("call/v2/compare", {"nosuch": 1}),
        ("queue/join", {"data": [], "fn_index": 999, "session_hash": "x"}),
        ("queue/join", {"data": []}),
        ("run/nosuch", {"data": []}),
        ("component_server", {"data": 1, "component_id": 99999, "session_hash": "x", "fn_name": "y"}),
        ("component_server", []),
        ("cancel", {}),
        ("upload", {}),
    ],
)
def test_a_call_of_what_there_is_not_is_refused_in_words(caller, quick_app, path, body):
    before = len(quick_app.log())
    answer = caller.http.post(f"/gradio_api/{path}", json=body)
    assert 400 <= answer.status_code < 500
    told = answer.json()
    assert told.get("error") or told.get("detail")
    assert "Traceback" not in quick_app.log()[before:]


def test_an_unknown_endpoint_is_told_with_those_there_are(caller):
    answer = caller.http.post("/gradio_api/call/nosuch", json={"data": []})
    assert answer.status_code == 404
    assert "compare" in answer.json()["error"] and "'nosuch'" in answer.json()["error"]


@pytest.mark.parametrize("data", [[], [1], [None] * 9, ["/etc/passwd", {"path": "/etc/passwd"}]])
def test_gradios_own_refusals_carry_words(caller, quick_app, data):
    kind, answer = caller.curl("compare", data)
    assert kind == "error" and len(answer["error"]) > 20
    assert str(quick_app.workspace) not in json.dumps(answer)


def test_a_stream_of_nobody_is_no_failure_of_the_server(caller, quick_app):
    before = len(quick_app.log())
    httpx.get(f"{quick_app.url}/gradio_api/queue/data", params={"session_hash": "nobody"}, trust_env=False)
    assert "Traceback" not in quick_app.log()[before:]


@pytest.mark.soak
def test_no_problem_that_the_page_shows_names_a_folder_of_the_server(serve, tmp_path):
    """A damaged list of serving checkpoints, a checkpoint that cannot be read, weights that are gone."""
    home = tmp_path / "secret place" / "workspace"
    (home / "checkpoints" / "koch-damaged").mkdir(parents=True)
    (home / "checkpoints" / "koch-damaged" / "card.json").mkdir()
    (home / "checkpoints" / "current.json").write_text("{")
    (home / "pairs.csv").mkdir()
    gone = {"SIAMESE_RESNET50_WEIGHTS": str(tmp_path / "secret place" / "gone.h5")}
    shipped = ship_small(tmp_path / "shipped", "koch", "resnet50")
    server = serve(workspace=home, environment=gone, program=["-c", SHIPPED_ELSEWHERE, str(shipped)])
    caller = Caller(server.url)
    deadline = time.monotonic() + 60
    while "current.json" not in caller.http.get("/healthz").text and time.monotonic() < deadline:
        time.sleep(0.2)  # until the shipped checkpoints serve
    told = [caller.http.get(path).text for path in ("/healthz", "/pairs.csv", "/config", "/triplets.zip")]
    told.append(str(caller.curl("status", [])))
    for function in caller.functions("look"):
        told.append(json.dumps(caller.join(function, [None] * len(function["inputs"]))))
    assert any("current.json" in text for text in told)
    assert not [text for text in told if "secret place" in text]
    caller.close()
