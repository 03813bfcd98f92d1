"""An app with images to label, for the tests of several tabs."""

from collections.abc import Iterator

import pytest

from helpers.labelling import drawn_classes
from helpers.servers import Server, servers
from helpers.small_checkpoints import promote_small


@pytest.fixture(scope="session")
def labelling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An app with sixty drawings to label, in folders by character; its log has all tests' answers."""
    home = tmp_path_factory.mktemp("labelling")
    drawn_classes(home / "images")
    promote_small(home / "workspace", "koch", "resnet50")
    with servers(tmp_path_factory.mktemp) as start:
        server = start("--images", str(home / "images"), workspace=home / "workspace")
        server.wait_until_ready()
        yield server
