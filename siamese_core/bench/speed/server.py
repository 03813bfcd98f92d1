"""Start the page's server in a process of its own, and call its endpoints as any program does."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from siamese_core.data.assets import ASSETS
from siamese_core.embeddings.engines import engine_folder
from siamese_core.networks.encoders import SLOTS

START = "from siamese_core.page.start import run; raise SystemExit(run())"
PATIENCE = 300.0  # s until a server is ready
POLL = 0.02  # s
LAST_WORK = (
    15.0  # s that a server takes, at most, to load its checkpoint for photographs and judge its engine
)


class Server:
    """A server of a workspace. seconds: from its start to the first page, and until both slots are ready."""

    def __init__(self, process: subprocess.Popen, port: int):
        self.process, self.port = process, port
        self.started = time.perf_counter()

    def seconds_until(self, path: str) -> float:
        """Return the seconds from the start until `path` answers 200."""
        while time.perf_counter() - self.started < PATIENCE and self.process.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException), connection(self.port) as http_:
                http_.request("GET", path)
                if http_.getresponse().status == http.client.OK:
                    return time.perf_counter() - self.started
            time.sleep(POLL)
        raise AssertionError(f"The server must answer {path}. Received: nothing in {PATIENCE:.0f} s.")

    def rest(self) -> None:
        """Wait until the server is ready, and then has made what serves photographs."""
        self.seconds_until("/healthz")
        with connection(self.port) as http_:
            while not self._has_photographs(http_) and time.perf_counter() - self.started < PATIENCE:
                time.sleep(1)
        time.sleep(LAST_WORK)

    def _has_photographs(self, http_: http.client.HTTPConnection) -> bool:
        status = json.loads(_answer(http_, "GET", "/healthz"))
        return bool(status["photos_problem"] or status["slots"][SLOTS[0]]["photographs"])


@contextlib.contextmanager
def serving(workspace: Path) -> Iterator[Server]:
    """Serve a workspace until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ASSETS.parent), os.environ.get("PYTHONPATH", "")]),
        "SIAMESE_RESNET50_WEIGHTS": "none",
        "SIAMESE_ENGINES": str(engine_folder() or "none"),
    }
    command = [sys.executable, "-c", START, "--port", str(port), "--workspace", str(workspace)]
    with subprocess.Popen(  # noqa: S603 (our own command)
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield Server(process, port)
        finally:
            process.terminate()


@contextlib.contextmanager
def connection(port: int) -> Iterator[http.client.HTTPConnection]:
    opened = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        yield opened
    finally:
        opened.close()


def uploaded(http_: http.client.HTTPConnection, content: bytes) -> dict:
    """Upload a PNG file; return what an endpoint takes for it."""
    edge = uuid.uuid4().hex
    head = f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="drawing.png"\r\n\r\n'
    body = head.encode() + content + f"\r\n--{edge}--\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={edge}"}
    path = json.loads(_answer(http_, "POST", "/gradio_api/upload", body, kind))[0]
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def compared(http_: http.client.HTTPConnection, pair: Sequence[dict]) -> dict:
    """Call /compare in the two steps that curl takes; AssertionError where it is refused."""
    body = json.dumps({"data": list(pair)}).encode()
    kind = {"Content-Type": "application/json"}
    event = json.loads(_answer(http_, "POST", "/gradio_api/call/compare", body, kind))["event_id"]
    text = _answer(http_, "GET", f"/gradio_api/call/compare/{event}").decode()
    events = [each.split("\n") for each in text.split("\n\n") if each.startswith("event: complete")]
    if not events:
        raise AssertionError(f"Every comparison must be answered. Received: {text[:200]!r}.")
    return json.loads(events[0][1].removeprefix("data: "))[0]


def _answer(http_, method: str, path: str, body: bytes = b"", headers: dict | None = None) -> bytes:
    http_.request(method, path, body, headers or {})
    answer = http_.getresponse()
    content = answer.read()
    if answer.status != http.client.OK:
        raise AssertionError(f"{path} must answer 200. Received: {answer.status} {content[:200]!r}.")
    return content


def latencies(port: int, pairs: Sequence[Sequence[dict]], clients: int) -> tuple[float, list[float]]:
    """Compare all pairs by so many clients at once; return the seconds in all, and those of each."""
    waiting, seconds, problems = list(pairs), [], []

    def client() -> None:
        try:
            with connection(port) as http_:
                while waiting:
                    pair = waiting.pop()
                    began = time.perf_counter()
                    compared(http_, pair)
                    seconds.append(time.perf_counter() - began)
        except (AssertionError, OSError, IndexError) as problem:
            problems.append(problem)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems and not all(isinstance(each, IndexError) for each in problems):
        raise problems[0]
    return time.perf_counter() - began, seconds
