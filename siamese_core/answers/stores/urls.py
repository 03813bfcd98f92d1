"""URLs of a log in PostgreSQL: what they name, and how they are told without their password."""

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from siamese_core.errors import UserError

DIGITS = "0123456789,"  # of one port or of several
SCHEMES = ("postgresql://", "postgres://")
EXAMPLE = "postgresql://USER@HOST:5432/DATABASE"
# else a database that hangs, or a cable that is pulled, keeps people waiting for minutes
PATIENCE = {
    "connect_timeout": "5",  # seconds
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",  # milliseconds
}
UNREADABLE = (
    f"The log in PostgreSQL has a URL such as {EXAMPLE}; in its parts, a character such as @ : / or % is "
    "written as %40 %3A %2F or %25. Received: another one. Correct it."
)


def is_url(place: Path | str) -> bool:
    """Return whether a place is the URL of a PostgreSQL database, and not the path of a file."""
    return str(place).startswith(SCHEMES)


def require_url(url: str) -> None:
    """Raise UserError where it is no URL of a PostgreSQL database."""
    if not is_url(url):
        raise UserError(UNREADABLE)


def parameters_of(url: str) -> dict[str, str]:
    """Return the parameters of the connection that a URL names. UserError where it cannot be read."""
    psycopg = driver()
    try:
        given = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.Error:  # whose words repeat parts of the URL
        raise UserError(UNREADABLE) from None
    # where a password with / or @ as it is ends up
    if any("@" in given.get(part, "") for part in ("host", "dbname")) or given.get("port", "").strip(DIGITS):
        raise UserError(UNREADABLE)
    return PATIENCE | given


def shown_url(parameters: Mapping[str, str]) -> str:
    """Return the URL of a database for people: without user and password."""
    host, port, name = (parameters.get(part, "") for part in ("host", "port", "dbname"))
    return f"postgresql://{host}{port and f':{port}'}{name and f'/{name}'}"


def driver() -> ModuleType:
    """Import and return psycopg. UserError where the extra is not installed."""
    try:
        import psycopg
    except ImportError as missing:
        raise UserError(
            "A log in PostgreSQL needs psycopg. Received: no psycopg. Install the extra: pip install "
            "'psycopg[binary]'"
        ) from missing
    return psycopg
