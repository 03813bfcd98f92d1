"""Keep who has logged in, in memory: sessions end by themselves, by a logout, or with the process."""

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

IDLE_SECONDS = 12 * 3600.0
LONGEST_SECONDS = 7 * 24 * 3600.0
MOST_SESSIONS = 10_000


@dataclass(frozen=True)
class Session:
    """stamp: of the secret by which it began; form_token: what a form of this session must send along."""

    name: str
    stamp: str
    form_token: str
    began: float
    seen: float


class Sessions:
    """Sessions by the hash of their key, the one seen longest ago first."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._change = threading.Lock()

    def start(self, name: str, stamp: str) -> str:
        """Start a session and return its key, for the browser's cookie."""
        key, now = secrets.token_urlsafe(32), self._clock()
        with self._change:
            self._sessions[_hash(key)] = Session(name, stamp, secrets.token_urlsafe(16), now, now)
            while len(self._sessions) > MOST_SESSIONS:
                self._sessions.popitem(last=False)
        return key

    def find(self, key: str, is_active: bool = True) -> Session | None:
        """Return the session. is_active: a person did something, not the page by itself."""
        place, now = _hash(key), self._clock()
        with self._change:
            found = self._sessions.get(place)
            if found is None:
                return None
            if now - found.seen > IDLE_SECONDS or now - found.began > LONGEST_SECONDS:
                del self._sessions[place]
                return None
            if is_active:
                self._sessions[place] = found = replace(found, seen=now)
                self._sessions.move_to_end(place)
            return found

    def end(self, key: str) -> None:
        with self._change:
            self._sessions.pop(_hash(key), None)


def stamp_of(secret: str) -> str:
    """Return what a session keeps of a secret, to notice that it was changed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
