"""Sessions end by idleness, by age, by a logout; there are never more than so many."""

from siamese_core.accounts import sessions as module
from siamese_core.accounts.sessions import IDLE_SECONDS, LONGEST_SECONDS, Sessions


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_session_ends_when_nobody_does_anything():
    clock = Clock()
    sessions = Sessions(clock)
    key = sessions.start("Ada", "stamp")
    clock.now += IDLE_SECONDS - 1
    assert sessions.find(key).name == "Ada"
    clock.now += IDLE_SECONDS - 1
    assert sessions.find(key, is_active=False)
    clock.now += 2
    assert sessions.find(key) is None


def test_a_session_ends_some_day_whatever_is_done():
    clock = Clock()
    sessions = Sessions(clock)
    key, began = sessions.start("Ada", "stamp"), clock.now
    while clock.now - began < LONGEST_SECONDS:
        assert sessions.find(key)
        clock.now += IDLE_SECONDS / 2
    clock.now += 1
    assert sessions.find(key) is None


def test_a_logout_ends_one_session_only():
    sessions = Sessions()
    one, other = sessions.start("Ada", "stamp"), sessions.start("Ada", "stamp")
    sessions.end(one)
    assert sessions.find(one) is None and sessions.find(other)


def test_the_sessions_seen_longest_ago_make_room(monkeypatch):
    monkeypatch.setattr(module, "MOST_SESSIONS", 2)
    sessions = Sessions()
    first, second = (sessions.start(name, "stamp") for name in ("Ada", "Bob"))
    assert sessions.find(first)
    sessions.start("Eve", "stamp")
    assert sessions.find(first) and sessions.find(second) is None
