"""Who guesses waits longer and longer, by name and by address; memory stays bounded."""

import pytest

from siamese_core.accounts import attempts as module
from siamese_core.accounts.attempts import PACES, Attempts, network_of


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_guessing_one_name_from_many_addresses_gets_slower_up_to_a_minute():
    attempts = Attempts(clock := Clock())
    tries, day = 0, 24 * 3600
    while clock.now < day:
        wait = attempts.begin("Ada", f"198.51.100.{tries % 250}")
        clock.now += wait
        tries += not wait
    assert tries <= day / PACES["name"].longest + 20


def test_guessing_many_names_from_one_address_gets_slower_up_to_a_quarter_of_an_hour():
    attempts = Attempts(clock := Clock())
    tries, day = 0, 24 * 3600
    while clock.now < day:
        wait = attempts.begin(f"name {tries}", "198.51.100.7")
        clock.now += wait
        tries += not wait
    assert tries <= day / PACES["address"].longest + 40


def test_a_proxy_that_tells_no_address_keeps_nobody_out_for_long():
    attempts = Attempts(Clock())
    waits = [attempts.begin(f"name {i}", "127.0.0.1") for i in range(1000)]
    assert 0 < max(waits) <= PACES["proxy"].longest


def test_many_at_once_are_no_way_around():
    attempts = Attempts(Clock())
    assert sum(not attempts.begin("Ada", f"192.0.2.{i}") for i in range(100)) == PACES["name"].free


def test_who_knows_the_password_waits_no_more():
    attempts = Attempts(Clock())
    for _ in range(100):
        assert attempts.begin("Ada", "192.0.2.1") == 0
        attempts.succeeded("Ada", "192.0.2.1")


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "MOST_KEPT", 50)
    attempts = Attempts(Clock())
    for number in range(1000):
        attempts.begin(f"name {number}", f"10.0.{number // 250}.{number % 250}")
    assert len(attempts._tries) <= 50


@pytest.mark.parametrize(
    ("address", "network"),
    [("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:db8::1:2", "2001:db8::/64")],
)
def test_an_address_stands_for_what_one_customer_has(address, network):
    assert network_of(address) == network
