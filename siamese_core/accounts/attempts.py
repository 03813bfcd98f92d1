"""Slow down who guesses passwords, by name and by address, in bounded memory."""

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_KEPT = 10_000  # names and addresses; those that tried longest ago are forgotten
FORGOTTEN_SECONDS = 3600.0  # without a try
LOOPBACK = ("127.0.0.1", "::/64")
IPV6_PREFIX = 64  # bits that one customer has


@dataclass(frozen=True)
class Pace:
    """free: tries without a wait; then it doubles from a second to `longest` seconds."""

    free: int
    longest: float

    def wait(self, tries: int) -> float:
        return 0.0 if tries < self.free else min(2.0 ** min(tries - self.free, 32), self.longest)


# A name waits a minute at most, or anybody could lock its owner out; many people may share an address.
PACES = {"name": Pace(free=5, longest=60.0), "address": Pace(free=20, longest=900.0)}
# This machine: most likely a proxy that does not tell for whom it asks, so everybody shares the wait.
PACES["proxy"] = Pace(free=20, longest=10.0)


@dataclass(frozen=True)
class Tries:
    count: int
    latest: float


class Attempts:
    """Tries by (kind of `PACES`, name or address), the latest one last."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tries: OrderedDict[tuple[str, str], Tries] = OrderedDict()
        self._change = threading.Lock()

    def begin(self, name: str, address: str) -> float:
        """Count a try and return 0, or return the seconds to wait before one is counted.

        It counts before it is known to fail, so that many at once are no way around.
        """
        now, keys = self._clock(), _keys(name, address)
        with self._change:
            before = [self._before(key, now) for key in keys]
            waits = [
                each.latest + PACES[kind].wait(each.count) - now
                for (kind, _), each in zip(keys, before, strict=True)
            ]
            if max(waits) > 0:
                return max(waits)
            for key, each in zip(keys, before, strict=True):
                self._keep(key, Tries(each.count + 1, now))
        return 0.0

    def succeeded(self, name: str, address: str) -> None:
        """Forget the tries for the name, and the last one from the address."""
        by_name, by_address = _keys(name, address)
        with self._change:
            self._tries.pop(by_name, None)
            if kept := self._tries.get(by_address):
                self._tries[by_address] = Tries(max(kept.count - 1, 0), kept.latest)

    def _before(self, key: tuple[str, str], now: float) -> Tries:
        kept = self._tries.get(key)
        return kept if kept and now - kept.latest < FORGOTTEN_SECONDS else Tries(0, now)

    def _keep(self, key: tuple[str, str], tries: Tries) -> None:
        self._tries[key] = tries
        self._tries.move_to_end(key)
        while len(self._tries) > MOST_KEPT:
            self._tries.popitem(last=False)


def _keys(name: str, address: str) -> tuple[tuple[str, str], tuple[str, str]]:
    network = network_of(address)
    return ("name", name.casefold()[:80]), ("proxy" if network in LOOPBACK else "address", network)


def network_of(address: str) -> str:
    """Return the address, or of an IPv6 one the network that one customer has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:80]
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network(f"{found}/{IPV6_PREFIX}", strict=False))
