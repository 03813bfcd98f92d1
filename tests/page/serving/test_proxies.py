"""Behind a real nginx: as it comes, below a path as the README sets it up, and where nobody told the app."""

import re
from dataclasses import replace

import httpx
import pytest
from gradio_client import Client, handle_file
from playwright.sync_api import expect

from helpers.browsing import give_pair, glyph, open_app_page
from helpers.calling import Caller
from helpers.nginx import nginx
from helpers.paths import ROOT
from helpers.servers import free_port
from helpers.small_checkpoints import promote_small

README = ROOT / "siamese_core" / "page" / "README.md"
AS_IT_COMES = "location / {{ proxy_pass http://127.0.0.1:{port}; }}"


def port_of(server) -> str:
    return server.url.rpartition(":")[2]


@pytest.fixture(scope="module")
def proxied(serve, quick_app, tmp_path_factory):
    """At nginx: the app that was told its address, one below /workbench, one that was told nothing."""
    home = tmp_path_factory.mktemp("proxied") / "workspace"
    promote_small(home, "koch", "resnet50")
    below = serve("--root-path", "/workbench", "--trusted-proxy", "127.0.0.1", workspace=home)
    (block,) = re.findall(r"```nginx\n(.+?)```", README.read_text(), re.S)
    told_port = free_port()
    told = AS_IT_COMES.format(port=told_port)
    locations = [told, block.replace("7860", port_of(below)), AS_IT_COMES.format(port=port_of(quick_app))]
    with nginx(tmp_path_factory.mktemp("nginx"), locations) as urls:
        app = serve("--root-path", urls[0], workspace=home, port=told_port)
        for each in (below, app):
            each.wait_until_ready()
        yield urls[0], f"{urls[1]}/workbench", urls[2], app, below


@pytest.mark.parametrize("place", [0, 1], ids=["as it comes", "below a path"])
def test_the_page_works_behind_nginx(page, proxied, place):
    server = replace(proxied[3 + place], url=proxied[place])
    opened = open_app_page(page, server)
    give_pair(opened, 40 + place)
    expect(opened.locator(".card .number")).to_have_count(2)
    broken = "Array.from(document.images).filter(each => each.complete && !each.naturalWidth).length"
    assert opened.evaluate("document.images.length") > 4 and opened.evaluate(broken) == 0


@pytest.mark.parametrize("place", [0, 1], ids=["as it comes", "below a path"])
def test_programs_upload_and_compare_behind_nginx(proxied, place, tmp_path):
    for seed in (1, 2):
        (tmp_path / f"{seed}.png").write_bytes(glyph(seed))
    pair = [handle_file(tmp_path / "1.png"), handle_file(tmp_path / "2.png")]
    client = Client(proxied[place], verbose=False)
    assert len(client.predict(*pair, api_name="/compare")["results"]) == 2
    client.close()
    caller = Caller(proxied[place])
    kind, _ = caller.curl("compare", [caller.uploaded(glyph(1)), caller.uploaded(glyph(2))])
    assert kind == "complete"
    caller.close()


def test_a_page_whose_address_the_app_was_not_told_says_so_in_place_of_staying_white(browser, proxied):
    opened = browser.new_page()
    opened.goto(proxied[2])
    expect(opened.locator("#wrong-address")).to_contain_text(f"--root-path {proxied[2]}")
    opened.close()


def test_a_call_of_such_a_page_is_refused_with_what_to_do(proxied):
    answer = httpx.post(
        f"{proxied[2]}/gradio_api/call/status", json={"data": []}, headers={"Origin": proxied[2]}
    )
    assert answer.status_code == 403
    assert proxied[2] in answer.json()["error"] and "--root-path" in answer.json()["error"]


def test_a_browser_that_opens_the_app_by_a_name_it_does_not_know_is_shown_words(quick_app):
    headers = {"Host": "workbench.example", "Accept": "text/html,*/*"}
    answer = httpx.get(quick_app.url, headers=headers)
    assert answer.status_code == 400 and answer.headers["content-type"].startswith("text/html")
    assert "--allowed-host" in answer.text and "workbench.example" in answer.text


def root_in(answer: httpx.Response) -> str:
    return answer.json()["root"]


def test_what_a_proxy_says_is_believed_of_a_trusted_one_only(proxied, quick_app):
    said = {"X-Forwarded-Host": "localhost:9", "X-Forwarded-Proto": "https", "X-Gradio-Server": "http://evil"}
    assert root_in(httpx.get(f"{quick_app.url}/config", headers=said)) == quick_app.url
    trusting = proxied[4].url
    assert root_in(httpx.get(f"{trusting}/config", headers=said)) == "https://localhost:9/workbench"
    evil = httpx.get(f"{trusting}/config", headers={"X-Forwarded-Host": "evil.example"})
    assert evil.status_code == 400
    several = {"X-Forwarded-Host": "evil.example, localhost:9"}  # appended by the proxy that is trusted
    assert root_in(httpx.get(f"{trusting}/config", headers=several)) == "http://localhost:9/workbench"


def test_a_proxy_may_leave_the_path_as_it_is(proxied):
    answer = httpx.get(f"{proxied[4].url}/workbench/healthz")
    assert answer.json() == httpx.get(f"{proxied[4].url}/healthz").json()
    assert httpx.get(f"{proxied[4].url}/workbench/monitoring").status_code == 404
