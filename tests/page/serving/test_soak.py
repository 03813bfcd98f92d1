"""Half an hour of twenty people in a few minutes, with kills, a full disk and another process on the log.

No error that is not in words, no answer lost or doubled, and nothing that grows.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from helpers.calling import Caller
from helpers.labelling import drawn_classes
from helpers.paths import ROOT
from helpers.servers import Server
from helpers.small_checkpoints import promote_small
from helpers.traffic import Person, Tally
from siamese_core.answers.pair_log import PairLog
from siamese_core.images.store import ImageStore

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mounts a small disk and reads /proc"),
]
PEOPLE = 20
ACTS = 180  # of each: one in ten seconds
DISK_MB = 400
FULL_SECONDS = 8.0
CALM_ACTS = 60  # of each, before and while memory is watched
MOST_GROWTH, MOST_FILES = 60 * 2**20, 25  # bytes and descriptors, over what the first calm acts took

ASIDE = re.compile(r"^\..*\.[0-9a-f]{32}$|\.part$")
KILLS = 2  # of which each may leave a file that was being written

# Answers through the log itself and holds its lock in between, for longer than an answer takes.
OTHER_PROCESS = """
import sys, time, random
from pathlib import Path
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import PairLog
from siamese_core.answers.stores.log_snapshot import lock_of
from siamese_core.atomic import locked
from siamese_core.errors import UserError
path, ids, draw = Path(sys.argv[1]), sys.argv[2:], random.Random(0)
log = PairLog(path)
while True:
    with locked(lock_of(path)):
        time.sleep(0.05)
    left, right = draw.sample(ids, 2)
    row = LabelRow(left_id=left, right_id=right, answer="same", annotator="program", source="import")
    try:
        print(log.append(row), flush=True)
    except UserError:
        pass  # the disk is full
    time.sleep(0.2)
"""


@pytest.fixture
def disk(tmp_path) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this user may not mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> None:
    """Leave no room on the disk for a while."""
    filler = disk / "filler"
    with filler.open("wb") as stream:
        try:
            while stream.write(bytes(1 << 20)):
                stream.flush()
        except OSError:
            pass
    time.sleep(FULL_SECONDS)
    filler.unlink()


def resources(server: Server) -> tuple[int, int]:
    """The resident bytes and the open descriptors of the server's process."""
    home = Path(f"/proc/{server.process.pid}")
    lines = (home / "status").read_text().splitlines()
    resident = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))
    return resident, len(list((home / "fd").iterdir()))


def leftovers(home: Path) -> list[str]:
    """Files that are written aside, to be renamed when they are whole."""
    return [str(each) for each in home.rglob("*") if ASIDE.search(each.name)]


def outbox_of(url: str) -> int:
    caller = Caller(url)
    caller.close()
    return next(
        each["id"] for each in caller.config["components"] if each["props"].get("elem_id") == "outbox"
    )


class Traffic:
    """Twenty people at a server, who go on while it is killed."""

    def __init__(self, url: str, ids: list[str]) -> None:
        self.tally, outbox = Tally(), outbox_of(url)
        self.people = [Person(each, url, ids, outbox, self.tally, time.sleep) for each in range(PEOPLE)]

    def does(self, acts: int, meanwhile: tuple = ()) -> None:
        """Let each do so many acts. meanwhile: (share of the acts, what happens then) in order."""
        before = self.tally.acts.total()
        with ThreadPoolExecutor(PEOPLE) as pool:
            working = [pool.submit(each.does, acts) for each in self.people]
            for share, happens in meanwhile:
                while self.tally.acts.total() - before < share * acts * PEOPLE and not all(
                    each.done() for each in working
                ):
                    time.sleep(0.05)
                happens()
            for each in working:
                each.result()


def test_half_an_hour_of_twenty_people(serve, disk, tmp_path):
    home, pool, temporary = disk / "workspace", drawn_classes(tmp_path / "images"), tmp_path / "tmp"
    promote_small(home, "koch", "resnet50")
    temporary.mkdir()
    given, servers = {"TMPDIR": str(temporary)}, []

    def start(port: int | None = None) -> Server:
        servers.append(serve("--images", str(pool), workspace=home, environment=given, port=port))
        return servers[-1]

    first = start()
    first.wait_until_ready()
    port = int(first.url.rsplit(":")[-1])

    def killed() -> None:
        os.killpg(servers[-1].process.pid, signal.SIGKILL)
        servers[-1].process.wait()
        start(port)

    def asked_to_end() -> None:
        servers[-1].process.send_signal(signal.SIGTERM)
        servers[-1].process.wait(30)
        start(port)

    deadline = time.monotonic() + 60
    while len(ids := ImageStore(home / "images").ids()) < 60 and time.monotonic() < deadline:
        time.sleep(0.2)
    traffic = Traffic(first.url, sorted(ids)[:40])
    command = [sys.executable, "-c", OTHER_PROCESS, str(home / "pairs.csv"), *sorted(ids)[:10]]
    with open(tmp_path / "program.txt", "w") as written:
        program = subprocess.Popen(command, cwd=ROOT, stdout=written)
        begun = time.monotonic()
        happenings = ((0.2, killed), (0.4, lambda: fill(disk)), (0.6, asked_to_end), (0.8, killed))
        traffic.does(ACTS, happenings)
        seconds = time.monotonic() - begun
        program.terminate()
        program.wait()
    servers[-1].wait_until_ready()

    traffic.does(CALM_ACTS)
    before = resources(servers[-1])
    traffic.does(CALM_ACTS)
    after = resources(servers[-1])

    by_program = set((tmp_path / "program.txt").read_text().split())
    report = PairLog(home / "pairs.csv").check()
    logged = [row.label_id for row in PairLog(home / "pairs.csv").rows()]
    print(
        f"\n{traffic.tally.acts.total()} acts, the first {PEOPLE * ACTS} in {seconds:.0f} s; "
        f"{len(traffic.tally.saved)} events and {len(by_program)} of another process; "
        f"{before[0] >> 20} to {after[0] >> 20} MB, {before[1]} to {after[1]} descriptors; "
        f"refused in words: {dict(traffic.tally.refused.most_common(12))}"
    )
    assert traffic.tally.faults == []
    assert len(logged) == len(set(logged))
    # the process may have been ended between the append and the line that tells of it
    assert traffic.tally.saved | by_program <= set(logged)
    assert len(set(logged) - traffic.tally.saved - by_program) <= 1
    assert [each for each in report.rejected if "torn" not in each.why] == []
    for server in servers:
        assert "Traceback" not in server.log(), server.log()[-6000:]
    assert after[0] - before[0] < MOST_GROWTH and after[1] - before[1] < MOST_FILES
    served = httpx.get(f"{servers[-1].url}/pairs.csv", trust_env=False)
    assert served.content == (home / "pairs.csv").read_bytes()
    servers[-1].process.send_signal(signal.SIGTERM)
    assert servers[-1].process.wait(30) == 0
    assert len([*leftovers(home), *temporary.iterdir()]) <= KILLS
