"""Nobody gets anything without a login: every route of the running application is asked."""

import re
from collections.abc import Iterator

import pytest
from starlette.routing import BaseRoute, Mount, WebSocketRoute
from starlette.websockets import WebSocketDisconnect

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
