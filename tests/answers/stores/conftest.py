"""A PostgreSQL that the tests of this folder share, and an empty schema of it for each."""

import itertools
from collections.abc import Iterator

import pytest

from helpers.postgres import Database, postgres

NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[Database]:
    with postgres() as running:
        yield running


@pytest.fixture
def url(server) -> str:
    return server.new_schema(f"people{next(NUMBERS)}")
