"""The page as a process: read the options, check what can be checked at once, serve until it is ended.

What takes time to import is imported late: gradio once the environment that it reads is set, and all of it
where Ctrl-C is heard.
"""

import argparse
import ipaddress
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from siamese_core.cli.interrupts import STOPPED
from siamese_core.cli.start import open_standard_streams, provide_home, stopped_at_once
from siamese_core.errors import UserError

if TYPE_CHECKING:
    from siamese_core.syncing.worker import Syncing
    from siamese_core.workspace.workbench import Workbench

PROGRESS_SECONDS = 5.0


def main(arguments: list[str] | None = None) -> int:
    """Serve until the process is ended. Return 0; 2 for what the user can mend, told in one line; 130 after
    Ctrl-C before the page is served."""
    open_standard_streams()
    provide_home()
    with stopped_at_once():
        from siamese_core.cli.terminal import print_error
        from siamese_core.page.serving import options as given
        from siamese_core.page.serving.listening import check_address
    try:
        options = given.parsed_options(arguments)
        given.check_weights(options.resnet50_weights)
        given.check_workspace(options.workspace)
        given.check_mcp(options.mcp)
        check_address(options.host, options.port)
        serve(options)
    except UserError as problem:
        print_error(str(problem))
        return 2
    except KeyboardInterrupt:
        print_error(STOPPED)
        return 130
    return 0


def set_environment(options: argparse.Namespace, uploads: Path) -> None:
    """Set what gradio, uvicorn, huggingface_hub and TensorFlow read when they are imported.

    No telemetry, quiet logs, the fast kernels, and uploads in the folder `uploads`.
    """
    from siamese_core.page.serving.options import NO_WEIGHTS

    os.environ.update(
        GRADIO_ANALYTICS_ENABLED="False",
        HF_HUB_DISABLE_TELEMETRY="1",
        GRADIO_TEMP_DIR=str(uploads),
        # where gradio looks whether the port is free; it can look there by IPv4 only
        GRADIO_SERVER_NAME=options.host if _is_ipv4(options.host) else "127.0.0.1",
        FORWARDED_ALLOW_IPS="none",  # uvicorn believes proxies on 127.0.0.1; whom we believe says `policy`
    )
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # else it is left out where there is no AVX-512
    # gradio asks its own server whether it is up, and must not ask a proxy
    for name in ("NO_PROXY", "no_proxy"):
        own = ("127.0.0.1", "localhost", options.host)
        os.environ[name] = ",".join([*filter(None, [os.environ.get(name)]), *own])
    if options.resnet50_weights:
        none = str(options.resnet50_weights) == NO_WEIGHTS
        os.environ["SIAMESE_RESNET50_WEIGHTS"] = (
            NO_WEIGHTS if none else str(options.resnet50_weights.resolve())
        )


def _is_ipv4(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).version == 4
    except ValueError:
        return False


def serve(options: argparse.Namespace) -> None:
    """Open the workspace, add the images to label, and serve the page."""
    from siamese_core.page.serving.upload_folders import claim_upload_folder

    with ExitStack() as held:
        set_environment(options, claim_upload_folder(options.workspace, held))
        _serve_workspace(options)


def _serve_workspace(options: argparse.Namespace) -> None:
    with stopped_at_once():
        from siamese_core.cli.terminal import mute_native_libraries
        from siamese_core.labelling.asked_again import Shares
        from siamese_core.labelling.pool import Pool
        from siamese_core.labelling.queue import Questions
        from siamese_core.operating.logs import write_log
        from siamese_core.page.serving.stubs import no_stubs
        from siamese_core.workspace.workbench import Workbench

    workbench = Workbench(options.workspace, log_url=options.log_url, images_url=options.images_url)
    syncing = synced(workbench, options)
    questions = Questions(workbench, Pool(workbench))
    questions.shares = Shares(repeats=options.repeats, golds=options.gold)
    if options.images:
        questions.pool.files.add_folder(options.images)
    with stopped_at_once(), no_stubs():
        from siamese_core.page.serving import server
        from siamese_core.page.serving.address import Address
        from siamese_core.page.serving.login.entrance import entrance_of
    entrance = entrance_of(options)
    if not os.environ.get("SIAMESE_DEBUG"):
        mute_native_libraries()
    write_log(options.log_level, options.log_format)
    address = Address(
        options.host,
        options.port,
        tuple(options.allowed_host),
        tuple(options.trusted_proxy),
        options.root_path,
    )
    server.serve(workbench, questions, address, server.Beside(options.mcp, entrance, syncing))
    if syncing is not None and syncing.is_busy:
        leave()


def synced(workbench: "Workbench", options: argparse.Namespace) -> "Syncing | None":
    """Restore the workspace from the hub and keep it there, where that is asked for."""
    if not options.sync_to:
        return None
    with stopped_at_once():
        from siamese_core.syncing.opening import Stores, open_syncing

        stores = Stores(workbench.workspace, workbench.log, workbench.images, workbench.checkpoints)
        syncing = open_syncing(stores, options.sync_to, options.sync_models_to)
        syncing.restore_at_start(told_now_and_then(f"Syncing with {options.sync_to}"))
    workbench.sync_state = syncing.state
    syncing.start()
    return syncing


def leave() -> None:
    """End the process now. Python itself would wait for calls of a hub that hangs."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def told_now_and_then(of: str) -> Callable[[str], None]:
    """Return what prints progress on standard error, at most a line in some seconds."""
    last = 0.0

    def tell(words: str) -> None:
        nonlocal last
        if time.monotonic() - last >= PROGRESS_SECONDS:
            last = time.monotonic()
            print(f"{of}: {words}", file=sys.stderr, flush=True)

    return tell
