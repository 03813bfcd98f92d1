"""Servers that are killed, end and meet: what the hub has confirmed is there once and is never lost."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from helpers.browsing import glyph
from helpers.calling import Caller
from helpers.hub import TOKEN, Hub, hub_server
from helpers.paths import ROOT
from helpers.servers import Server, servers
from helpers.small_checkpoints import promote_small
from helpers.syncing import DATASET, NAME, picture
from siamese_core.answers.pair_log import log_of
from siamese_core.images.store import images_of
from siamese_core.syncing.ledger import confirmed_ids
from siamese_core.syncing.sending import image_path

pytestmark = pytest.mark.soak

KILLS = 10
HANGS = 120.0  # seconds
# Answers without end in a workspace that syncs; prints each label_id once it is in the log.
ANSWERING = """
import sys, time
from pathlib import Path
sys.path[:0] = ["tests"]
from helpers.syncing import answer
from siamese_core.answers.pair_log import log_of
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.images.store import images_of
from siamese_core.syncing import worker
from siamese_core.syncing.opening import Stores, open_syncing

worker.BATCH_SECONDS, worker.LOOK_SECONDS, worker.FIRST_PAUSE = 0.05, 0.01, 0.02
home, seed = Path(sys.argv[1]), int(sys.argv[2])
stores = Stores(home, log_of(home), images_of(home), CheckpointStore(home))
syncing = open_syncing(stores, "anne/answers", None)
syncing.restore_at_start(lambda words: None)
syncing.start()
print("restored", flush=True)
for number in range(10_000):
    label = answer(syncing.sender, (seed + number) % 30, (seed + number + 1 + number % 7) % 30)
    print(label, flush=True)
    if number % 5 == 4:
        print(stores.log.undo(label, "Anne", ""), flush=True)
    time.sleep(0.01)
"""


@pytest.fixture
def served():
    with hub_server() as state:
        yield state


def environment(served: Hub) -> dict[str, str]:
    return {"HF_ENDPOINT": served.url, "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1"}


def sent_rows(served: Hub) -> list[dict]:
    files = served.files(DATASET) if DATASET in served.repositories else {}
    shards = [text for path, text in files.items() if path.startswith("answers/")]
    return [json.loads(line) for text in shards for line in text.splitlines()]


def sent_ids(served: Hub) -> list[str]:
    return [row["label_id"] for row in sent_rows(served)]


@pytest.mark.parametrize("disk", ["kept", "lost"])
def test_killed_ten_times_in_the_middle_nothing_confirmed_is_lost(served, tmp_path, disk):
    home, rng, given = tmp_path / "home", random.Random(disk), set()
    for kill in range(KILLS):
        served.faults += [("commit/main", rng.choice(["lost", "cut", 503, 412, 0.3])) for _ in range(3)]
        confirmed = confirmed_ids(home, NAME)
        if disk == "lost":
            shutil.rmtree(home, ignore_errors=True)
        command = [sys.executable, "-c", ANSWERING, str(home), str(kill)]
        variables = os.environ | environment(served)
        with subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout.readline() == "restored\n"
            assert confirmed <= {row.label_id for row in log_of(home).rows()}
            time.sleep(rng.uniform(0.2, 1.5))
            process.send_signal(signal.SIGKILL)
            given |= set(process.stdout.read().split())
        assert confirmed_ids(home, NAME) <= set(sent_ids(served))
        if disk == "kept":
            assert given <= {row.label_id for row in log_of(home).rows()}
    sent = sent_ids(served)
    assert len(sent) == len(set(sent)) > 20 and not served.rewritten
    pictures = {row[side] for row in sent_rows(served) for side in ("left_id", "right_id") if row[side]}
    assert {image_path(each) for each in pictures} <= set(served.files(DATASET))


def end(server: Server) -> None:
    """Ask the server to end; it must, long before a hub that hangs for `HANGS` answers."""
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(HANGS / 2) == 0


def test_a_hub_that_hangs_keeps_no_process_alive_and_gets_the_answer_later(served, tmp_path_factory):
    home = promote_small(tmp_path_factory.mktemp("home"), "koch", "resnet50")
    left, right = (images_of(home).add(picture(number)) for number in range(2))
    with servers(tmp_path_factory.mktemp) as start:
        server = start("--sync-to", NAME, workspace=home, environment=environment(served))
        server.wait_until_ready()
        served.faults += [("commit/main", HANGS)] * 3
        assert Caller(server.url).curl("answer", [left, right, "different", "Bob"])[1]["saved"]
        end(server)
        assert not sent_ids(served)
        served.faults.clear()
        start("--sync-to", NAME, workspace=home, environment=environment(served))
        assert (
            sent_ids(served) == [row.label_id for row in log_of(home).rows()] and len(sent_ids(served)) == 1
        )


def test_two_servers_end_with_all_on_the_hub_and_meet_in_one_log(served, tmp_path_factory):
    homes = [tmp_path_factory.mktemp(name) for name in ("one", "two")]
    with servers(tmp_path_factory.mktemp) as start:

        def begin(home):
            server = start("--sync-to", NAME, workspace=home, environment=environment(served))
            server.wait_until_ready()
            return server, Caller(server.url)

        for home in homes:
            promote_small(home, "koch", "resnet50")
        for number, home in enumerate(homes):
            server, caller = begin(home)
            _, compared = caller.curl("compare", [caller.uploaded(glyph(70)), caller.uploaded(glyph(71))])
            for said in ("same", "different", "same")[number:]:
                caller.curl("answer", [compared["left"], compared["right"], said, "Ada"])
            status = caller.curl("status", [])[1]["sync"]
            assert status["restored"] and status["waiting"] == 3 - number and not status["problem"]
            end(server)
            assert "Traceback" not in server.log()
        _, caller = begin(homes[0])
        assert caller.curl("status", [])[1]["sync"]["waiting"] == 0
    logs = [log_of(home) for home in homes]
    assert logs[0].rows() == logs[1].rows() and len(logs[0].rows()) == 5
    assert logs[0].labels() == logs[1].labels() and len(logs[0].labels()) == 1
    assert set(served.rewritten) <= {"README.md", "example.py"} and len(sent_ids(served)) == 5
    empty = tmp_path_factory.mktemp("empty")
    with servers(tmp_path_factory.mktemp) as start:
        server = start("--sync-to", NAME, workspace=empty, environment=environment(served))
        server.wait_until_ready()
        state = Caller(server.url).curl("status", [])[1]
        assert state["labels"] == 1 and state["images"] == 2
        assert log_of(empty).rows() == logs[0].rows()
        own = [slot["checkpoint"] for slot in state["slots"].values()]
    promoted = [
        path for path in served.files("models/anne/answers-checkpoints") if path.startswith("promotions/")
    ]
    assert len(promoted) >= 2 and own[0].startswith("small_cnn")
