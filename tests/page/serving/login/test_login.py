"""Logging in and out, by forms without a script: slowed down, noted, safe from other sites."""

import re

import pytest

from helpers.logins import PASSWORD
from siamese_core.accounts.attempts import Attempts
from siamese_core.accounts.sessions import Sessions
from siamese_core.page.parts.callers import CALLER, Caller
from siamese_core.page.serving.head import HeadScripts
from siamese_core.page.serving.login.pages import safe_path

SESSION = "siamese_session_7860"


@pytest.fixture(autouse=True)
def anew(with_login):
    """Nobody has tried or is in yet."""
    with_login[1].attempts, with_login[1].sessions = Attempts(), Sessions()


def token_in(answer) -> str:
    return re.search(r'name="form_token" value="([^"]+)"', answer.text)[1]


def log_in(client, name: str = "Ann", password: str = PASSWORD, **fields):
    form = {"form_token": token_in(client.get("/login")), "name": name, "password": password}
    return client.post("/login", data=form | fields)


def whats(entrance) -> list[tuple[str, str]]:
    return [(each["what"], each["who"]) for each in entrance.audit.entries()]


def test_who_logs_in_gets_the_page_and_goes_on_where_they_wanted(client):
    asked = client.get("/?tab=label", headers={"Accept": "text/html"})
    assert (asked.status_code, asked.headers["location"]) == (303, "/login?next=/%3Ftab%3Dlabel")
    answer = log_in(client, next="/?tab=label")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?tab=label")
    page = client.get("/config")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")


def test_the_page_tells_its_scripts_who_has_logged_in_and_nothing_ends_the_script():
    known = {"path": "/", CALLER: Caller("</script>", "owner", "192.0.2.1", "secret")}
    told = HeadScripts(None).translated(known, "<head></head>", "en")
    assert r'"account": {"name": "\u003c/script\u003e", "role": "owner", "formToken": "secret"}' in told
    assert "account" not in HeadScripts(None).translated({"path": "/"}, "<head></head>", "en").split(";")[0]


def test_the_cookie_is_for_no_script_no_other_site_and_under_tls_no_open_network(client, with_login):
    told = log_in(client).headers["set-cookie"]
    assert f"{SESSION}=" in told and "HttpOnly" in told and "SameSite=lax" in told and "Secure" not in told
    client.cookies.clear()
    secure = {"Origin": "https://127.0.0.1:7860"}
    client.base_url = "https://127.0.0.1:7860"
    form = {"form_token": token_in(client.get("/login")), "name": "Ann", "password": PASSWORD}
    assert "Secure" in client.post("/login", data=form, headers=secure).headers["set-cookie"]


def test_a_wrong_password_and_an_unknown_name_are_told_alike(client, with_login):
    wrong, unknown = log_in(client, password="wrong horse"), log_in(client, name="hunter2hunter2")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace("Ann", "") == unknown.text.replace("hunter2hunter2", "")
    assert whats(with_login[1])[-2:] == [("login failed", "Ann"), ("login failed", "")]
    assert "hunter2" not in with_login[1].audit.path.read_text()


def test_guessing_is_slowed_down_for_the_right_password_too(client):
    for _ in range(5):
        assert log_in(client, password="wrong horse").status_code == 401
    answer = log_in(client)
    assert answer.status_code == 429 and "Too many tries" in answer.text


@pytest.mark.parametrize("fields", [{"form_token": "made up"}, {"form_token": ""}])
def test_a_form_of_another_site_logs_nobody_in(client, fields):
    assert log_in(client, **fields).status_code == 400
    assert SESSION not in client.cookies
    answer = client.post("/login", data={"name": "Ann"}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def test_a_logout_needs_the_page_s_own_form_and_ends_the_session(client, with_login):
    log_in(client)
    assert client.post("/logout", data={"form_token": "made up"}).status_code == 400
    assert client.get("/config").status_code == 200
    kept = client.cookies[SESSION]
    assert client.post("/logout", data={"form_token": token_in(client.get("/logout"))}).status_code == 303
    client.cookies.set(SESSION, kept)
    assert client.get("/config").status_code == 401
    assert whats(with_login[1])[-2:] == [("login", "Ann"), ("logout", "Ann")]


@pytest.mark.parametrize("change", ["remove", "password"])
def test_a_session_ends_at_once_when_its_user_is_removed_or_has_another_password(client, with_login, change):
    file = with_login[1].file
    file.add_user("Gus", "owner", PASSWORD)
    log_in(client, "gus")
    assert client.get("/config").status_code == 200
    if change == "password":
        file.set_password("Gus", "another horse")
        assert client.get("/config").status_code == 401
    file.remove("users", "Gus")
    assert client.get("/config").status_code == 401


def test_a_damaged_file_of_accounts_lets_nobody_in(client, with_login):
    file = with_login[1].file
    log_in(client)
    before = file.path.read_bytes()
    file.path.write_bytes(b"{")
    assert client.get("/config").status_code == 503
    file.path.write_bytes(before)


def test_a_program_s_token_opens_what_a_session_does_until_it_is_removed(client, with_login):
    token = with_login[1].file.add_token("nightly", "annotator")
    bearer = {"Authorization": f"Bearer {token}"}
    assert client.get("/config", headers=bearer).status_code == 200
    assert client.get("/config", headers={"Authorization": "Bearer made-up"}).status_code == 401
    with_login[1].file.remove("tokens", "nightly")
    assert client.get("/config", headers=bearer).status_code == 401


def test_the_forms_speak_the_reader_s_language_and_run_no_script(client):
    answer = client.get("/login?language=ko")
    assert 'lang="ko"' in answer.text and "비밀번호" in answer.text and "<script" not in answer.text
    assert "siamese_language=ko" in answer.headers["set-cookie"]
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("path", "onward"),
    [
        ("/?tab=find", "/?tab=find"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/logout", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\nb", "/"),
        ("", "/"),
    ],
)
def test_a_login_leads_to_this_page_only(path, onward):
    assert safe_path(path) == onward
