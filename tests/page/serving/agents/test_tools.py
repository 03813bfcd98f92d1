"""Agents get six tools and nothing else of the page; their answers are told apart and train nothing alone."""

import asyncio
import base64
import json
import threading
from dataclasses import replace

import httpx
import pytest

from helpers.browsing import glyph, logged
from helpers.labelling import drawn_classes
from helpers.small_checkpoints import promote_small
from siamese_core.accounts.account_file import AccountFile
from siamese_core.answers.pair_log import log_of
from siamese_core.errors import UserError
from siamese_core.page.serving import options
from siamese_core.page.serving.agents import tools
from siamese_core.page.serving.agents.pictures import sent_image
from siamese_core.page.serving.agents.tools import TOOLS, AgentTools


def data_url(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("/etc/passwd", "not_uploaded"),
        ("http://127.0.0.1/a.png", "not_uploaded"),
        (None, "not_uploaded"),
        ("data:image/png;base64,*", "not_an_image"),
        (data_url(b"no image"), "not_an_image"),
    ],
)
def test_an_agent_gives_images_as_data_or_by_id_and_in_no_other_way(sent, code):
    with pytest.raises(UserError, match="Received: ") as raised:
        sent_image(None, sent, "left")
    assert raised.value.code == code


def test_every_tool_and_parameter_is_explained():
    for name in TOOLS:
        tool = getattr(AgentTools, name)
        summary, _, parameters = tool.__doc__.partition("Args:")
        assert summary.strip()
        named = set(tool.__annotations__) - {"return"}
        assert all(f" {each}: " in parameters for each in named)


def test_a_tool_that_gets_no_place_says_so(monkeypatch):
    monkeypatch.setattr(tools, "PATIENCE_SECONDS", 0.01)
    full = threading.BoundedSemaphore(1)
    held = tools.told_to_agents(lambda: tools.told_to_agents(str, full)(), full)
    with pytest.raises(tools.ToolError, match="At most 16 tools") as raised:
        held()
    assert str(raised.value).startswith("too_many_requests: ")
    assert full.acquire(blocking=False)


def test_what_the_option_needs_is_told(monkeypatch):
    monkeypatch.setattr(options, "find_spec", lambda name: None)
    options.check_mcp(False)
    with pytest.raises(UserError, match="pip install 'mcp"):
        options.check_mcp(True)


@pytest.fixture(scope="module")
def server(serve, tmp_path_factory):
    home = tmp_path_factory.mktemp("agents")
    drawn_classes(home / "images")
    promote_small(home / "workspace", "koch", "resnet50")
    asked = ["--mcp", "--root-path", "/below", "--images", str(home / "images")]
    server = serve(*asked, workspace=home / "workspace")
    server.wait_until_ready()
    assert server.printed("Agents (MCP): ") == f"{server.url}/below/gradio_api/mcp/"
    return replace(server, url=f"{server.url}/below")


def calls(url: str, *wanted: tuple[str, dict], token: str = "") -> list:
    """What the tools answer, each by its name and arguments, through the client of the package mcp."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def work() -> list:
        async with (
            httpx.AsyncClient(headers=headers, timeout=60, trust_env=False) as http,
            streamable_http_client(f"{url}/gradio_api/mcp/", http_client=http) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            if not wanted:
                return (await session.list_tools()).tools
            return [await session.call_tool(name, arguments) for name, arguments in wanted]

    return asyncio.run(work())


@pytest.mark.soak
def test_an_agent_sees_six_tools_with_their_parameters_explained(server):
    found = calls(server.url)
    assert [each.name for each in found] == list(TOOLS)
    for each in found:
        assert each.description and all(p["description"] for p in each.inputSchema["properties"].values())
    assert found[0].inputSchema["required"] == ["left", "right"]
    schema = httpx.get(f"{server.url}/gradio_api/mcp/schema", trust_env=False)
    assert schema.status_code == 404


@pytest.mark.soak
def test_an_agent_compares_classifies_and_finds(server):
    one, other = data_url(glyph(1)), data_url(glyph(2))
    told = calls(
        server.url,
        ("compare", {"left": one, "right": other}),
        ("one_shot", {"query": one, "support": [one, other], "classes": ["alef", "bet"]}),
        ("find", {"query": one, "top": 3}),
        ("status", {}),
    )
    compared, ranked, found, status = (json.loads(each.content[0].text) for each in told)
    assert [each["encoder"] for each in compared["results"]] == ["koch", "resnet50"]
    assert ranked["results"][0]["pick"] == "alef"
    assert len(found["results"][0]["matches"]) == 3
    assert status["ready"] is True
    again = calls(server.url, ("compare", {"left": compared["left"], "right": compared["right"]}))
    assert json.loads(again[0].content[0].text) == compared


@pytest.mark.soak
def test_an_answer_of_an_agent_is_one_row_of_its_own_source_and_settles_nothing(server):
    told = calls(server.url, ("next_pairs", {"count": 1, "agent": "Bot"}))
    pair = json.loads(told[0].content[0].text)["pairs"][0]
    given = {"left_id": pair["left"], "right_id": pair["right"], "answer": "same", "agent": "Bot"}
    told = calls(server.url, *[("answer", given | {"request_id": "1"})] * 2)
    first, second = (json.loads(each.content[0].text) for each in told)
    assert first == second
    rows = [row for row in logged(server.workspace) if row.label_id == first["label_id"]]
    assert [(row.source, row.annotator, row.task) for row in rows] == [("agent", "agent Bot", "queue")]
    assert float(rows[0].probability) == pytest.approx(pair["probability"])
    assert log_of(server.workspace).settled() == []


@pytest.mark.soak
def test_an_agent_is_told_its_errors_with_their_codes(server):
    told = calls(
        server.url,
        ("compare", {"left": "/etc/passwd", "right": data_url(glyph(1))}),
        ("answer", {"left_id": "0" * 64, "right_id": "1" * 64, "answer": "same"}),
        ("undo", {"label_id": "1"}),
        ("agent_answer", {}),
    )
    assert all(each.isError for each in told)
    texts = [each.content[0].text for each in told]
    assert texts[0].startswith("not_uploaded: left must be the id of an image")
    assert texts[1].startswith("unknown_image: The image must be in the workspace")
    assert all("nknown tool" in text for text in texts[2:])
    assert "Traceback" not in server.log()


@pytest.mark.soak
@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("", {}, 404),
        ("/sse", {}, 404),
        ("", {"origin": "http://example.org"}, 403),
        ("", {"host": "example.org"}, 400),
    ],
)
def test_the_guard_stands_before_the_tools(server, path, headers, status):
    answer = httpx.get(f"{server.url}/gradio_api/mcp{path}", headers=headers, trust_env=False)
    assert (answer.status_code, bool(answer.json()["code"])) == (status, True)


@pytest.mark.soak
def test_without_the_option_there_is_nothing_for_agents(quick_app):
    answer = httpx.post(f"{quick_app.url}/gradio_api/mcp/", json={}, trust_env=False)
    assert answer.status_code == 404
    assert "agent_" not in httpx.get(f"{quick_app.url}/gradio_api/info", trust_env=False).text


@pytest.mark.soak
def test_behind_a_login_an_agent_needs_a_token_and_has_its_name(serve, tmp_path):
    home = tmp_path / "workspace"
    promote_small(home, "koch", "resnet50")
    accounts = AccountFile(home / "users.json")
    accounts.add_user("Oda", "owner", "correct horse")
    token = accounts.add_token("Robot", "annotator")
    server = serve("--mcp", "--auth", str(home / "users.json"), workspace=home)
    server.wait_until_ready()
    refused = httpx.post(f"{server.url}/gradio_api/mcp/", json={}, trust_env=False)
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    pair = {"left": data_url(glyph(1)), "right": data_url(glyph(2))}
    compared = json.loads(calls(server.url, ("compare", pair), token=token)[0].content[0].text)
    given = {"left_id": compared["left"], "right_id": compared["right"], "answer": "same", "agent": "Oda"}
    calls(server.url, ("answer", given), token=token)
    assert [(row.source, row.annotator) for row in logged(home)] == [("agent", "agent Robot")]


@pytest.mark.soak
def test_a_server_ends_although_an_agent_listens(serve, tmp_path):
    home = tmp_path / "workspace"
    promote_small(home, "koch", "resnet50")
    server = serve("--mcp", workspace=home)
    server.wait_until_ready()
    accepts = {"accept": "text/event-stream"}
    with httpx.stream("GET", f"{server.url}/gradio_api/mcp/", headers=accepts, trust_env=False) as listening:
        assert listening.status_code == 200
        server.process.terminate()
        assert server.process.wait(timeout=60) == 0
