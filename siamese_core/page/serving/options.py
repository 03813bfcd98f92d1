"""Read the options of the server, and check at once what can be checked before anything is loaded."""

import argparse
import contextlib
import ipaddress
import os
import re
import socket
import tempfile
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from siamese_core.cli.arguments import Parser
from siamese_core.cli.urls import add_places
from siamese_core.errors import UserError
from siamese_core.labelling.asked_again import add_shares
from siamese_core.operating.logs import FORMATS, LEVELS
from siamese_core.operating.surroundings import DEFAULT_PORT
from siamese_core.syncing.naming import add_sync_options

NO_WEIGHTS = "none"


def parsed_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return workspace, log_url, images_url, images, resnet50_weights, sync_to, and those of the address."""
    parser = Parser(description="Serve the page and the HTTP endpoints.")
    parser.add_argument(
        "--workspace",
        type=Path,
        default=Path(os.environ.get("SIAMESE_WORKSPACE") or "workspace"),
        help="folder for images, answers and checkpoints (SIAMESE_WORKSPACE; ./workspace)",
    )
    given = (os.environ.get(f"SIAMESE_{name}_URL") or "" for name in ("LOG", "IMAGES"))
    add_places(parser, *given)
    _add_address(parser)
    _add_proxy(parser)
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
    parser.add_argument(
        "--mcp",
        action="store_true",
        default=os.environ.get("GRADIO_MCP_SERVER", "").lower() == "true",
        help="give agents (language models) tools over the Model Context Protocol, at /gradio_api/mcp "
        "(GRADIO_MCP_SERVER=True)",
    )
    add_shares(parser)
    _add_login(parser)
    add_sync_options(parser)
    _add_log(parser)
    return parser.parse_args(arguments)


def _add_address(parser: Parser) -> None:
    local = "0.0.0.0" if "SPACE_ID" in os.environ else "127.0.0.1"  # noqa: S104 (a Space is a container)
    parser.add_argument(
        "--host",
        type=listening_host,
        default=os.environ.get("GRADIO_SERVER_NAME") or local,
        help="address to listen on, IPv6 too (GRADIO_SERVER_NAME; 127.0.0.1)",
    )
    parser.add_argument(
        "--port",
        type=port_number,
        default=os.environ.get("GRADIO_SERVER_PORT") or str(DEFAULT_PORT),
        help=f"port to listen on (GRADIO_SERVER_PORT; {DEFAULT_PORT})",
    )
    parser.add_argument(
        "--allowed-host",
        type=host_called,
        action="append",
        default=[],
        metavar="NAME",
        help="a name by which the app may be called, beside localhost and --host; may be repeated",
    )


def _add_login(parser: Parser) -> None:
    parser.add_argument(
        "--auth",
        type=Path,
        metavar="FILE",
        help="let in only whom this file names, which `siamese users add` makes; needs pip install .[team]",
    )
    parser.add_argument(
        "--auth-hub",
        action="store_true",
        help="on a Hugging Face Space: let in whoever logs in there, as annotator or of --owners; programs "
        "have the tokens of --auth FILE",
    )
    parser.add_argument(
        "--owners",
        type=account_name,
        nargs="+",
        default=[],
        metavar="NAME",
        help="with --auth-hub: accounts that may do everything",
    )


def account_name(text: str) -> str:
    """Read the name of a Hugging Face account."""
    if not re.fullmatch(r"[\w.-]{1,96}", text):
        raise argparse.ArgumentTypeError(
            f"An account's name has letters, digits and -._ Received: {text[:80]}."
        )
    return text


def _add_log(parser: Parser) -> None:
    parser.add_argument(
        "--log-level",
        choices=LEVELS,
        default="warning",
        help="what the program writes to standard error; info has a line for each request (warning)",
    )
    parser.add_argument(
        "--log-format", choices=FORMATS, default="text", help="json: an object a line, for programs (text)"
    )


def _add_proxy(parser: Parser) -> None:
    space = os.environ.get("SPACE_HOST")  # a Space's proxy tells the app no address but this
    parser.add_argument(
        "--root-path",
        type=root_path,
        default=os.environ.get("GRADIO_ROOT_PATH") or (f"https://{space}" if space else ""),
        metavar="URL",
        help="behind a proxy: the URL by which people open the page, or, where the proxy tells the host, "
        "only its path, such as /workbench (GRADIO_ROOT_PATH)",
    )
    parser.add_argument(
        "--trusted-proxy",
        type=network,
        action="append",
        default=[],
        metavar="ADDRESS",
        help="a proxy, or a network of them, whose X-Forwarded-Host and -Proto are believed; may be repeated",
    )


def port_number(text: str) -> int:
    """Read a TCP port."""
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"A port is a number from 1 to 65535. Received: {text}.")
    return int(text)


def listening_host(text: str) -> str:
    """Read a name or an address; IPv6 with or without brackets, and returned in its shortest form. "*" means
    all addresses, as do "0" and the like."""
    host = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    with contextlib.suppress(OSError, ValueError):
        host = socket.inet_ntoa(socket.inet_aton(host))  # 127.1 is 127.0.0.1
    try:
        address = ipaddress.ip_address({"*": "0.0.0.0"}.get(host, host))  # noqa: S104
    except ValueError:
        return text
    return str(getattr(address, "ipv4_mapped", None) or address)


def host_called(text: str) -> str:
    """Read a name by which people call the app, from a URL too: the name is all that counts."""
    try:
        name = urlsplit(text if "://" in text else f"//{text}").hostname or ""
    except ValueError:
        name = ""
    if not name or not re.fullmatch(r"[^\s*/@]+", name):
        raise argparse.ArgumentTypeError(
            f"A name of the app is one such as example.org, without a pattern. Received: {text[:80]}."
        )
    return name


def network(text: str) -> str:
    """Read an IP address, or a network such as 10.0.0.0/8."""
    try:
        return str(ipaddress.ip_network(text.strip("[]"), strict=False))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"A proxy is an IP address, or a network such as 10.0.0.0/8. Received: {text}."
        ) from None


def root_path(text: str) -> str:
    """Read a URL without query, or a path; returned without the slash at its end."""
    try:
        url = urlsplit(text)
        whole = url.scheme in ("http", "https") and bool(url.hostname) and "@" not in url.netloc
        whole = whole and (url.port or 1) > 0  # ValueError where it is no port
    except ValueError:
        whole, url = False, urlsplit("?")
    if (
        not (whole or text.startswith("/") and not text.startswith("//") or not text)
        or url.query
        or url.fragment
        or re.search(r"\s|\\|/\.\.?(/|$)", text)
    ):
        raise argparse.ArgumentTypeError(
            "--root-path is a URL such as https://example.org/workbench, or a path such as /workbench. "
            f"Received: {text}."
        )
    return text.rstrip("/")


def check_weights(weights: Path | None) -> None:
    """Raise UserError if the file of weights is not there."""
    if weights and str(weights) != NO_WEIGHTS and not weights.is_file():
        raise UserError(
            f"--resnet50-weights must name a file. Received: {weights}, which is not there. Correct the path."
        )


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


def check_mcp(asked: bool) -> None:
    """Raise UserError where tools for agents are asked for and the package of their protocol is missing."""
    if asked and find_spec("mcp") is None:
        raise UserError(
            "--mcp needs the package mcp. Received: none. Install the extra: pip install 'mcp>=1.30,<2'"
        )
