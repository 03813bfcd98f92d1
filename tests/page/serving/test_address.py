"""Where the page listens and how it can be opened: IPv6, all addresses, names, a Space."""

import argparse
import errno
import socket
from pathlib import Path

import httpx
import pytest

from helpers.browsing import glyph
from helpers.calling import Caller
from helpers.servers import free_port
from siamese_core.errors import UserError
from siamese_core.page.serving.address import Address
from siamese_core.page.serving.listening import check_address, is_for_both
from siamese_core.page.serving.options import host_called, listening_host, network, parsed_options, root_path

needs_ipv6 = pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")


def policy(address: Address):
    return address.policy(Path("uploads"), ("status",))


@needs_ipv6
@pytest.mark.parametrize("host", ["::", pytest.param("0.0.0.0", marks=pytest.mark.soak)])
def test_the_printed_address_can_be_opened_and_used(serve, quick_app, host):
    server = serve(workspace=quick_app.workspace, host=host)
    links = server.printed("Siamese Workbench: ").split()
    port = server.url.rpartition(":")[2]
    if is_for_both(listening_host(host)):
        links += [f"http://127.0.0.1:{port}", f"http://[::1]:{port}"]
    for link in links:
        assert httpx.get(f"{link}/config", trust_env=False, timeout=60).json()["root"] == link
    caller = Caller(links[0])
    assert caller.upload(glyph(1)).startswith(str(quick_app.workspace))
    assert caller.curl("status", [])[0] == "complete"
    assert caller.http.get("/config", headers={"Origin": links[0]}).status_code == 200
    assert caller.http.get("/config", headers={"Host": "evil.example"}).status_code == 400
    caller.close()
    server.stop()


def test_all_addresses_are_printed_as_some_that_can_be_opened():
    links = Address("0.0.0.0", 7860).links()
    assert links[0] == "http://localhost:7860" and not any("0.0.0.0" in link for link in links)
    both = "localhost" if socket.has_dualstack_ipv6() else "[::1]"
    assert Address("::", 7860).links()[0] == f"http://{both}:7860"
    assert Address("::1", 7860).links() == ["http://[::1]:7860"]
    assert Address("127.0.0.1", 7860).links() == ["http://127.0.0.1:7860"]
    assert Address("127.0.0.1", 7860, root_path="/w").links() == ["http://127.0.0.1:7860/w"]
    assert Address("127.0.0.1", 7860, root_path="https://x.example/w").links() == ["https://x.example/w"]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("[::1]", "::1"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("::", "::"),
        ("workbench.lan", "workbench.lan"),
        ("*", "0.0.0.0"),
        ("0", "0.0.0.0"),
        ("127.1", "127.0.0.1"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
    ],
)
def test_an_address_is_read_with_and_without_brackets(given, read):
    assert listening_host(given) == read


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("/", ""),
        ("/w/", "/w"),
        ("https://x.example/w/", "https://x.example/w"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_a_root_path_is_a_path_or_a_url(given, read):
    assert root_path(given) == read


@pytest.mark.parametrize(
    "wrong",
    ["w", "//evil", "ftp://x", "https://", "https://x/?a", "https://a@x", "http://[", "/a b", "/../x"]
    + ["https://x:99999"],
)
def test_any_other_root_path_is_refused_in_words(wrong):
    with pytest.raises(argparse.ArgumentTypeError, match="Received: "):
        root_path(wrong)


@pytest.mark.parametrize(
    ("given", "read"),
    [("Example.org:8080", "example.org"), ("https://example.org/w", "example.org"), ("[::1]", "::1")],
)
def test_a_name_of_the_app_counts_without_scheme_and_port(given, read):
    assert host_called(given) == read


@pytest.mark.parametrize("wrong", ["*", "*.example.org", "", "a b", "http://["])
def test_a_name_of_the_app_is_no_pattern(wrong):
    with pytest.raises(argparse.ArgumentTypeError, match="Received: "):
        host_called(wrong)


@pytest.mark.parametrize("host", ["8.8.8.8", "256.1.1.1", "127.0.0.1:80", "http://localhost", "a" * 300])
def test_an_address_that_this_machine_has_not_is_called_that(host):
    with pytest.raises(UserError, match="--host must be an address of this machine"):
        check_address(host, free_port())


def test_a_port_that_this_user_may_not_open_is_called_that(monkeypatch):
    def closed(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", closed)
    with pytest.raises(UserError, match="--port must be one that this user may open. Received: 80"):
        check_address("127.0.0.1", 80)


def test_proxies_are_addresses_or_networks():
    assert [network(each) for each in ("127.0.0.1", "10.1.2.3/8", "[::1]")] == [
        "127.0.0.1/32",
        "10.0.0.0/8",
        "::1/128",
    ]
    with pytest.raises(argparse.ArgumentTypeError, match="Received: nginx"):
        network("nginx")


def test_a_space_may_frame_the_page_and_is_known_by_its_name(monkeypatch):
    monkeypatch.setenv("SPACE_HOST", "ada-workbench.hf.space")
    space = policy(Address("0.0.0.0", 7860))
    assert "ada-workbench.hf.space" in space.hosts and space.any_address
    assert "https://huggingface.co" in space.ancestors
    monkeypatch.delenv("GRADIO_ROOT_PATH", raising=False)
    assert parsed_options([]).root_path == "https://ada-workbench.hf.space"


def test_a_host_that_was_asked_for_is_known(monkeypatch):
    monkeypatch.delenv("SPACE_HOST", raising=False)
    asked = policy(Address("192.168.1.5", 7860, ("Workbench.lan",)))
    assert asked.hosts == {"192.168.1.5", "workbench.lan"} and not asked.any_address
    behind = policy(Address("127.0.0.1", 7860, root_path="https://X.example:8443/w"))
    assert (behind.origins, behind.root_path) == ({"x.example:8443"}, "/w") and "x.example" in behind.hosts
