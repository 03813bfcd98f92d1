"""A real PostgreSQL of the tests' own, on a free port; as another user where the tests run as root."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from helpers.servers import free_port

WHERE_DEBIAN_HAS_IT = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
ABSENT = "no PostgreSQL is installed (apt-get install postgresql)"
UNPRIVILEGED = ("postgres", "nobody")  # PostgreSQL does not run as root


def programs() -> Path:
    """The folder of initdb and postgres; skips the test where they are not installed."""
    places = os.pathsep.join([os.environ.get("PATH", ""), *WHERE_DEBIAN_HAS_IT])
    found = shutil.which("initdb", path=places)
    return Path(found).resolve().parent if found else pytest.skip(ABSENT)


class Database:
    """A server of PostgreSQL that can be killed and started again; `durable`: with fsync, as in real use."""

    def __init__(self, folder: Path, durable: bool):
        self.folder, self.port = folder, free_port()
        self._programs, self._durable, self._running = programs(), durable, None
        self._as = _unprivileged(folder)
        made = [self._programs / "initdb", "-D", folder / "data", "-U", "people", "-E", "UTF8", "--locale=C"]
        subprocess.run([*made, "-A", "trust", "-N"], cwd=folder, capture_output=True, check=True, **self._as)
        self.start()

    def start(self) -> None:
        command = [self._programs / "postgres", "-D", self.folder / "data", "-p", str(self.port)]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.folder}"]
        command += ["-c", f"fsync={'on' if self._durable else 'off'}"]
        with open(self.folder / "log.txt", "ab") as log:
            self._running = subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT, **self._as
            )
        deadline = time.monotonic() + 60
        while not self._answers():
            if time.monotonic() > deadline or self._running.poll() is not None:
                pytest.fail(f"PostgreSQL does not start:\n{(self.folder / 'log.txt').read_text()[-2000:]}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        """End it as a power cut does: no process of it has a chance to tidy up."""
        own = _children(self._running.pid)
        for process in [self._running.pid, *own]:
            _send(process, signal.SIGKILL)
        self._running.wait(timeout=30)
        deadline = time.monotonic() + 30
        while any(map(_lives, own)) and time.monotonic() < deadline:
            time.sleep(0.02)

    def stop(self) -> None:
        """End it with its connections."""
        _send(self._running.pid, signal.SIGINT)
        self._running.wait(timeout=60)

    def url(self, database: str) -> str:
        return f"postgresql://people@127.0.0.1:{self.port}/{database}"

    def new_schema(self, name: str) -> str:
        """Make an empty schema, which takes less time than a database, and return its URL."""
        execute(self.url("postgres"), f"CREATE SCHEMA {name}")
        return f"{self.url('postgres')}?options=-csearch_path%3D{name}"


def execute(url: str, query: str) -> list[tuple]:
    """Do in a database what another program would, and return the rows."""
    with psycopg.connect(url, autocommit=True) as connection:
        done = connection.execute(query)
        return done.fetchall() if done.description else []


@contextmanager
def postgres(durable: bool = False) -> Iterator[Database]:
    """Within it, a server of PostgreSQL runs."""
    programs()
    folder = Path(tempfile.mkdtemp(prefix="siamese-postgres-"))  # not under pytest's, which are for one user
    try:
        database = Database(folder, durable)
        yield database
        database.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged(folder: Path) -> dict:
    """Options of subprocess under which PostgreSQL runs; the folder is made that user's."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return {}
    import pwd

    known = {each.pw_name: each for each in pwd.getpwall()}
    user = next((known[name] for name in UNPRIVILEGED if name in known), None)
    if user is None:
        pytest.skip("PostgreSQL does not run as root, and there is no other user")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _children(parent: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True)
    return [int(each) for each in listed.stdout.split()]


def _send(process: int, what: int) -> None:
    try:
        os.kill(process, what)
    except ProcessLookupError:
        return


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
