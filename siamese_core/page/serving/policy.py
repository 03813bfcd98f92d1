"""Decide whom the page answers: by which host name, from which origin, through which proxy, which routes."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

GRADIO_ROUTES = frozenset(
    [
        "app_id",
        "call",
        "cancel",
        "component_server",
        "heartbeat",
        "info",
        "openapi.json",
        "queue",
        "reset",
        "run",
    ]
    + ["startup-events", "theme.css", "upload", "upload_progress"]
)
CLOSED_ROUTES = ("/monitoring", "/login", "/logout")
OF_STATUS = {400: "bad_call", 401: "unauthenticated", 403: "forbidden", 404: "not_found", 413: "too_large"}
OF_STATUS |= {429: "too_many_requests", 500: "server_failed", 503: "unavailable", 507: "storage_failed"}
AGENTS = "/gradio_api/mcp"
AGENTS_ALONE = (
    "Agents connect here, over the Model Context Protocol. Received: a request of a browser. Give "
    'this address to your assistant as an MCP server with the transport "streamable HTTP".'
)
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
PROXY_HEADERS = (b"x-forwarded-", b"forwarded", b"x-gradio-server")  # gradio believes some from anybody

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Policy:
    """Whom the app answers.

    uploads: the only folder that gradio may serve files from; hosts: names for the app beside localhost;
    any_address: accept every numeric address, which no web site can pretend to be; ancestors: who may show
    the page in a frame, a source list of a content security policy; origins: host[:port] of the page where a
    proxy hides it; trusted_proxies: whose X-Forwarded-* is believed; root_path: "" or the path below which a
    proxy shows the page; endpoints: names of the public API; agents: whether these have tools over MCP;
    secure: people open the page by https.
    """

    uploads: Path
    hosts: frozenset[str] = frozenset()
    any_address: bool = False
    ancestors: str = "'self'"
    origins: frozenset[str] = frozenset()
    trusted_proxies: tuple[Network, ...] = ()
    root_path: str = ""
    endpoints: tuple[str, ...] = ()
    agents: bool = False
    secure: bool = False


@dataclass(frozen=True)
class Refusal(Exception):
    """A request that is not answered. special: its code, one of `errors.CODES`, where the status has none."""

    status: int
    reason: str
    special: str = ""

    @property
    def code(self) -> str:
        return self.special or OF_STATUS[self.status]


def as_asked_for(scope: Scope, policy: Policy) -> Scope:
    """Return the request as the person sent it.

    A trusted proxy's X-Forwarded-Host, -Proto and -For are put in place, everybody's are taken out, and the
    path is the one below `root_path`.
    """
    headers = [(name, value) for name, value in scope["headers"] if not name.startswith(PROXY_HEADERS)]
    seen = {**scope, "headers": headers}
    if _is_trusted(scope, policy):
        told = Headers(scope=scope)
        # of several values the last one is by the proxy that is trusted
        host, scheme = (
            told.get(f"x-forwarded-{name}", "").rpartition(",")[2].strip() for name in ("host", "proto")
        )
        if host:
            seen["headers"] = [each for each in headers if each[0] != b"host"] + [(b"host", host.encode())]
        if scheme in ("http", "https"):
            seen["scheme"] = scheme
        if address := _first_untrusted(told.getlist("x-forwarded-for"), policy):
            seen["client"] = (address, 0)
    root = policy.root_path
    if root and f"{scope['path']}/".startswith(f"{root}/"):
        seen["path"] = scope["path"][len(root) :] or "/"
        seen["raw_path"] = None
    return seen


def _is_trusted(scope: Scope, policy: Policy) -> bool:
    return _is_trusted_address((scope.get("client") or ("",))[0], policy)


def _first_untrusted(told: list[str], policy: Policy) -> str:
    """Return who asked the outermost trusted proxy, "" where it is not told.

    What stands before that address may be anybody's invention.
    """
    for each in reversed(",".join(told).split(",")):
        if not _is_address(address := each.strip()):
            return ""
        if not _is_trusted_address(address, policy):
            return address
    return ""


def _is_trusted_address(text: str, policy: Policy) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address  # as a socket for both families tells IPv4
    return any(address in network for network in policy.trusted_proxies)


def check_caller(headers: Headers, policy: Policy) -> None:
    """Raise Refusal unless the host is known and the calling page, if a browser names it, is this one."""
    host = headers.get("host", "").lower()
    name = host_name(host)
    numeric = policy.any_address and _is_address(name)
    if name not in LOCAL_HOSTS | policy.hosts and not numeric:
        raise Refusal(
            400,
            f"The host name must be one that the app knows. Received: {ascii(name)[:80]}. "
            "Start it with --allowed-host NAME to allow one.",
            "unknown_host",
        )
    origin = headers.get("origin")
    if origin is not None and origin.lower().partition("://")[2] not in {host, *policy.origins}:
        raise Refusal(
            403,
            f"Only the app's own page may call it. Received: a page of {ascii(origin)[:80]}, where the app "
            f"was asked for as {ascii(host)[:80]}. If the first is the app's address behind a proxy, start "
            "it with --root-path and that address.",
        )


def host_name(host: str) -> str:
    """Return the name in a Host header, without port, brackets and the dot of the root.

    Empty where it cannot be read.
    """
    try:
        name = (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    except ValueError:
        return ""
    return str(ipaddress.ip_address(name)) if _is_address(name) else name


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_upload(scope: Scope) -> bool:
    """Whether the request is an upload: a multipart form, limited by gradio's own max_file_size."""
    return scope["path"].rstrip("/") == "/gradio_api/upload"


def check_route(scope: Scope, policy: Policy) -> None:
    """Raise Refusal for routes of gradio that the page does not use: recordings, deep links, monitoring."""
    path = scope["path"]
    first, _, rest = path.removeprefix("/gradio_api/").partition("/")
    if path.startswith("/gradio_api/file="):
        name = path.removeprefix("/gradio_api/file=")
        inside = Path(name).is_absolute() and Path(name).resolve().is_relative_to(policy.uploads.resolve())
        if not inside:
            raise Refusal(403, "Only uploaded files and pictures of the page can be read.")
    elif policy.agents and path.rstrip("/") == AGENTS:
        if scope["method"] == "GET" and "text/event-stream" not in Headers(scope=scope).get("accept", ""):
            raise Refusal(404, AGENTS_ALONE)
    elif (
        path.startswith("/gradio_api/")
        and first not in GRADIO_ROUTES
        or path.startswith(CLOSED_ROUTES)
        or b"deep_link=" in scope.get("query_string", b"")
    ):
        raise Refusal(404, "There is nothing here.")
    elif path.startswith("/gradio_api/call/"):
        name = rest.removeprefix("v2/").partition("/")[0]
        if name not in policy.endpoints:
            raise Refusal(
                404,
                f"A call names one of {', '.join(policy.endpoints)}. Received: {ascii(name)[:80]}. "
                "GET /gradio_api/info says what each takes.",
            )
