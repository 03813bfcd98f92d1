"""What several test files use: a workspace, the running app, a browser page that forgives nothing."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

os.environ.update(
    TF_CPP_MIN_LOG_LEVEL="3",
    TF_ENABLE_ONEDNN_OPTS="1",  # as `python -m siamese_core` has it
    GRADIO_ANALYTICS_ENABLED="False",
    HF_HUB_DISABLE_TELEMETRY="1",
)
# a test must neither touch the workspace nor use the weights of whoever runs it
for name in ("SIAMESE_WORKSPACE", "GRADIO_SERVER_PORT"):
    os.environ.pop(name, None)
os.environ["SIAMESE_RESNET50_WEIGHTS"] = "none"  # nor go and fetch any

import pytest  # noqa: E402

from chromium import HOW_TO_GET_ONE, find_chromium  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "tests" / "output"
# The first two draw the address bar of a window that nobody sees, for each page and at a third of all work.
# The others are of playwright's own list, which naming any replaces.
SWITCHED_OFF = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "HttpsUpgrades",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
)
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    f"--disable-features={','.join(SWITCHED_OFF)}",
]
PAGE_ANSWERS_SECONDS = 60
SLOTS_READY_SECONDS = 180


def pytest_report_header() -> str:
    folder = os.environ.get("SIAMESE_DATA")
    return f"SIAMESE_DATA: {folder or 'not set, so the extra tests on real data sets are left out'}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests marked `data` where SIAMESE_DATA names no folder."""
    if os.environ.get("SIAMESE_DATA"):
        return
    extras = [item for item in items if item.get_closest_marker("data")]
    if extras:
        config.hook.pytest_deselected(items=extras)
        items[:] = [item for item in items if item not in extras]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.when == "call":
        item.failed_in_call = report.failed
    return report


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder for a workspace, not made yet."""
    return tmp_path / "workspace"


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """The folder where tests leave their screenshots: tests/output/."""
    OUTPUT.mkdir(exist_ok=True)
    return OUTPUT


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

    def wait_for(self, path: str, seconds: float) -> None:
        """Return when `path` answers 200; fail the test with the end of the log when it never does."""
        deadline = time.monotonic() + seconds
        while _status(self.url + path) != 200:
            if self.process.poll() is not None:
                pytest.fail(f"app.py ended with exit code {self.process.returncode}:\n{self.log()[-4000:]}")
            if time.monotonic() > deadline:
                pytest.fail(f"{path} gave no 200 in {seconds:.0f} s:\n{self.log()[-4000:]}")
            time.sleep(0.1)

    def wait_until_ready(self) -> None:
        """Return when both slots can serve."""
        self.wait_for("/healthz", SLOTS_READY_SECONDS)

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
def _servers(new_folder: Callable[[str], Path]) -> Iterator[Callable[..., Server]]:
    """Within it, `start(*options, workspace=None, environment=None) -> Server` that answers."""
    servers = []

    def start(*options: str, workspace: Path | None = None, environment: dict | None = None) -> Server:
        folder = new_folder("app")
        home = workspace or folder / "workspace"
        port = free_port()
        command = [
            sys.executable,
            "app.py",
            "--workspace",
            str(home),
            "--host",
            "127.0.0.1",
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
        server = Server(f"http://127.0.0.1:{port}", home, process, folder / "log.txt")
        servers.append(server)
        server.wait_for("/", PAGE_ANSWERS_SECONDS)
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """`serve(*options, workspace=None, environment=None) -> Server`; ended with the module, as even a server
    that nobody asks takes a twentieth of a core."""
    with _servers(tmp_path_factory.mktemp) as start:
        yield start


@pytest.fixture(scope="session")
def quick_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app with a small untrained checkpoint in each slot, ready in seconds and shared by all tests. Leave
    no setting changed in it."""
    from small_checkpoints import promote_small

    home = tmp_path_factory.mktemp("quick") / "workspace"
    promote_small(home, "koch", "resnet50")
    with _servers(tmp_path_factory.mktemp) as start:
        server = start(workspace=home)
        server.wait_until_ready()
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator["playwright.sync_api.Browser"]:  # noqa: F821
    from playwright.sync_api import sync_playwright

    chromium = find_chromium()
    if chromium is None:
        pytest.fail(HOW_TO_GET_ONE)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield running
        running.close()


@pytest.fixture
def page(browser, request: pytest.FixtureRequest, screenshots: Path) -> Iterator["playwright.sync_api.Page"]:  # noqa: F821
    """A page in a fresh context. A script error in it, or a request to another host, fails the test."""
    problems = []

    def watch(sent) -> None:
        address = urlsplit(sent.url)
        if address.scheme not in ("data", "blob", "about") and address.hostname not in (
            "127.0.0.1",
            "localhost",
        ):
            problems.append(f"request to another host: {sent.url}")

    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.on("request", watch)
    context.on("weberror", lambda error: problems.append(f"script error: {error.error}"))
    page = context.new_page()
    yield page
    if getattr(request.node, "failed_in_call", False):
        page.screenshot(
            path=screenshots / f"failed_{request.node.name}.png".replace("/", "_"), full_page=True
        )
    context.close()
    assert not problems, "\n".join(problems)
