"""What several test files use: a workspace, the running app, a browser page that forgives nothing."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

os.environ.update(
    TF_CPP_MIN_LOG_LEVEL="3",
    TF_ENABLE_ONEDNN_OPTS="1",  # as `python -m siamese_core` has it
    GRADIO_ANALYTICS_ENABLED="False",
    HF_HUB_DISABLE_TELEMETRY="1",
)
# A worker a core: threads of several workers would wait for each other, and OpenBLAS waits at full speed.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# a test must neither touch the workspace nor use the weights of whoever runs it
for name in ("SIAMESE_WORKSPACE", "SIAMESE_LOG_URL", "SIAMESE_IMAGES_URL", "GRADIO_SERVER_PORT"):
    os.environ.pop(name, None)
os.environ["SIAMESE_RESNET50_WEIGHTS"] = "none"  # nor go and fetch any
os.environ["SIAMESE_ENGINES"] = "none"  # nor export networks for ONNX Runtime beside every server

import pytest  # noqa: E402

from helpers.chromium import HOW_TO_GET_ONE, find_chromium  # noqa: E402
from helpers.paths import ROOT  # noqa: E402
from helpers.servers import Server, servers  # noqa: E402
from siamese_core.page.serving.stubs import no_stubs  # noqa: E402

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
    "--process-per-site",
    f"--disable-features={','.join(SWITCHED_OFF)}",
]


def pytest_configure(config: pytest.Config) -> None:
    """Import gradio in half the time."""
    without = contextlib.ExitStack()
    without.enter_context(no_stubs())
    config.add_cleanup(without.close)


def pytest_report_header() -> str:
    folder = os.environ.get("SIAMESE_DATA")
    return f"SIAMESE_DATA: {folder or 'not set, so the extra tests on real data sets are left out'}"


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One worker more than there are cores, since a browser test waits for its server; at most four."""
    return min(4, (os.cpu_count() or 1) + 1)


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


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """`serve(*options, workspace=None, environment=None) -> Server` that ends with the module.

    Even a server that nobody asks takes a twentieth of a core.
    """
    with servers(tmp_path_factory.mktemp) as start:
        yield start


@pytest.fixture(scope="session")
def quick_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app with a small untrained checkpoint in each slot, ready in seconds and shared by all tests. Leave
    no setting changed in it."""
    from helpers.small_checkpoints import promote_small

    home = tmp_path_factory.mktemp("quick") / "workspace"
    promote_small(home, "koch", "resnet50")
    with servers(tmp_path_factory.mktemp) as start:
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


@pytest.fixture(scope="session")
def browser_context(browser) -> Iterator["playwright.sync_api.BrowserContext"]:  # noqa: F821
    """One context for all tests, whose cache saves each of them from loading gradio's scripts anew. A page
    that stays open keeps the site's process alive with the scripts that it has compiled: a quarter of the
    work of opening a page."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    open_for_ever = context.new_page()
    open_for_ever.route("**/*", lambda route: route.fulfill(content_type="text/html", body=""))
    open_for_ever.goto("http://127.0.0.1/")
    yield context
    context.close()


@pytest.fixture
def page(
    browser_context, request: pytest.FixtureRequest, screenshots: Path
) -> Iterator["playwright.sync_api.Page"]:  # noqa: F821
    """A page in a browser that remembers nothing. A script error in it, or a request to another host, fails
    the test."""
    problems = []

    def watch(sent) -> None:
        address = urlsplit(sent.url)
        if address.scheme not in ("data", "blob", "about") and address.hostname not in (
            "127.0.0.1",
            "localhost",
        ):
            problems.append(f"request to another host: {sent.url}")

    def note(error) -> None:
        problems.append(f"script error: {error.error}")

    browser_context.on("request", watch)
    browser_context.on("weberror", note)
    page = browser_context.new_page()
    yield page
    if getattr(request.node, "failed_in_call", False):
        page.screenshot(
            path=screenshots / f"failed_{request.node.name}.png".replace("/", "_"), full_page=True
        )
    forget(browser_context)
    browser_context.remove_listener("request", watch)
    browser_context.remove_listener("weberror", note)
    assert not problems, "\n".join(problems)


def forget(context) -> None:
    """Close every page of the context but the first and clear what the pages have stored."""
    for page in context.pages[1:]:
        page.unroute_all(behavior="ignoreErrors")
        with contextlib.suppress(
            Exception
        ):  # a page without an address, or whose storage the test has closed
            page.evaluate("Storage.prototype.setItem = () => {}; localStorage.clear()")
        page.close()
    context.clear_cookies()
