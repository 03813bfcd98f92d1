"""Say where the page is: what it listens on, by which names people call it, what stands before it."""

import ipaddress
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from siamese_core.page.serving.listening import is_for_both
from siamese_core.page.serving.policy import Policy

WILDCARDS = ("0.0.0.0", "::")  # noqa: S104
# Addresses set aside for documentation (RFC 5737, RFC 3849): the system picks its own address for the way
# there, and nothing is sent.
ELSEWHERE = {socket.AF_INET: ("192.0.2.1", 9), socket.AF_INET6: ("2001:db8::1", 9)}


@dataclass(frozen=True)
class Address:
    """Where the page listens, and by which names it is called.

    host, port: where to listen, IPv6 without brackets; allowed_hosts: names beside localhost by which
    requests may call the app; trusted_proxies: networks whose X-Forwarded-* is believed; root_path: "", a
    path such as /workbench, or the URL by which people open the page behind a proxy.
    """

    host: str
    port: int
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    root_path: str = ""

    def links(self) -> list[str]:
        """Return the URLs by which the page can be opened, the best one first."""
        if "://" in self.root_path:
            return [self.root_path]
        names = [self.host]
        if self.host in WILDCARDS:
            by_ipv4 = self.host != "::" or is_for_both(self.host)
            names = ["localhost"] if by_ipv4 else ["::1"]
            names += _own_addresses(socket.AF_INET) if by_ipv4 else []
            names += _own_addresses(socket.AF_INET6) if self.host == "::" else []
        return [f"http://{bracketed(name)}:{self.port}{self.root_path}" for name in names]

    def policy(self, uploads: Path, endpoints: tuple[str, ...]) -> Policy:
        """Return whom the page answers. On a Hugging Face Space, SPACE_HOST names it, its site frames it."""
        space = os.environ.get("SPACE_HOST", "")
        outside = urlsplit(self.root_path) if "://" in self.root_path else None
        names = {name.lower() for name in (*self.allowed_hosts, space, outside and outside.hostname) if name}
        wildcard = self.host in WILDCARDS
        return Policy(
            uploads=uploads,
            hosts=frozenset(names if wildcard else names | {self.host.lower()}),
            any_address=wildcard,
            ancestors="'self' https://huggingface.co https://*.hf.space" if space else "'self'",
            origins=frozenset({outside.netloc.lower()} if outside else ()),
            trusted_proxies=tuple(ipaddress.ip_network(each) for each in self.trusted_proxies),
            root_path=outside.path if outside else self.root_path,
            endpoints=endpoints,
            secure=outside is not None and outside.scheme == "https",
        )


def bracketed(host: str) -> str:
    """Return a host as it stands in a URL: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def _own_addresses(family: socket.AddressFamily) -> list[str]:
    """Return this machine's address towards other networks, if it has one."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(ELSEWHERE[family])
            return [probe.getsockname()[0]]
    except OSError:
        return []
