"""Who is in the file of accounts: hashed, private, read again when it changes."""

import json
import os
import stat

import pytest

from helpers.logins import PASSWORD, hash_quickly
from siamese_core.accounts.account_file import AccountFile
from siamese_core.accounts.passwords import matches
from siamese_core.accounts.roles import ROLES, allows
from siamese_core.errors import UserError


@pytest.fixture
def file(tmp_path, monkeypatch) -> AccountFile:
    hash_quickly(monkeypatch)
    return AccountFile(tmp_path / "users.json")


def test_a_password_is_stored_as_an_argon2_hash_that_only_it_matches(file):
    file.add_user("Ada", "owner", PASSWORD)
    secret = file.accounts().users["Ada"].secret
    assert secret.startswith("$argon2id$") and PASSWORD not in file.path.read_text()
    assert matches(PASSWORD, secret) and not matches(PASSWORD + "r", secret) and not matches(PASSWORD, None)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_only_the_owner_of_the_file_can_read_it(file):
    file.add_token("nightly", "annotator")
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_a_change_by_another_process_counts_at_once(file):
    file.add_token("nightly", "annotator")
    other = AccountFile(file.path)
    assert set(other.accounts().tokens) == {"nightly"}
    file.remove("tokens", "nightly")
    assert not other.accounts().tokens


def test_a_token_has_256_bits_and_is_found_by_itself_alone(file):
    token = file.add_token("nightly", "reviewer")
    found = file.accounts()
    assert len(token) >= 43 and token not in file.path.read_text()
    assert found.of_token(token).name == "nightly"
    assert found.of_token(token[:-1]) is None and found.of_token("") is None


def test_a_name_is_one_account_whatever_its_case_or_kind(file):
    file.add_token("Ada", "annotator")
    with pytest.raises(UserError, match="has one already"):
        file.add_user("ada", "annotator", PASSWORD)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 81])
def test_a_name_that_does_not_fit_the_log_is_refused(file, name):
    with pytest.raises(UserError, match="Received: "):
        file.add_token(name, "annotator")


@pytest.mark.parametrize(
    "content", ["", "[]", '{"format": "other"}', '{"format": "siamese-workbench accounts", "version": 99}']
)
def test_a_file_that_is_none_lets_nobody_in_and_is_told(file, content):
    file.path.write_text(content)
    with pytest.raises(UserError, match="--auth names a file"):
        file.accounts()


def test_a_role_may_do_what_those_below_it_may():
    assert [[allows(role, needed) for needed in ROLES] for role in ROLES] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]


def test_a_role_and_a_password_can_be_changed(file):
    file.add_user("Ada", "annotator", PASSWORD)
    file.set_role("Ada", "owner")
    file.set_password("Ada", "another horse")
    found = file.accounts().users["Ada"]
    assert found.role == "owner" and matches("another horse", found.secret)
    assert json.loads(file.path.read_text())["users"]["Ada"]["role"] == "owner"
    with pytest.raises(UserError, match="one of the users: Ada"):
        file.set_role("Bob", "owner")
