"""Finding the file: on this machine or on the hub, with the card beside it."""

import json

import pytest

from helpers.hub import COMMIT, hub
from siamese_core.adoption.opening import open_file
from siamese_core.errors import UserError

FILES = {"net/tower.keras": b"network", "net/preprocessor_config.json": json.dumps({"size": 40}).encode()}


def quiet(share: float, words: str) -> None:
    """No progress is shown."""


@pytest.fixture(scope="module")
def address():
    many = {"a.onnx": b"a", "b.onnx": b"b", "README.md": b""}
    with hub({"anne/tower": FILES, "anne/many": many, "anne/none": {"model.safetensors": b""}}) as address:
        yield address


@pytest.fixture
def asked(address, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_ENDPOINT", address)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    return lambda name: open_file(name, quiet)


def test_a_file_comes_from_the_hub_with_its_card_and_commit(asked):
    opened = asked("hub:anne/tower")
    assert opened.path.read_bytes() == b"network"
    assert opened.source == f"hub:anne/tower/net/tower.keras at {COMMIT}"
    assert opened.stated.size == (40, 40)
    assert asked("hub:anne/tower/net/tower.keras").sha256 == opened.sha256


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hub:anne/many", "a.onnx, b.onnx"),
        ("hub:anne/many/c.onnx", "Received: c.onnx"),
        ("hub:anne/none", "none that ends in .keras"),
        ("hub:anne/gone", "The hub must give anne/gone"),
        ("hub:anne", "OWNER/NAME"),
        ("hub:anne//a.onnx", "OWNER/NAME"),
    ],
)
def test_what_the_hub_does_not_have_is_told(asked, name, words):
    with pytest.raises(UserError, match=words.replace("/", ".")):
        asked(name)


def test_the_network_without_a_hub_is_told(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(UserError, match="Check the name and the connection"):
        open_file("hub:anne/tower", quiet)


def test_files_of_other_kinds_are_refused(tmp_path):
    (tmp_path / "net.pt").write_bytes(b"")
    for name in ("net.pt", "gone.keras"):
        with pytest.raises(UserError, match="A network to adopt"):
            open_file(str(tmp_path / name), quiet)


def test_a_folder_of_a_saved_model_is_one_file(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"graph")
    first = open_file(str(tmp_path), quiet).sha256
    (tmp_path / "variables").mkdir()
    (tmp_path / "variables" / "data").write_bytes(b"weights")
    assert open_file(str(tmp_path), quiet).sha256 != first
