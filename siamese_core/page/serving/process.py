"""The page as a process: read the options, check what can be checked at once, serve until it is ended.

`siamese-workbench` and app.py start here. gradio is imported late, once the environment that it reads is set.
"""

import argparse
import logging
import os
import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path

from siamese_core.cli.arguments import Parser
from siamese_core.cli.terminal import mute_native_libraries, print_error
from siamese_core.errors import UserError
from siamese_core.page.serving.upload_folders import claim_upload_folder

DEFAULT_PORT = 7860
NO_WEIGHTS = "none"


def main(arguments: list[str] | None = None) -> int:
    """Serve until the process is ended. Return 0, or 2 for what the user can mend, told in one line."""
    try:
        options = parsed_options(arguments)
        check_weights(options.resnet50_weights)
        check_workspace(options.workspace)
        check_address(options.host, options.port)
        serve(options)
    except UserError as problem:
        print_error(str(problem))
        return 2
    return 0


def parsed_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return workspace, host, port, allowed_host, images, resnet50_weights."""
    parser = Parser(description="Serve the page and the HTTP endpoints.")
    parser.add_argument(
        "--workspace",
        type=Path,
        default=Path(os.environ.get("SIAMESE_WORKSPACE") or "workspace"),
        help="folder for images, answers and checkpoints (SIAMESE_WORKSPACE; ./workspace)",
    )
    _add_address(parser)
    parser.add_argument(
        "--images",
        type=Path,
        metavar="DIR",
        help="folder of the images to label, at any depth; class folders are optional",
    )
    parser.add_argument(
        "--resnet50-weights",
        type=Path,
        metavar="FILE",
        help="ImageNet weights for photographs, in Keras' format (SIAMESE_RESNET50_WEIGHTS, else Keras' "
        f"cache, else its download); {NO_WEIGHTS}: do without",
    )
    return parser.parse_args(arguments)


def _add_address(parser: Parser) -> None:
    local = "0.0.0.0" if "SPACE_ID" in os.environ else "127.0.0.1"  # noqa: S104 (a Space is a container)
    parser.add_argument(
        "--host",
        default=os.environ.get("GRADIO_SERVER_NAME") or local,
        help="address to listen on (GRADIO_SERVER_NAME; 127.0.0.1)",
    )
    parser.add_argument(
        "--port",
        type=port_number,
        default=os.environ.get("GRADIO_SERVER_PORT") or str(DEFAULT_PORT),
        help=f"port to listen on (GRADIO_SERVER_PORT; {DEFAULT_PORT})",
    )
    parser.add_argument(
        "--allowed-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name by which the app may be called, beside localhost and --host; may be repeated",
    )


def port_number(text: str) -> int:
    """Read a TCP port."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"A port is a number from 1 to 65535. Received: {text}.")
    return int(text)


def check_weights(weights: Path | None) -> None:
    """Raise UserError if the file of weights is not there."""
    if weights and str(weights) != NO_WEIGHTS and not weights.is_file():
        raise UserError(f"--resnet50-weights must name a file. Received: {weights}, which is not there.")


def check_workspace(workspace: Path) -> None:
    """Make the folder. UserError if nothing can be written in it."""
    try:
        workspace.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=workspace).close()
    except OSError as problem:
        raise UserError(
            f"--workspace must be a folder that can be written to. Received: {workspace} "
            f"({problem.strerror}). Name another one, or correct its permissions."
        ) from problem


def check_address(host: str, port: int) -> None:
    """Raise UserError if nothing can listen there."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            if os.name == "posix":  # on Windows the option shares a port that is in use
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror as problem:
        raise UserError(
            f"--host must be an address of this machine. Received: {host} ({problem.strerror})."
        ) from problem
    except OSError as problem:
        raise UserError(
            f"Port {port} of {host} must be free. Received: {problem.strerror}. Choose another with --port."
        ) from problem


def set_environment(options: argparse.Namespace, uploads: Path) -> None:
    """Set what gradio, huggingface_hub and TensorFlow read when they are imported.

    No telemetry, quiet logs, the fast kernels, and uploads in the folder `uploads`.
    """
    os.environ.update(
        GRADIO_ANALYTICS_ENABLED="False",
        HF_HUB_DISABLE_TELEMETRY="1",
        GRADIO_TEMP_DIR=str(uploads),
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


def serve(options: argparse.Namespace) -> None:
    """Open the workspace, add the images to label, and serve the page."""
    with ExitStack() as held:
        set_environment(options, claim_upload_folder(options.workspace, held))
        _serve_workspace(options)


def _serve_workspace(options: argparse.Namespace) -> None:
    from siamese_core.labelling.pool import Pool
    from siamese_core.labelling.queue import Questions
    from siamese_core.page.serving.stubs import no_stubs
    from siamese_core.workspace.workbench import Workbench

    workbench = Workbench(options.workspace)
    questions = Questions(workbench, Pool(workbench))
    if options.images:
        questions.pool.files.add_folder(options.images)
    with no_stubs():
        from siamese_core.page.serving import server
    if not os.environ.get("SIAMESE_DEBUG"):
        mute_native_libraries()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    address = server.Address(options.host, options.port, tuple(options.allowed_host))
    server.serve(workbench, questions, address)
