"""Plain HTTP beside the page, where the log is not as it should be."""

import sys

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from helpers.servers import free_port
from siamese_core.answers.label_row import LabelRow
from siamese_core.operating.metrics import Metrics
from siamese_core.page.parts.status import status_line
from siamese_core.page.serving.routes import routes
from siamese_core.workspace.workbench import Workbench

ROW = LabelRow(left_id="a", right_id="b", answer="same")


@pytest.fixture
def bench(tmp_path):
    return Workbench(tmp_path / "workspace")


@pytest.fixture
def client(bench):
    return client_of(bench)


def client_of(bench: Workbench) -> TestClient:
    return TestClient(Starlette(routes=routes(bench, Metrics(bench.status, lambda: 3))))


def test_a_folder_in_place_of_the_log_is_told_in_words_until_it_is_gone(bench, client):
    bench.log.append(ROW)
    moved = bench.log.path.rename(bench.log.path.with_name("moved"))
    bench.log.path.mkdir()
    told = client.get("/healthz")
    assert told.status_code == 503 and "which is a folder" in told.json()["log_problem"]
    assert (told.json()["ready"], told.json()["labels"]) == (False, None)
    for path, code in (("/pairs.csv", 503), ("/classes.zip", 404), ("/triplets.zip", 404)):
        answer = client.get(path)
        assert answer.status_code == code and answer.text.startswith("error: The log must be a file")
        assert str(bench.workspace) not in answer.text
    assert "which is a folder" in status_line(bench.status(), bench.names)
    bench.log.path.rmdir()
    moved.rename(bench.log.path)
    assert client.get("/pairs.csv").text.count("\n") == 2
    assert client.get("/healthz").json()["log_problem"] is None


def test_a_database_that_is_not_there_is_told_in_words(tmp_path):
    url = f"postgresql://ada:s3cr3t@127.0.0.1:{free_port()}/people"
    client = client_of(Workbench(tmp_path / "workspace", log_url=url))
    for path in ("/healthz", "/pairs.csv"):
        answer = client.get(path)
        assert answer.status_code == 503 and "Received: people: Connection refused" in answer.text
        assert not [each for each in ("s3cr3t", "127.0.0.1", "ada") if each in answer.text]


def test_pictures_of_a_shared_place_are_served(tmp_path):
    url, pixels = "memory://routes/images", np.full((8, 8, 3), 7, np.uint8)
    kept = Workbench(tmp_path / "one", images_url=url).images.add(pixels)
    client = client_of(Workbench(tmp_path / "other", images_url=url))
    for path in (f"/pictures/{kept}.png", f"/thumbs/{kept}.png"):
        assert client.get(path).headers["content-type"] == "image/png"


def test_a_log_of_another_program_is_served_in_the_log_s_own_form(bench, client):
    bench.log.append(ROW)
    whole = bench.log.path.read_bytes()
    bench.log.path.write_bytes(whole.decode().replace(",", ";").encode("utf-16"))
    assert client.get("/pairs.csv").content == whole
    assert "saved by another program" in client.get("/healthz").json()["log_problem"]


def test_answers_that_are_gone_are_told_on_the_status_line(bench, client):
    bench.log.append_many([ROW] * 13)
    bench.status()
    bench.log.path.write_bytes(b"")
    assert "13 answers that were in the log" in status_line(bench.status(), bench.names)
    assert client.get("/healthz").json()["labels"] == 0


def test_metrics_tell_counts_slots_and_the_queue(bench, client):
    bench.log.append(ROW)
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    lines = answer.text.splitlines()
    assert {"siamese_labels 1.0", "siamese_calls_waiting 3.0", 'siamese_slot_ready{slot="koch"} 0.0'} <= set(
        lines
    )


def test_metrics_without_their_library_are_refused_with_what_to_install(bench, monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    metrics = Metrics(bench.status, lambda: 0)
    metrics.count("GET", "/", 200, 0.1)
    answer = TestClient(Starlette(routes=routes(bench, metrics))).get("/metrics")
    assert answer.status_code == 501 and "siamese-workbench[metrics]" in answer.text
