"""A hub of the tests' own, and workspaces that send to it."""

from collections.abc import Callable, Iterator

import pytest
from huggingface_hub import constants

from helpers.hub import TOKEN, Hub, hub_server
from helpers.syncing import NAME
from siamese_core.answers.pair_log import log_of
from siamese_core.images.store import images_of
from siamese_core.syncing.hub import Repository
from siamese_core.syncing.ledger import Ledger
from siamese_core.syncing.sending import Sender


@pytest.fixture
def served(monkeypatch) -> Iterator[Hub]:
    monkeypatch.setattr(
        constants, "HF_HUB_DISABLE_XET", True
    )  # a protocol of its own, with servers of its own
    with hub_server() as state:
        yield state


@pytest.fixture
def repository(served) -> Repository:
    found = Repository(NAME, "dataset", TOKEN, served.url)
    found.require()
    return found


@pytest.fixture
def new_sender(tmp_path, repository) -> Callable[[str], Sender]:
    """Open a workspace by name, as a server that starts does."""

    def open_workspace(name: str) -> Sender:
        home = tmp_path / name
        return Sender(log_of(home), images_of(home), Ledger(home, NAME), repository)

    return open_workspace
