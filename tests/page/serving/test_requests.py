"""What is known of each request: its id, a line of the log, a count."""

import json
import logging
import re

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from siamese_core.operating.logs import JsonLines, TextLines, _with_request
from siamese_core.operating.metrics import Metrics
from siamese_core.operating.stopping import Stopping
from siamese_core.page.serving.requests import RequestMonitor, route_of

STATUS = {"images": 2, "labels": None, "corrections": None, "conflicts": None, "slots": {}}
PROGRAM = logging.getLogger("siamese_core")


@pytest.fixture
def metrics():
    return Metrics(lambda: STATUS, lambda: 0)


@pytest.fixture
def client(metrics):
    def healthy(request):
        logging.getLogger("siamese_core.test").warning("looked at")
        return PlainTextResponse("fine")

    monitor = Middleware(RequestMonitor, metrics=metrics, stopping=Stopping(), endpoints=("compare",))
    return TestClient(Starlette(routes=[Route("/healthz", healthy)], middleware=[monitor]))


@pytest.fixture
def written(caplog):
    """caplog with the records of the program, filtered as the program's own handler does."""
    caplog.set_level(logging.INFO, "siamese_core")
    caplog.handler.addFilter(_with_request)
    yield caplog
    caplog.handler.removeFilter(_with_request)


def test_a_request_has_one_id_in_its_answer_and_in_all_lines_of_the_log(client, written):
    ids = [client.get("/healthz").headers["X-Request-ID"] for _ in range(2)]
    assert len(set(ids)) == 2 and all(re.fullmatch("[0-9a-f]{12}", each) for each in ids)
    told = [json.loads(JsonLines().format(record)) for record in written.records]
    lines = [each for each in told if each["logger"].startswith("siamese_core")]
    assert [each["request"] for each in lines] == [ids[0], ids[0], ids[1], ids[1]]
    answered = lines[1]
    assert (answered["method"], answered["path"], answered["status"]) == ("GET", "/healthz", 200)
    assert answered["ms"] >= 0 and answered["level"] == "info"
    text = TextLines().format(written.records[-1])
    assert f"request={ids[1]} " in text and "path=/healthz status=200" in text


def test_requests_are_counted_by_few_routes_whatever_is_asked_for(client, metrics):
    for path in ("/healthz", "/healthz", "/made/up", "/made/up/too"):
        client.get(path)
    text = metrics.text()[0].decode()
    assert 'siamese_http_requests_total{method="GET",route="/healthz",status="200"} 2.0' in text
    assert 'siamese_http_requests_total{method="GET",route="other",status="404"} 2.0' in text
    assert 'siamese_http_request_seconds_count{route="other"} 2.0' in text


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("/thumbs/abc.png", "/thumbs"),
        ("/gradio_api/call/compare", "/gradio_api/call/compare"),
        ("/gradio_api/call/compare/event", "/gradio_api/call/compare"),
        ("/gradio_api/call/v2/compare", "/gradio_api/call/compare"),
        ("/gradio_api/call/made_up", "other"),
        ("/gradio_api/file=/secret", "/gradio_api/file"),
        ("/gradio_api/made_up", "other"),
        ("/gradio_api", "other"),
    ],
)
def test_a_path_belongs_to_a_route(path, route):
    assert route_of(path, ("compare",)) == route
