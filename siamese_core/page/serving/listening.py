"""Listen at an address: see that it is free, and open `::` for IPv4 as well."""

import contextlib
import errno
import os
import socket
from collections.abc import Iterator

from siamese_core.errors import UserError


def is_for_both(host: str) -> bool:
    """Whether what listens at `host` is asked by IPv6 and by IPv4."""
    return host == "::" and socket.has_dualstack_ipv6()


def check_address(host: str, port: int) -> None:
    """Raise UserError if nothing can listen there."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            if os.name == "posix":  # on Windows the option shares a port that is in use
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:  # as the server does: a port of IPv4 is another one
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not is_for_both(host))
            probe.bind(address)
    except (socket.gaierror, UnicodeError) as problem:
        raise _no_address(host, getattr(problem, "strerror", None) or "no name") from problem
    except OSError as problem:
        if problem.errno == errno.EADDRNOTAVAIL:
            raise _no_address(host, problem.strerror) from problem
        if problem.errno in (errno.EACCES, errno.EPERM):
            raise UserError(
                f"--port must be one that this user may open. Received: {port} ({problem.strerror}). Choose "
                "one above 1023."
            ) from problem
        raise UserError(
            f"Port {port} of {host} must be free. Received: {problem.strerror}. Choose another with --port."
        ) from problem


def _no_address(host: str, why: str) -> UserError:
    return UserError(
        f"--host must be an address of this machine. Received: {host[:80]} ({why}). Give 127.0.0.1 for this "
        "machine alone or 0.0.0.0 for all networks, without scheme and port."
    )


@contextlib.contextmanager
def both_families(host: str, port: int) -> Iterator[None]:
    """Let the server that gradio starts at `::` within the block listen by IPv4, too.

    asyncio's own socket would not, whatever the system's default is.
    """
    from gradio.http_server import Server

    run = Server.run

    def run_for_both(server: Server) -> None:  # only now: gradio has looked by IPv4 whether the port is free
        both = socket.create_server((host, port), family=socket.AF_INET6, dualstack_ipv6=True)
        run(server, sockets=[both])

    if is_for_both(host):
        Server.run = run_for_both
    try:
        yield
    finally:
        Server.run = run
