"""A connection to PostgreSQL that is made anew when it is lost; failures are told without the password."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from siamese_core.answers.stores.urls import driver, parameters_of, shown_url
from siamese_core.errors import UserError

if TYPE_CHECKING:
    import psycopg

Told = TypeVar("Told")
CHANNEL = "pair_log"  # on which a table tells of new rows, as `pair_log.sql` has it
RETRY_SECONDS = 1.0  # in which a database that was not there is not asked for again
# An answer holds the lock for milliseconds, an import for minutes. Whoever has waited for it sees what was
# committed meanwhile. What a commit confirms is on disk.
SETTINGS = f"""
SET lock_timeout = '10s';
SET idle_in_transaction_session_timeout = '5min';
SET default_transaction_isolation = 'read committed';
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
LISTEN {CHANNEL};
"""


class Session:
    """The connection to the database that a URL names, for one thread at a time.

    name: the URL without user and password.
    """

    def __init__(self, url: str):
        self._parameters = parameters_of(url)
        self.name = shown_url(self._parameters)
        self._connection: psycopg.Connection | None = None
        self._refused: tuple[float, psycopg.Error] | None = None  # when and how the database was not there

    def run(self, work: "Callable[[psycopg.Connection], Told]") -> Told:
        """Return work(connection), where autocommit is on.

        Where the connection turns out to be lost, the work is done once more, with a new one. UserError where
        the database cannot be reached or refuses the work; its cause is an OSError where that can pass.
        """
        try:
            kept = self._connection is not None
            try:
                return work(self._connected())
            except driver().Error:
                if not (kept and self._is_lost()):
                    raise
            return work(self._connected())
        except driver().Error as problem:
            words = self._words(problem)
            lasting = isinstance(problem, driver().IntegrityError | driver().DataError)
            raise words from None if lasting else ConnectionError(str(words))

    def _connected(self) -> "psycopg.Connection":
        if self._connection is None or self._is_lost():
            self._connection = None
            if self._refused and time.monotonic() - self._refused[0] < RETRY_SECONDS:
                raise self._refused[1]
            try:
                self._connection = self._open()
            except driver().Error as problem:
                self._refused = time.monotonic(), problem
                raise
        return self._connection

    def _open(self) -> "psycopg.Connection":
        own = {"autocommit": True, "prepare_threshold": None, "client_encoding": "UTF8"}
        named = {"application_name": "siamese-workbench"} | self._parameters
        connection = driver().connect(**(named | own))
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            connection.close()
            raise UserError(
                "The database of a log has the encoding UTF8, since people write in every script. Received: "
                f"{encoding}. Make one: CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0.",
                code="storage_failed",
            )
        connection.execute(SETTINGS)
        return connection

    def _is_lost(self) -> bool:
        return self._connection is None or self._connection.closed

    def _words(self, problem: "psycopg.Error") -> UserError:
        said = problem.diag.message_primary or str(problem).split("failed: ")[-1] or type(problem).__name__
        said = said.strip().splitlines()[0].rstrip(".")
        if password := self._parameters.get("password"):
            said = said.replace(password, "...")
        return UserError(
            "The log must be a database that can be reached and written to. Received: "
            f"{self._parameters.get('dbname') or 'PostgreSQL'}: {said}. Start it, or correct its URL and "
            "rights: answers are saved again as soon as it is back.",
            code="storage_failed",
        )
