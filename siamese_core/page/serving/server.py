"""Put the page together and serve it."""

import os
import threading
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
from starlette.middleware import Middleware

from siamese_core.data.assets import ASSETS
from siamese_core.labelling.queue import Questions
from siamese_core.page import theme
from siamese_core.page.layout import TITLE, fill_page
from siamese_core.page.parts.uploads import MAX_FILE_SIZE, upload_folder
from siamese_core.page.serving.api import publish
from siamese_core.page.serving.guard import Guard, Policy
from siamese_core.page.serving.routes import routes
from siamese_core.workspace.workbench import Workbench

MAX_WAITING = 64  # calls in the queue
MAX_SESSIONS = 500  # whose state gradio keeps, about 79 KB each
UPLOADS_KEPT = (3600, 24 * 3600)  # seconds: how often gradio looks, and the age at which it deletes a file
PHOTOS_WAIT_SECONDS = 20.0  # what is worth waiting for a checkpoint for photographs; a download takes longer
WILDCARDS = ("0.0.0.0", "::")  # noqa: S104
PACKAGE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Address:
    """Where to listen, and the names beside localhost that requests may use for the app."""

    host: str
    port: int
    allowed_hosts: tuple[str, ...] = ()


def serve(workbench: Workbench, questions: Questions, address: Address) -> None:
    """Serve until the process is ended. The page answers at once; then the checkpoints are loaded, then the
    images to label are embedded."""
    page = build_page(workbench, questions).queue(api_open=False, max_size=MAX_WAITING)
    page.launch(**launch_options(workbench, address))
    print(f"Siamese Workbench: http://{address.host}:{address.port}", flush=True)
    loading = workbench.start()
    threading.Thread(target=embed_after, args=(loading, questions), name="pool start", daemon=True).start()
    page.block_thread()


def build_page(workbench: Workbench, questions: Questions) -> gr.Blocks:
    """Return the page with its HTTP endpoints, not served yet."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=UPLOADS_KEPT) as page:
        fill_page(page, workbench, questions)
        publish(workbench, questions)
    return page


def embed_after(loading: threading.Thread, questions: Questions) -> None:
    """Start to embed the images to label once the checkpoints are loaded, so that none is embedded twice."""
    loading.join(PHOTOS_WAIT_SECONDS)
    questions.pool.start()


def launch_options(workbench: Workbench, address: Address) -> dict:
    guard = Middleware(Guard, policy=policy(address))
    return {
        "server_name": address.host,
        "server_port": address.port,
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
        "app_kwargs": {"middleware": [guard], "routes": routes(workbench)},
        "favicon_path": str(theme.WEB / "favicon.svg"),
        "theme": theme.theme(),
        "css": theme.style(),
        "head": theme.script(),
    }


def policy(address: Address) -> Policy:
    """Return whom the page answers. On a Hugging Face Space, SPACE_HOST names it, and its site frames it."""
    space = os.environ.get("SPACE_HOST", "")
    names = {name.lower() for name in (*address.allowed_hosts, space) if name}
    wildcard = address.host in WILDCARDS
    return Policy(
        uploads=upload_folder(),
        hosts=frozenset(names if wildcard else names | {address.host.lower()}),
        any_address=wildcard,
        ancestors="'self' https://huggingface.co https://*.hf.space" if space else "'self'",
    )


def private_paths(workspace: Path) -> list[Path]:
    """Return what gradio must never serve, though the folder of uploads lies inside the workspace."""
    own = [PACKAGE, ASSETS]
    if not ASSETS.is_relative_to(PACKAGE):  # a checkout, which has more beside the package
        own += [ASSETS.parent / name for name in ("app.py", "tests", ".git", ".venv")]
    return own + [workspace / name for name in ("images", "checkpoints", "pairs.csv")]
