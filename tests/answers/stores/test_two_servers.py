"""Two servers on one database, each killed in mid-answer: no confirmed answer is lost or doubled."""

import json
import os
import random
import signal
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest

from helpers.calling import Caller
from helpers.postgres import postgres
from helpers.servers import Server
from helpers.small_checkpoints import promote_small
from siamese_core.answers.pair_log import PairLog
from siamese_core.images.store import ImageStore

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]
CLIENTS, EVENTS = 50, 20
PASSWORD = "s3cr3t"
SAID = {slot: {"checkpoint": slot, "similarity": 0.25, "threshold": 0.5} for slot in ("koch", "resnet50")}


def component(url: str) -> int:
    """The number of the part of the page through which its scripts log."""
    caller = Caller(url)
    caller.close()
    return next(
        each["id"] for each in caller.config["components"] if each["props"].get("elem_id") == "outbox"
    )


def pressed(client: int, ids: list[str]) -> list[dict]:
    """What one person answers, some of it taken back at once."""
    draw, events = random.Random(client), []
    who = {"session": f"{client:032x}", "annotator": f"person {client}"}
    while len(events) < EVENTS:
        left, right = draw.sample(ids, 2)
        answer = draw.choice(["same", "different", "unsure"])
        said = {"kind": "compare", "left_id": left, "right_id": right, "answer": answer, "said": SAID}
        events.append({"id": uuid.uuid4().hex, **who, **said})
        if draw.random() < 0.3 and len(events) < EVENTS:
            events.append({"id": uuid.uuid4().hex, **who, "kind": "undo", "target": events[-1]["id"]})
    return events


def send(client: int, ids: list[str], urls: list[str], outbox: int, saved: list[str]) -> None:
    """Send each event until it is confirmed, now to one server and now to the other, as the page does."""
    draw = random.Random(-client)
    with httpx.Client(timeout=60, trust_env=False) as http:
        for event in pressed(client, ids):
            body = {"session_hash": event["session"][-12:], "component_id": outbox, "fn_name": "save"}
            while True:
                try:
                    told = http.post(
                        f"{draw.choice(urls)}/gradio_api/component_server",
                        json=body | {"data": {"events": [event]}},
                    )
                    reply = told.json()["done"][event["id"]]
                except (httpx.TransportError, json.JSONDecodeError, KeyError):
                    reply = {"waiting": "the server is away"}
                assert "refused" not in reply, reply
                if "saved" in reply:
                    saved.append(event["id"])
                    break
                time.sleep(0.2)


def wait_for(saved: list[str], count: int) -> None:
    while len(saved) < count:
        time.sleep(0.02)


def test_fifty_people_on_two_servers_while_database_and_server_are_killed(serve, tmp_path):
    home = promote_small(tmp_path / "workspace", "koch", "resnet50")
    store = ImageStore(home / "images")
    ids = [store.add(each) for each in np.random.default_rng(0).integers(0, 256, (6, 24, 24, 3), np.uint8)]
    with postgres(durable=True) as database:
        url = database.url("postgres")
        given = {"SIAMESE_LOG_URL": url.replace("people@", f"people:{PASSWORD}@")}

        def start(port: int | None = None) -> Server:
            return serve(workspace=home, environment=given, port=port)

        servers = [start(), start()]
        urls, saved = [each.url for each in servers], []
        assert len({component(each) for each in urls}) == 1
        outbox = component(urls[0])
        with ThreadPoolExecutor(CLIENTS) as people:
            sending = [people.submit(send, each, ids, urls, outbox, saved) for each in range(CLIENTS)]
            for share in (0.15, 0.45):
                wait_for(saved, int(share * CLIENTS * EVENTS))
                database.kill()
                time.sleep(1)
                database.start()
            wait_for(saved, int(0.7 * CLIENTS * EVENTS))
            os.killpg(servers[0].process.pid, signal.SIGKILL)
            servers.append(start(int(urls[0].rsplit(":")[-1])))
            for each in sending:
                each.result()
        log = PairLog(url)
        rows = log.rows()
        assert len(saved) == len(set(saved)) == len(rows) == CLIENTS * EVENTS
        assert {row.label_id for row in rows} == set(saved) and log.check().rejected == []
        log.export(tmp_path / "rows.csv")
        for each in urls:
            served = httpx.get(f"{each}/pairs.csv", trust_env=False)
            assert served.content == (tmp_path / "rows.csv").read_bytes()
        tells_no_password(servers, urls)


def tells_no_password(servers: list[Server], urls: list[str]) -> None:
    told = [each.log() for each in servers]
    told += [httpx.get(f"{each}/healthz", trust_env=False).text for each in urls]
    told.append(subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout)
    assert not [each for each in told if PASSWORD in each]


def test_answers_wait_and_are_told_while_the_database_is_away(serve, tmp_path):
    home = promote_small(tmp_path / "workspace", "koch", "resnet50")
    store = ImageStore(home / "images")
    ids = [store.add(each) for each in np.random.default_rng(0).integers(0, 256, (6, 24, 24, 3), np.uint8)]
    with postgres() as database:
        server = serve(workspace=home, environment={"SIAMESE_LOG_URL": database.url("postgres")})
        server.wait_until_ready()
        outbox = component(server.url)
        database.kill()
        event = pressed(1, ids)[0]
        body = {
            "session_hash": "x" * 12,
            "component_id": outbox,
            "fn_name": "save",
            "data": {"events": [event]},
        }
        where = f"{server.url}/gradio_api/component_server"
        reply = httpx.post(where, json=body, trust_env=False, timeout=60).json()["done"][event["id"]]
        assert "The log must be a database" in reply["waiting"]
        health = httpx.get(f"{server.url}/healthz", trust_env=False)
        assert health.status_code == 503 and "The log must be a database" in health.json()["log_problem"]
        assert httpx.get(f"{server.url}/pairs.csv", trust_env=False).status_code == 503
        database.start()
        time.sleep(1.5)
        assert httpx.post(where, json=body, trust_env=False, timeout=60).json()["done"][event["id"]]["saved"]
        server.wait_until_ready()
        assert [row.label_id for row in PairLog(database.url("postgres")).rows()] == [event["id"]]
