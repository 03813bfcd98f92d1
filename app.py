"""Serve the Siamese Workbench: `python app.py [--workspace DIR] [--host NAME] [--port N] ...`

A Hugging Face Space starts this file as it is.
"""

import argparse
import logging
import os
import socket
import sys
import tempfile
from pathlib import Path

from siamese_core.cli.arguments import Parser
from siamese_core.errors import UserError

DEFAULT_PORT = 7860
NO_WEIGHTS = "none"


def parsed_options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = Parser(prog="app.py", description="Serve the page and the HTTP endpoints.")
    on_a_space = "SPACE_ID" in os.environ
    parser.add_argument(
        "--workspace",
        type=Path,
        default=Path(os.environ.get("SIAMESE_WORKSPACE") or "workspace"),
        help="folder for images, answers and checkpoints (SIAMESE_WORKSPACE; ./workspace)",
    )
    parser.add_argument(
        "--host",
        default=os.environ.get("GRADIO_SERVER_NAME") or ("0.0.0.0" if on_a_space else "127.0.0.1"),  # noqa: S104
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
        "cache, else its download); none: do without",
    )
    return parser.parse_args(arguments)


def port_number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"A port is a number from 1 to 65535. Received: {text}.")
    return int(text)


def problem_with(options: argparse.Namespace) -> str | None:
    """What makes it impossible to serve, in one line; None if nothing does."""
    weights = options.resnet50_weights
    if weights and str(weights) != NO_WEIGHTS and not weights.is_file():
        return f"--resnet50-weights must name a file. Received: {weights}, which is not there."
    try:
        options.workspace.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=options.workspace).close()
    except OSError as problem:
        return (
            f"--workspace must be a folder that can be written to. Received: {options.workspace} "
            f"({problem.strerror}). Name another one, or correct its permissions."
        )
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            options.host, options.port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror as problem:
        return f"--host must be an address of this machine. Received: {options.host} ({problem.strerror})."
    except OSError as problem:
        return (
            f"Port {options.port} of {options.host} must be free. Received: {problem.strerror}. "
            "Choose another with --port."
        )
    return None


def set_environment(options: argparse.Namespace) -> None:
    """Read by gradio, huggingface_hub and TensorFlow when they are imported: no telemetry, quiet logs,
    the fast kernels, and uploads inside the workspace."""
    os.environ.update(
        GRADIO_ANALYTICS_ENABLED="False",
        HF_HUB_DISABLE_TELEMETRY="1",
        GRADIO_TEMP_DIR=str(options.workspace.resolve() / "uploads"),
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


def main(arguments: list[str] | None = None) -> int:
    """Serves until it is ended: 0, or 2 for what the user can mend, told in one line."""
    try:
        options = parsed_options(arguments)
        problem = problem_with(options)
    except UserError as wrong:
        problem = wrong
    if problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    set_environment(options)
    from siamese_core.cli.terminal import mute_native_libraries
    from siamese_core.labelling.pool import Pool
    from siamese_core.labelling.queue import Questions
    from siamese_core.workspace.workbench import Workbench

    workbench = Workbench(options.workspace)
    questions = Questions(workbench, Pool(workbench))
    if options.images:
        try:
            questions.pool.files.add_folder(options.images)
        except UserError as problem:
            print(f"error: {problem}", file=sys.stderr)
            return 2
    from siamese_core.page.serving.stubs import no_stubs

    with no_stubs():
        from siamese_core.page.serving.server import Address, serve
    if not os.environ.get("SIAMESE_DEBUG"):
        mute_native_libraries()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    serve(workbench, questions, Address(options.host, options.port, tuple(options.allowed_host)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
