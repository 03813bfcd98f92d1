"""Programs with a token, over plain HTTP, gradio_client and MCP, on a server that asks for a login."""

import json

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from helpers.browsing import glyph, logged
from helpers.small_checkpoints import promote_small
from siamese_core.accounts.account_file import AccountFile
from siamese_core.accounts.audit import AuditLog

pytestmark = pytest.mark.soak
MCP = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


@pytest.fixture(scope="module")
def team(serve, tmp_path_factory):
    """A server with an annotator's and a reviewer's token, by name."""
    home = tmp_path_factory.mktemp("programs") / "workspace"
    promote_small(home, "koch", "resnet50")
    file = AccountFile(home / "users.json")
    file.add_user("Oda", "owner", "correct horse")
    server = serve("--auth", str(file.path), "--mcp", workspace=home)
    server.wait_until_ready()
    tokens = {name: file.add_token(name, name.split()[0]) for name in ("annotator one", "reviewer two")}
    return server, tokens, file


def client_of(server, token: str) -> Client:
    bearer = {"Authorization": f"Bearer {token}"}
    return Client(server.url, headers=bearer, verbose=False, analytics_enabled=False)


def called_tool(server, token: str, name: str, **arguments) -> str:
    wanted = {"name": name, "arguments": arguments}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": wanted}
    bearer = MCP | {"Authorization": f"Bearer {token}"}
    answer = httpx.post(f"{server.url}/gradio_api/mcp/", json=call, headers=bearer, timeout=60)
    line = next(each for each in answer.text.splitlines() if each.startswith("data: "))
    return json.loads(line.removeprefix("data: "))["result"]["content"][0]["text"]


def test_a_program_s_answers_carry_its_token_s_name_and_it_undoes_its_own(team, tmp_path):
    server, tokens, _ = team
    for seed in (1, 2):
        (tmp_path / f"{seed}.png").write_bytes(glyph(seed))
    pair = [handle_file(tmp_path / f"{seed}.png") for seed in (1, 2)]
    one, two = (client_of(server, token) for token in tokens.values())
    compared = one.predict(*pair, api_name="/compare")
    ids = compared["left"], compared["right"]
    by_one = one.predict(*ids, "same", "somebody else", api_name="/answer")["label_id"]
    by_two = two.predict(*ids, "different", api_name="/answer")["label_id"]
    told = json.loads(
        called_tool(
            server,
            tokens["annotator one"],
            "answer",
            left_id=ids[0],
            right_id=ids[1],
            answer="unsure",
            agent="typed",
        )
    )
    assert told["saved"] and one.predict(told["label_id"], api_name="/undo")["saved"]
    names = [(row.annotator, row.source) for row in logged(server.workspace)[:3]]
    assert names == [("annotator one", "api"), ("reviewer two", "api"), ("agent annotator one", "agent")]
    with pytest.raises(AppError, match="their own answers") as refused:
        one.predict(by_two, api_name="/undo")
    assert refused.value.title == "forbidden"
    assert one.predict(by_one, api_name="/undo")["saved"] and two.predict(by_two, api_name="/undo")["saved"]
    noted = [(each["what"], each["who"], each["where"]) for each in AuditLog(server.workspace).entries()]
    assert noted == [("undo", name, "127.0.0.1") for name in ("annotator one", *tokens)]
    assert all(len(each["request"]) == 12 for each in AuditLog(server.workspace).entries())
    for client in (one, two):
        client.close()


def test_a_removed_token_counts_no_more(team):
    server, tokens, file = team
    bearer = {"Authorization": f"Bearer {tokens['reviewer two']}"}
    assert httpx.get(f"{server.url}/metrics", headers=bearer).status_code in (200, 501)
    file.remove("tokens", "reviewer two")
    assert httpx.get(f"{server.url}/metrics", headers=bearer).status_code == 401
    assert httpx.post(f"{server.url}/gradio_api/mcp/", json={}, headers=MCP).status_code == 401
    assert tokens["reviewer two"] not in server.log()
