"""URLs of a log: what is one, and that no password of one is ever told."""

import pytest

from helpers.servers import free_port
from siamese_core.answers.pair_log import PairLog
from siamese_core.answers.stores.urls import is_url, parameters_of, shown_url
from siamese_core.cli.urls import has_password
from siamese_core.errors import UserError, can_pass

SECRET = "s3cr3t"


def test_paths_are_no_urls():
    assert is_url("postgresql://ada@db/people") and is_url("postgres:///people")
    assert not any(map(is_url, ("pairs.csv", "C:\\pairs.csv", "/srv/postgresql", "mysql://ada@db/people")))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"postgresql://ada:{SECRET}@db.example.org:5433/people", "postgresql://db.example.org:5433/people"),
        (f"postgres://db/people?user=ada&password={SECRET}", "postgresql://db/people"),
        ("postgresql:///people", "postgresql:///people"),
    ],
)
def test_a_url_is_shown_without_user_and_password(url, shown):
    assert shown_url(parameters_of(url)) == shown == PairLog(url).name
    assert has_password(url) == (SECRET in url)


@pytest.mark.parametrize(
    "rest",
    [
        f"ada:{SECRET}/x@db/people",
        f"ada:12/{SECRET}@db/people",
        f"ada:x@{SECRET}@db/people",
        f"ada:{SECRET}%@db/people",
        f"ada@db/people?pasword={SECRET}",
    ],
)
def test_a_url_that_cannot_be_read_is_refused_without_a_part_of_it(rest):
    with pytest.raises(UserError, match="written as %40") as told:
        PairLog(f"postgresql://{rest}")
    assert SECRET not in f"{told.value}{told.value.__cause__}"


def test_a_database_that_is_not_there_is_told_without_the_password():
    log = PairLog(f"postgresql://ada:{SECRET}@127.0.0.1:{free_port()}/people")
    with pytest.raises(UserError, match="Connection refused") as told:
        log.counts()
    assert can_pass(told.value) and log.problem() == str(told.value)
    assert SECRET not in f"{told.value}{told.value.__cause__}{log.name}{vars(log)}"
