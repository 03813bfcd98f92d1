"""Hash passwords with Argon2id (RFC 9106), by the library argon2-cffi, which is an extra."""

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from siamese_core.errors import UserError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

FEWEST, MOST = 8, 200  # characters
NOBODYS = "of nobody, and compared for an unknown name, so that the time tells nothing"


def hashed(password: str) -> str:
    """Return the hash of a new password, with its salt and parameters. UserError where it is too short."""
    if not FEWEST <= len(password) <= MOST:
        raise UserError(
            f"A password has {FEWEST} to {MOST} characters. Received: one of {len(password)}. Choose another."
        )
    return _hasher().hash(_composed(password))


def matches(password: str, stored: str | None) -> bool:
    """Return whether the password is that of the hash; None, no account, takes as long and matches none."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        same = _hasher().verify(stored or _nobodys_hash(), _composed(password[: MOST + 1]))
    except (VerificationError, InvalidHashError):
        return False
    return same and stored is not None


def require_library() -> None:
    """Raise UserError where the library is not installed."""
    _hasher()


def _composed(password: str) -> str:
    """Return the letters as one code point each where they can be: keyboards differ in that."""
    return unicodedata.normalize("NFC", password)


@lru_cache
def _hasher() -> "PasswordHasher":
    try:
        from argon2 import PasswordHasher
    except ImportError as missing:
        raise UserError(
            "Passwords need the library argon2-cffi. Received: an installation without it. Install it: "
            "pip install '.[team]'"
        ) from missing
    return PasswordHasher()


@lru_cache
def _nobodys_hash() -> str:
    return _hasher().hash(NOBODYS)
