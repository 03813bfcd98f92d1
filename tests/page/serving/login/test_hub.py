"""The login with Hugging Face, against a local provider of OpenID Connect with real keys and tokens."""

import json
import threading
import time
from argparse import Namespace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from starlette.testclient import TestClient

from siamese_core.accounts.account_file import AccountFile
from siamese_core.accounts.audit import AuditLog
from siamese_core.errors import UserError
from siamese_core.page.parts.callers import CALLER
from siamese_core.page.serving.login.entrance import Entrance, entrance_of
from siamese_core.page.serving.login.gate import Gate
from siamese_core.page.serving.login.hub import NEEDED, HubLogin, open_hub
from siamese_core.page.serving.policy import Policy

SPACE = "https://ada-workbench.hf.space"


def test_it_is_refused_in_words_where_there_is_no_space_or_no_owner(monkeypatch, tmp_path):
    for name in NEEDED:
        monkeypatch.delenv(name, raising=False)
    options = Namespace(auth_hub=True, auth=None, owners=["ada"], workspace=tmp_path, port=7860)
    with pytest.raises(UserError, match="SPACE_ID, OAUTH_CLIENT_ID"):
        entrance_of(options)
    for name in NEEDED:
        monkeypatch.setenv(name, "x")
    with pytest.raises(UserError, match="--owners"):
        open_hub([])


def provider() -> ThreadingHTTPServer:
    """A provider that knows one account, ada; it answers with tokens that it has signed."""
    from joserfc import jwt
    from joserfc.jwk import RSAKey

    key, nonces = RSAKey.generate_key(2048, parameters={"kid": "one"}), {}

    class Provider(BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            url = urlsplit(self.path)
            if url.path == "/authorize":
                asked = {name: values[0] for name, values in parse_qs(url.query).items()}
                nonces["code"] = asked.get("nonce")
                back = f"{asked['redirect_uri']}&{urlencode({'code': 'code', 'state': asked['state']})}"
                self.send_response(303)
                self.send_header("Location", back)
                self.end_headers()
            elif url.path == "/keys":
                self.tell({"keys": [key.as_dict(private=False)]})
            else:
                ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
                told = {name: f"{self.server.url}/{end}" for name, end in ends.items()}
                told |= {"issuer": self.server.url, "id_token_signing_alg_values_supported": ["RS256"]}
                self.tell(told)

        def do_POST(self):  # noqa: N802
            self.rfile.read(int(self.headers["Content-Length"]))
            claims = {"iss": self.server.url, "aud": "client", "sub": "1", "preferred_username": "ada"}
            claims |= {"iat": int(time.time()), "exp": int(time.time()) + 60, "nonce": nonces["code"]}
            signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)
            self.tell({"access_token": "secret-token", "token_type": "bearer", "id_token": signed})

        def tell(self, content: dict):
            body = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *told):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


@pytest.mark.soak
def test_who_logs_in_at_hugging_face_has_a_session_and_the_role_of_their_name(monkeypatch, tmp_path):
    from gradio import oauth

    server = provider()
    space = {"SYSTEM": "spaces", "SPACE_ID": "ada/w", "SPACE_HOST": urlsplit(SPACE).netloc}
    for name, value in space.items():
        monkeypatch.setenv(name, value)
    known = {"CLIENT_ID": "client", "CLIENT_SECRET": "hidden", "SCOPES": "openid profile"}
    for name, value in known.items():
        monkeypatch.setattr(oauth, f"OAUTH_{name}", value)
    monkeypatch.setattr(oauth, "OPENID_PROVIDER_URL", server.url)
    entrance = Entrance(AccountFile(tmp_path / "none.json"), AuditLog(tmp_path), 7860, hub=HubLogin(("Ada",)))
    policy = Policy(tmp_path, hosts=frozenset({urlsplit(SPACE).netloc}), secure=True)

    async def page(scope, receive, send):
        told = f"{scope[CALLER].name} {scope[CALLER].role}".encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": told})

    client = TestClient(Gate(page, entrance, policy), base_url=SPACE, follow_redirects=False)
    assert "/login/huggingface?_target_url=/" in client.get("/login").text
    away = client.get("/login/huggingface?_target_url=/?tab=label")
    assert away.headers["location"].startswith(f"{server.url}/authorize?")
    back = httpx.get(away.headers["location"]).headers["location"]
    assert back.startswith(f"{SPACE}/login/callback?")
    arrived = client.get(back)
    assert (arrived.status_code, arrived.headers["location"]) == (303, "/?tab=label")
    assert "HttpOnly" in arrived.headers["set-cookie"] and "secret-token" not in str(arrived.headers)
    assert client.get("/").text == "ada owner"
    assert [each["who"] for each in entrance.audit.entries()] == ["ada"]
    fresh = TestClient(Gate(page, entrance, policy), base_url=SPACE, follow_redirects=False)
    fresh.get(back)  # a code that somebody else has begun with
    assert fresh.get("/").status_code == 401
    server.shutdown()
    server.server_close()
