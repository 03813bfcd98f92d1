"""What an attacker tries: server paths, foreign hosts, huge bodies, scripts in names."""

import html
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from helpers.browsing import add_images, give, glyph, logged, open_app_page, open_tab, press, wait_for_rows
from helpers.calling import FILE, Caller
from helpers.paths import ROOT

PUBLIC = {"/compare", "/explain", "/one_shot", "/find", "/answer", "/undo", "/next_pairs", "/status"}
EVIL = '<img src=x onerror="window.hacked=1">${window.hacked=1}{{this}}`\'"'


@pytest.fixture(scope="module")
def caller(quick_app):
    caller = Caller(quick_app.url)
    yield caller
    caller.close()


@pytest.fixture(scope="module")
def server_files(quick_app) -> list[Path]:
    """Images and texts of the server that nobody uploaded."""
    images = sorted((ROOT / "assets" / "samples" / "pairs").glob("*.png"))[:1]
    return [
        *images,
        ROOT / "app.py",
        quick_app.workspace / "checkpoints" / "current.json",
        Path("/etc/passwd"),
    ]


def stored_images(app) -> set[str]:
    return {file.name for file in (app.workspace / "images").glob("*.png")}


def is_refused(answer: object) -> bool:
    """In our words, or in gradio's, which tells the caller nothing.

    Gradio looks first where a payload has what it knows files by.
    """
    if answer == {"error": None}:
        return True
    told = json.dumps(answer)
    return any(
        words in told for words in ("must be uploaded first", "not uploaded", "not in the cache folder")
    )


# 1. paths of the server


@pytest.mark.parametrize("meta", [{}, {"meta": FILE}], ids=["without meta", "with meta"])
def test_no_server_path_reaches_the_picture_places(caller, server_files, quick_app, meta):
    before = stored_images(quick_app)
    good = caller.uploaded(glyph(1))
    for file in server_files:
        function = caller.functions("compare")[0]
        states = [None] * (len(function["inputs"]) - 2)
        answer = caller.join(function, [{"path": str(file), **meta}, good, *states])
        assert is_refused(answer["output"])
        assert "data:image" not in json.dumps(answer)
    assert stored_images(quick_app) == before


@pytest.mark.parametrize("name", ["given", "add"])
def test_no_server_path_reaches_the_events_of_the_page(caller, server_files, quick_app, name):
    before = stored_images(quick_app)
    for file in server_files:
        sent = {"path": str(file), "name": "x.png", "files": [{"path": str(file), "name": "x.png"}]}
        for function in caller.functions(name):
            answer = caller.join(function, [None] * len(function["inputs"]), sent)
            assert is_refused(answer["output"])
    assert stored_images(quick_app) == before


@pytest.mark.parametrize("meta", [{}, {"meta": FILE}], ids=["without meta", "with meta"])
def test_no_server_path_reaches_the_api(caller, server_files, meta):
    good = caller.uploaded(glyph(1))
    for file in server_files:
        evil = {"path": str(file), "orig_name": "x.png", **meta}
        for endpoint, data in {"compare": [good, evil], "one_shot": [good, [evil], None]}.items():
            kind, answer = caller.curl(endpoint, data)
            assert kind == "error"
            assert is_refused(answer)


def test_a_path_out_of_the_upload_folder_is_refused_however_it_is_written(caller, quick_app):
    uploads = next(path for path in (quick_app.workspace / "uploads").iterdir() if path.is_dir())
    good = caller.uploaded(glyph(1))
    for path in (f"{uploads}/../../pairs.csv", f"{uploads}", "relative.png", "", None, "\0", "a" * 5000):
        kind, answer = caller.curl("compare", [good, {"path": path}])
        assert kind == "error" and "must be uploaded first" in str(answer)


def test_no_file_of_the_server_is_served(caller, quick_app, server_files):
    uploads = next(path for path in (quick_app.workspace / "uploads").iterdir() if path.is_dir())
    climbing = [f"{uploads}/../../pairs.csv", f"{uploads}/%2e%2e/%2e%2e/pairs.csv", f"{uploads}.lock"]
    for path in [*server_files, *climbing, "app.py"]:
        assert caller.http.get(f"/gradio_api/file={path}").status_code in (403, 404)
        assert caller.http.get(f"/gradio_api/file/{path}").status_code in (403, 404)
    for path in (
        "thumbs/..%2fpairs.csv",
        "thumbs/%2e%2e%2fpairs.png",
        "samples/..%2f..%2fapp.py",
        "static/../../x",
    ):
        assert caller.http.get(f"/{path}").status_code in (400, 404)


def test_an_uploaded_file_is_served_to_who_has_its_path(caller):
    path = caller.upload(glyph(1))
    assert caller.http.get(f"/gradio_api/file={path}").content == glyph(1)


def test_what_is_private_is_blocked_for_gradio_itself(tmp_path):
    from siamese_core.page.serving.server import private_paths

    assert {path.name for path in private_paths(tmp_path)} >= {"images", "checkpoints", "pairs.csv", "app.py"}


def test_what_is_private_in_a_wheel_is_the_package_and_not_what_is_installed_beside_it(tmp_path, monkeypatch):
    from siamese_core.page.serving import server

    monkeypatch.setattr(server, "ASSETS", server.PACKAGE / "assets")
    own = {path for path in server.private_paths(tmp_path) if not path.is_relative_to(tmp_path)}
    assert own == {server.PACKAGE, server.PACKAGE / "assets"}


# 2. endpoints


def test_only_the_contract_is_public(caller):
    assert set(caller.http.get("/gradio_api/info").json()["named_endpoints"]) == PUBLIC
    visible = {
        f"/{each['api_name']}" for each in caller.config["dependencies"] if each["api_visibility"] == "public"
    }
    assert visible == PUBLIC


def test_the_queue_cannot_be_gone_round(caller):
    good = caller.uploaded(glyph(1))
    answer = caller.http.post("/gradio_api/run/compare", json={"data": [good, good]})
    assert answer.status_code == 404


# 3. bodies


def test_long_bodies_are_refused(caller):
    body = json.dumps({"data": ["x" * 1_000_001]})
    assert caller.http.post("/gradio_api/call/status", content=body).status_code == 413
    assert caller.http.post("/gradio_api/component_server", content=body).status_code == 413


def test_bodies_that_are_not_json_are_refused(caller):
    for body in (b"{", b"\xff", b"[" * 100_000):
        answer = caller.http.post("/gradio_api/call/status", content=body)
        assert answer.status_code == 400 and answer.json()["error"].startswith(
            "The body of a request must be JSON"
        )


@pytest.mark.parametrize(
    "file",
    [
        {"path": "data:image/png;base64,AAAA"},
        {"url": " DATA:image/png;base64,AAAA", "path": None},
        {"path": "http://127.0.0.1:1/x.png", "meta": FILE},
        {"path": "HTTPS://example.com/x.png"},
        {"path": "file:///etc/passwd"},
    ],
    ids=["data path", "data url", "http", "https", "file"],
)
def test_a_file_must_be_uploaded_not_given_as_a_url(caller, file):
    answer = caller.http.post("/gradio_api/call/compare", json={"data": [file, [{"deep": file}]]})
    assert (answer.status_code, "must be uploaded" in answer.text) == (400, True)


def test_too_large_a_file_is_refused(caller):
    answer = caller.http.post("/gradio_api/upload", files={"files": ("big.png", bytes(65 * 2**20))})
    assert answer.status_code == 413


# 4. hosts and origins


def test_a_host_name_that_the_app_does_not_know_is_refused(caller):
    assert caller.http.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert caller.http.get("/config", headers={"Host": "evil.example:7860"}).status_code == 400
    assert caller.http.get("/healthz", headers={"Host": "localhost.:7860"}).status_code == 200  # whole name


def test_another_site_cannot_call(caller):
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        answer = caller.http.post("/gradio_api/call/status", json={"data": []}, headers={"Origin": origin})
        assert answer.status_code == 403
        assert caller.http.get("/pairs.csv", headers={"Origin": origin}).status_code == 403
    own = caller.http.get("/config", headers={"Origin": caller.url})
    assert own.status_code == 200


# 5. texts of a person


def test_no_text_of_a_person_runs_in_the_page(page, quick_app):
    app_page = open_app_page(page, quick_app)
    app_page.locator("#masthead input").fill(EVIL)
    give(app_page, "left", glyph(1))
    give(app_page, "right", glyph(2), f"{EVIL}.png".replace("/", ""))
    expect(app_page.locator(".card .number")).to_have_count(2)
    press(app_page, "s")
    wait_for_rows(app_page, 1)
    expect(app_page.locator("#last-answers tbody tr").first).to_contain_text("<img src=x")
    open_tab(app_page, "One-shot")
    add_images(app_page, {"one.png": glyph(3), "two.png": glyph(4), "bad.png": b"text"})
    for place in (0, 1):
        app_page.locator(f"[data-rename='{place}']").fill(f"{place}{EVIL}"[:80])
        app_page.locator(f"[data-rename='{place}']").press("Enter")
    give(app_page, "query", glyph(5))
    expect(app_page.locator("#rankings .classes")).to_have_count(2)
    expect(app_page.locator("#rankings .classes .name").first).to_contain_text("<img src=x")
    app_page.locator("#rankings [data-class]").first.click()
    expect(app_page.locator("#rankings .saved")).to_contain_text("Saved")
    give(app_page, "query", b"no image", f"{EVIL}.png".replace("/", ""))
    expect(app_page.locator("#rankings .trouble")).to_be_visible()
    assert app_page.evaluate("window.hacked") is None
    assert logged(quick_app.workspace)[-1].annotator == EVIL[:80]


def test_no_text_of_a_person_starts_a_formula(caller, quick_app):
    _, pair = caller.curl("compare", [caller.uploaded(glyph(1)), caller.uploaded(glyph(2))])
    caller.curl("answer", [pair["left"], pair["right"], "same", '=HYPERLINK("http://evil.example")'])
    assert logged(quick_app.workspace)[-1].annotator.startswith("=HYPERLINK")
    assert "'=HYPERLINK" in (quick_app.workspace / "pairs.csv").read_text()


def test_a_panel_takes_nothing_but_markup():
    from siamese_core.page.parts.panel import Panel

    with pytest.raises(TypeError, match="escaped"):
        Panel(elem_id="x", render=False).postprocess("<b>bold</b>")


# 6. and 7. what a script may call, what a failure tells


@pytest.mark.parametrize(
    "data", [None, 7, [], {}, {"session": "x"}, {"session": "0" * 32, "left_id": "../../x"}]
)
@pytest.mark.parametrize(
    ("component", "function"),
    [("outbox", "save"), ("label", "ask")],
)
def test_server_functions_check_what_they_are_given(caller, quick_app, component, function, data):
    before = logged(quick_app.workspace)
    bar = next(
        each["id"] for each in caller.config["components"] if each["props"].get("elem_id") == component
    )
    body = {"session_hash": caller.session, "component_id": bar, "fn_name": function, "data": data}
    answer = caller.http.post("/gradio_api/component_server", json=body)
    assert answer.status_code == 200 and answer.json()["refused"]
    assert logged(quick_app.workspace) == before


def test_an_unexpected_failure_is_told_without_its_details(caplog):
    import gradio as gr

    from siamese_core.page.parts.notices import UNEXPECTED, told, told_in_words

    def secret():
        raise OSError("/home/secret")

    with pytest.raises(gr.Error) as problem:
        told(secret)()
    assert html.unescape(problem.value.message) == UNEXPECTED
    assert told_in_words(secret)() == {"refused": UNEXPECTED}
    assert "/home/secret" in caplog.text


def test_events_with_wrong_details_are_told_in_words(caller, quick_app):
    before = len(quick_app.log())
    for name in ("pick", "remove", "rename", "change", "move"):
        for function in caller.functions(name):
            answer = caller.join(function, [None] * len(function["inputs"]), {"index": "x", "encoder": ["y"]})
            assert "Traceback" not in json.dumps(answer)
    assert "Traceback" not in quick_app.log()[before:]


# 9. to 11. what is off, what is on


def test_what_gradio_offers_beside_the_page_is_closed(caller):
    for path in (
        "/monitoring",
        "/monitoring/summary",
        "/gradio_api/runs",
        "/gradio_api/deep_link?session_hash=x",
        "/?deep_link=x",
        "/gradio_api/proxy=https://example.com",
        "/gradio_api/file=http://example.com/x.png",
        "/gradio_api/file=HTTPS://example.com/x.png",
        "/gradio_api/stream/x/y/z/playlist.m3u8",
    ):
        assert caller.http.get(path).status_code in (403, 404), path
    assert caller.http.post("/gradio_api/process_recording", json={}).status_code == 404
    assert caller.http.post("/gradio_api/vibe-edit", json={"prompt": "x"}).status_code == 404


def test_every_answer_carries_the_security_headers(caller):
    for path in ("/", "/healthz", "/config", "/nothing", "/gradio_api/info"):
        headers = caller.http.get(path).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_limits_are_set(tmp_path, monkeypatch):
    from siamese_core.page.serving.address import Address
    from siamese_core.page.serving.server import launch_options
    from siamese_core.workspace.workbench import Workbench

    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    options = launch_options(Workbench(tmp_path), Address("127.0.0.1", 7860))
    off = ("share", "show_error", "run_history", "enable_monitoring", "ssr_mode", "mcp_server", "pwa")
    assert not any(options[name] for name in off)
    assert options["state_session_capacity"] <= 1000 and options["max_file_size"] == "64mb"
    assert options["allowed_paths"] == []


def test_uploads_stay_inside_the_workspace(caller, quick_app):
    assert Path(caller.upload(glyph(1))).is_relative_to(quick_app.workspace / "uploads")


def test_the_page_names_no_other_host(caller):
    page = caller.http.get("/").text
    found = set(re.findall(r"""(?:src|href)=["'](https?://[^"']+)""", page))
    assert {address for address in found if not address.startswith(caller.url)} == set()
