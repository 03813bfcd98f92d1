"""Nobody gets anything without a login: every route of the running application is asked."""

import re
from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from starlette.routing import BaseRoute, Mount, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from helpers.logins import PASSWORD, hash_quickly, three_people
from siamese_core.accounts.account_file import AccountFile
from siamese_core.accounts.audit import AuditLog
from siamese_core.page.parts.callers import CALLER
from siamese_core.page.serving.login.entrance import Entrance
from siamese_core.page.serving.login.gate import Gate, SessionEnded
from siamese_core.page.serving.policy import Policy

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OPEN = {"/healthz", "/login", "/logout"}


def paths(routes: list[BaseRoute], before: str = "") -> Iterator[tuple[str, bool]]:
    """Every path of the application, mounts and all, parameters filled in, and whether a socket's."""
    for route in routes:
        path = before + re.sub(r"\{[^}]*\}", "a", getattr(route, "path", "") or "")
        if isinstance(route, WebSocketRoute):
            yield path, True
        elif router := getattr(route, "original_router", None):  # FastAPI's include_router
            yield from paths(router.routes, path + route.include_context.prefix)
        elif inner := getattr(route, "routes", None):
            yield from paths(inner, path)
        else:
            yield path + ("/a" if isinstance(route, Mount) else ""), False


def test_no_route_answers_who_has_not_logged_in(with_login, client):
    app, _ = with_login
    found = set(paths(app.routes))
    assert len(found) > 40 and ("/pairs.csv", False) in found and ("/metrics", False) in found
    asked = {path for path, _ in found} | {
        "/",
        "/nosuch",
        "/gradio_api/mcp/",
        "/healthz/",
        "//healthz",
        "/login/x",
    }
    for path in asked - OPEN:
        for method in METHODS:
            answer = client.request(method, path)
            assert answer.status_code == 401, (method, path, answer.status_code)
            assert answer.headers["WWW-Authenticate"] == "Bearer"
    for path in {path for path, is_socket in found if is_socket} | {"/gradio_api/queue/join", "/healthz"}:
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(path):
            pass


def test_what_is_open_says_nothing_but_how_the_server_is(client):
    assert client.get("/healthz").status_code in (200, 503)
    assert client.post("/healthz").status_code == 401
    assert client.get("/gradio_api/startup-events").status_code == 401
    assert client.get("/logout").headers["location"] == "/login"


async def page(scope, receive, send):
    """In place of everything behind the gate: says who asks from where, in two parts."""
    told = scope[CALLER]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for part, more in ((told.name, True), (f" at {told.address}", True), ("", False)):
        await send({"type": "http.response.body", "body": part.encode(), "more_body": more})


@pytest.fixture
def behind_nginx(tmp_path, monkeypatch) -> tuple[TestClient, Entrance]:
    """A browser at 203.0.113.9, whose requests come by TLS and through a proxy, below a path."""
    hash_quickly(monkeypatch)
    entrance = Entrance(three_people(AccountFile(tmp_path / "users.json")), AuditLog(tmp_path), 7860)
    trusted = (ip_network("10.0.0.0/8"),)
    policy = Policy(tmp_path, hosts=frozenset({"w.example"}), root_path="/w", trusted_proxies=trusted)
    told = {"X-Forwarded-Host": "w.example", "X-Forwarded-Proto": "https"}
    told["X-Forwarded-For"] = "198.51.100.1, 203.0.113.9, 10.0.0.3"
    gate = Gate(page, entrance, policy)
    client = TestClient(gate, "http://10.0.0.1", client=("10.0.0.2", 5000), follow_redirects=False)
    client.headers |= told
    return client, entrance


def log_in(client: TestClient, name: str) -> str:
    """Log in below the path; return the header that sets the cookie of the session."""
    form = client.get("/w/login")
    assert 'action="/w/login"' in form.text and "Path=/w" in form.headers["set-cookie"]
    token = re.search(r'name="form_token" value="([^"]+)"', form.text)[1]
    cookie = {"Cookie": form.headers["set-cookie"].partition(";")[0], "Origin": "https://w.example"}
    answer = client.post(
        "/w/login", data={"form_token": token, "name": name, "password": PASSWORD}, headers=cookie
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/w/")
    return answer.headers["set-cookie"]


def test_below_a_path_and_behind_a_proxy_everything_leads_there_and_the_address_is_the_person_s(behind_nginx):
    client, entrance = behind_nginx
    away = client.get("/w/?tab=find", headers={"Accept": "text/html"})
    assert away.headers["location"] == "/w/login?next=/%3Ftab%3Dfind"
    told = log_in(client, "Ann")
    assert "Path=/w;" in told and "Secure" in told
    cookie = {"Cookie": told.partition(";")[0]}
    assert client.get("/w/anything", headers=cookie).text == "Ann at 203.0.113.9"
    assert [each["where"] for each in entrance.audit.entries()] == ["203.0.113.9"]


def test_a_stream_says_nothing_more_once_its_session_has_ended(behind_nginx, monkeypatch):
    client, entrance = behind_nginx
    cookie = {"Cookie": log_in(client, "Rex").partition(";")[0]}
    known, asked = entrance.caller, []

    def removed_after_the_first_part(*given, **more):
        asked.append(given)
        if len(asked) == 3:  # the request, the first part, the second
            entrance.file.remove("users", "Rex")
        return known(*given, **more)

    monkeypatch.setattr(entrance, "caller", removed_after_the_first_part)
    with pytest.raises(SessionEnded):
        client.get("/w/", headers=cookie)


def test_an_address_is_believed_from_a_trusted_proxy_only(behind_nginx):
    client, _ = behind_nginx
    client = TestClient(client.app, "http://w.example", client=("203.0.113.5", 5000), follow_redirects=False)
    form = client.get("/login", headers={"X-Forwarded-For": "192.0.2.77"})
    token = re.search(r'name="form_token" value="([^"]+)"', form.text)[1]
    told = {"form_token": token, "name": "Ann", "password": PASSWORD}
    cookie = {"Cookie": form.headers["set-cookie"].partition(";")[0], "X-Forwarded-For": "192.0.2.77"}
    session = client.post("/login", data=told, headers=cookie).headers["set-cookie"].partition(";")[0]
    assert client.get("/", headers={"Cookie": session}).text == "Ann at 203.0.113.5"
