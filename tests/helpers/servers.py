"""The running app in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from helpers.paths import ROOT
from helpers.photographs import give_lite

PAGE_ANSWERS_SECONDS = 60
SLOTS_READY_SECONDS = 180


@dataclass(frozen=True)
class Server:
    """`app.py` in its own process."""

    url: str
    workspace: Path
    process: subprocess.Popen
    log_file: Path

    def log(self) -> str:
        """What the process has written so far, both streams."""
        return self.log_file.read_text(errors="replace")

    def wait_for(self, path: str, seconds: float, *others: int) -> None:
        """Return when `path` answers 200, or one of the `others`.

        Fail the test with the end of the log when it never does.
        """
        deadline = time.monotonic() + seconds
        while _status(self.url + path) not in (200, *others):
            if self.process.poll() is not None:
                pytest.fail(f"app.py ended with exit code {self.process.returncode}:\n{self.log()[-4000:]}")
            if time.monotonic() > deadline:
                pytest.fail(f"{path} gave no 200 in {seconds:.0f} s:\n{self.log()[-4000:]}")
            time.sleep(0.1)

    def wait_until_ready(self) -> None:
        """Return when both slots can serve."""
        self.wait_for("/healthz", SLOTS_READY_SECONDS)

    def printed(self, start: str) -> str:
        """The rest of the line that begins so, once it is printed."""
        deadline = time.monotonic() + PAGE_ANSWERS_SECONDS
        while time.monotonic() < deadline:
            for line in self.log().split("\n")[:-1]:
                if line.startswith(start):
                    return line.removeprefix(start)
            time.sleep(0.05)
        pytest.fail(f"app.py printed no {start!r}:\n{self.log()[-4000:]}")

    def stop(self) -> None:
        """End the process with all that it started."""
        for end in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, end)
                self.process.wait(timeout=10)
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue


def _status(url: str) -> int | None:
    try:
        with urlopen(url, timeout=5) as response:
            return response.status
    except HTTPError as error:
        with error:
            return error.code
    except (URLError, ConnectionError, TimeoutError):
        return None


def free_port() -> int:
    """A port of this machine that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def servers(new_folder: Callable[[str], Path]) -> Iterator[Callable[..., Server]]:
    """Within it, `start(*options, workspace=None, ...) -> Server` that answers.

    program: what Python is to run in place of app.py.
    """
    servers = []

    def start(
        *options: str,
        workspace: Path | None = None,
        environment: dict | None = None,
        host: str = "127.0.0.1",
        port: int | None = None,
        program: Sequence[str] = ("app.py",),
    ) -> Server:
        folder = new_folder("app")
        home = give_lite(workspace or folder / "workspace")
        port = port or free_port()
        command = [
            sys.executable,
            *program,
            "--workspace",
            str(home),
            "--host",
            host,
            "--port",
            str(port),
        ]
        with open(folder / "log.txt", "wb") as log:
            process = subprocess.Popen(
                [*command, *options],
                cwd=ROOT,
                env=os.environ | (environment or {}),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        called = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(host, host)
        server = Server(f"http://{called}:{port}", home, process, folder / "log.txt")
        servers.append(server)
        server.wait_for("/", PAGE_ANSWERS_SECONDS, 401)  # where it asks for a login
        return server

    yield start
    for server in servers:
        server.stop()
