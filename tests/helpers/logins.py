"""Accounts for tests, whose passwords take no second to hash."""

from argon2 import PasswordHasher

from siamese_core.accounts import passwords
from siamese_core.accounts.account_file import AccountFile
from siamese_core.accounts.roles import ROLES

PASSWORD = "correct horse"
PEOPLE = dict(zip(("Ann", "Rex", "Oda"), ROLES, strict=True))


def hash_quickly(monkeypatch) -> None:
    """Hash with the least memory and time that Argon2 takes."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords._nobodys_hash.cache_clear()
    monkeypatch.setattr(passwords, "_hasher", lambda: quick)


def three_people(file: AccountFile) -> AccountFile:
    """Add Ann the annotator, Rex the reviewer and Oda the owner, all with `PASSWORD`."""
    for name, role in PEOPLE.items():
        file.add_user(name, role, PASSWORD)
    return file
