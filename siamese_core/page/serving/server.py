"""Put the page together and serve it."""

import logging
import threading
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
from gradio import state_holder
from gradio.blocks import BlockFunction
from starlette.middleware import Middleware

from siamese_core.cli.terminal import unheard
from siamese_core.data.assets import ASSETS
from siamese_core.errors import UserError
from siamese_core.labelling.queue import Questions
from siamese_core.operating.metrics import Metrics
from siamese_core.operating.stopping import Stopping
from siamese_core.page import theme
from siamese_core.page.compare.endpoint import PairReasons
from siamese_core.page.find.endpoint import PoolSearch
from siamese_core.page.find.group_boards import group_routes
from siamese_core.page.find.pool_groups import PoolGroups
from siamese_core.page.languages.chosen import speaking
from siamese_core.page.languages.marks import MARKED
from siamese_core.page.layout import TITLE, fill_page
from siamese_core.page.parts.galleries import Galleries
from siamese_core.page.parts.uploads import MAX_FILE_SIZE, upload_folder
from siamese_core.page.serving.address import Address, bracketed
from siamese_core.page.serving.agents.protocol import only_tools
from siamese_core.page.serving.agents.tools import AgentTools, has_tools, publish_tools
from siamese_core.page.serving.api import ENDPOINTS, publish, publish_reasons, publish_search, with_defaults
from siamese_core.page.serving.contract.coded import CodedErrors
from siamese_core.page.serving.guard import Guard
from siamese_core.page.serving.head import HeadScripts
from siamese_core.page.serving.listening import both_families
from siamese_core.page.serving.login.entrance import Entrance
from siamese_core.page.serving.login.gate import Gate
from siamese_core.page.serving.policy import AGENTS
from siamese_core.page.serving.reference.serving import reference_routes
from siamese_core.page.serving.requests import RequestMonitor
from siamese_core.page.serving.routes import routes
from siamese_core.page.serving.stubs import no_application
from siamese_core.syncing.worker import Syncing
from siamese_core.workspace.workbench import Workbench

log = logging.getLogger(__name__)
REFUSED = (
    "A call must give each function what it takes, and a file must be uploaded first. Received: a value that "
    "does not fit, or a path that no upload gave. GET /gradio_api/info says what each function takes; POST a "
    "file to /gradio_api/upload."
)
MAX_WAITING = 64  # calls in the queue
MAX_SESSIONS = 500  # whose state gradio keeps, about 79 KB each
LOOK_SECONDS = 0.01  # how often the queue looks for calls; gradio's 0.001 takes 3 % of a core when idle
UPLOADS_KEPT = (3600, 24 * 3600)  # seconds: how often gradio looks, and the age at which it deletes a file
PHOTOS_WAIT_SECONDS = 20.0  # what is worth waiting for a checkpoint for photographs; a download takes longer
# of a workspace
PRIVATE = ("images", "image-cache", "checkpoints", "sync", "pairs.csv", "users.json", "audit.jsonl")
PACKAGE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Beside:
    """What is served beside the page, where it is asked for.

    agents: tools over MCP; entrance: asks everybody for a login; syncing: sends what waits for the hub last.
    """

    agents: bool = False
    entrance: Entrance | None = None
    syncing: Syncing | None = None


def serve(workbench: Workbench, questions: Questions, address: Address, beside: Beside) -> None:
    """Serve until the process is ended. The page answers at once; then the checkpoints are loaded, then the
    images to label are embedded."""
    agents, entrance, syncing = beside.agents, beside.entrance, beside.syncing
    with no_application():
        page = build_page(workbench, questions, agents).queue(api_open=False, max_size=MAX_WAITING)
    page._queue.sleep_when_free = LOOK_SECONDS
    page._queue.progress_update_sleep_when_free = 10 * LOOK_SECONDS
    state_holder.SessionState = Session
    stopping = Stopping()
    stopping.listen()
    page.asks_login = entrance is not None
    answering = app_options(page, questions, address, (stopping, entrance))
    with only_tools(page):
        options = launch_options(workbench, address) | {"app_kwargs": answering, "mcp_server": agents}
        launch(page, options, address)
    if entrance:
        entrance.opened = True
    with unheard("stdout"):
        print(f"Siamese Workbench: {'  '.join(address.links())}", flush=True)
        if agents:
            print(f"Agents (MCP): {address.links()[0]}{AGENTS}/", flush=True)
    loading = workbench.start()
    threading.Thread(target=embed_after, args=(loading, questions), name="pool start", daemon=True).start()
    stopping.wait(lambda: is_working(page) or (syncing is not None and syncing.is_saving()))
    page.close(verbose=False)


def build_page(workbench: Workbench, questions: Questions, agents: bool = False) -> gr.Blocks:
    """Return the page with its HTTP endpoints, not served yet. agents: with what their tools call."""
    galleries = Galleries(questions.pool)
    pairs = PairReasons(galleries)
    with Page(title=TITLE, analytics_enabled=False, delete_cache=UPLOADS_KEPT) as page:
        with speaking(MARKED):
            fill_page(page, workbench, questions, pairs)
        publish(workbench, questions)
        publish_search(PoolSearch(galleries))
        publish_reasons(pairs)
        if agents:
            publish_tools(AgentTools(questions, PoolSearch(galleries)))
    return page


class Page(gr.Blocks):
    """gr.Blocks that takes calls without optional values at the end.

    It says in words why it refuses a call, where gradio itself answers {"error": null}. asks_login: whether
    what it does is for known people only.
    """

    asks_login = False

    async def process_api(self, block_fn: BlockFunction, inputs: list, *args, **kwargs) -> dict:
        try:
            return await super().process_api(block_fn, with_defaults(block_fn, inputs), *args, **kwargs)
        except gr.Error:
            raise
        except Exception as problem:  # before the handler, which tells its own failures: `notices.told`
            log.warning("a call was refused: %s: %s", type(problem).__name__, problem)
            title = "bad_call" if block_fn.api_name in ENDPOINTS else "Error"
            raise gr.Error(REFUSED, title=title, print_exception=False) from problem


class Session(state_holder.SessionState):
    """What gradio keeps of a session, without a copy of the page's configuration.

    It is for deep links, which are refused, and takes 20 ms a session: each call of an endpoint is one.
    """

    def __init__(self, blocks: gr.Blocks):
        super().__init__(SimpleNamespace(default_config=blocks.default_config, blocks=()))

    def _update_config(self, key: int) -> None:
        """Keep nothing."""

    def _update_value_in_config(self, key: int, value: object) -> None:
        """Keep nothing."""


def launch(page: gr.Blocks, options: dict, address: Address) -> None:
    """Start to serve. UserError where gradio cannot listen at the address."""
    try:
        with both_families(address.host, address.port):
            page.launch(**options)
    except Exception as problem:  # of sockets, of uvicorn, of the client with which gradio asks itself
        raise UserError(
            f"Port {address.port} of {address.host} must be free, and answer this machine. Received: "
            f"{problem}. Choose another with --port, or another address with --host."
        ) from problem


def app_options(
    page: gr.Blocks, questions: Questions, address: Address, closing: tuple[Stopping, Entrance | None]
) -> dict:
    """Return what stands around gradio's application: who answers first, and routes beside its own.

    closing: what refuses everybody, once the server ends, and whom nobody knows.
    """
    workbench, (stopping, entrance) = questions.workbench, closing
    metrics = Metrics(workbench.status, partial(calls_waiting, page))
    policy = replace(address.policy(upload_folder(), ENDPOINTS), agents=has_tools(page))
    middleware = [
        Middleware(RequestMonitor, metrics=metrics, stopping=stopping, endpoints=ENDPOINTS),
        *([Middleware(Gate, entrance=entrance, policy=policy)] if entrance else []),
        Middleware(Guard, policy=policy, stopping=stopping),
        Middleware(CodedErrors),
        Middleware(HeadScripts),
    ]
    own_routes = [*routes(workbench, metrics), *group_routes(PoolGroups(questions))]
    reference = reference_routes(page, ENDPOINTS, own_routes, address)
    return {"middleware": middleware, "routes": [*own_routes, *reference]}


def calls_waiting(page: gr.Blocks) -> int:
    """Return how many calls wait in the queue."""
    return sum(len(each.queue) for each in page._queue.event_queue_per_concurrency_id.values())


def is_working(page: gr.Blocks) -> bool:
    """Return whether a call waits or is being answered."""
    return calls_waiting(page) > 0 or any(page._queue.active_jobs)


def embed_after(loading: threading.Thread, questions: Questions) -> None:
    """Start to embed the images to label once the checkpoints are loaded, so that none is embedded twice."""
    loading.join(PHOTOS_WAIT_SECONDS)
    questions.pool.start()


def launch_options(workbench: Workbench, address: Address) -> dict:
    return {
        "server_name": bracketed(address.host),
        "server_port": address.port,
        "root_path": address.root_path,
        "prevent_thread_lock": True,
        "quiet": True,
        "inbrowser": False,
        "share": False,
        "show_error": False,
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
        "ssr_mode": False,
        "mcp_server": False,
        "pwa": False,
        "state_session_capacity": MAX_SESSIONS,
        "max_file_size": MAX_FILE_SIZE,
        "allowed_paths": [],
        "blocked_paths": [str(path.resolve()) for path in private_paths(workbench.workspace)],
        "favicon_path": str(theme.WEB / "favicon.svg"),
        "theme": theme.theme(),
        "css": theme.style(),
        "head": theme.script(),
    }


def private_paths(workspace: Path) -> list[Path]:
    """Return what gradio must never serve, though the folder of uploads lies inside the workspace."""
    own = [PACKAGE, ASSETS]
    if not ASSETS.is_relative_to(PACKAGE):  # a checkout, which has more beside the package
        own += [ASSETS.parent / name for name in ("app.py", "tests", ".git", ".venv")]
    return own + [workspace / name for name in PRIVATE]
