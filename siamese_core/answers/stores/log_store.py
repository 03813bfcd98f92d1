"""What every store of the log can do, and which one a place names."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from siamese_core.answers.counts import LogCounts
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.log_contents import LogContents
from siamese_core.answers.stores.log_file import LogFile
from siamese_core.answers.stores.log_table import LogTable
from siamese_core.answers.stores.urls import is_url
from siamese_core.data.tables import WrongRow

Told = TypeVar("Told")


class LogStore(Protocol):
    """Keeps the rows of a log. One object serves all threads of a process; other processes share the rows.

    name: the place, for people, without a password; path: the file, None where there is none. Every method
    but `problem` raises UserError where the store cannot be read or written; its cause is an OSError where
    the same may work later.
    """

    name: str
    path: Path | None

    def ask(self, question: Callable[[LogContents], Told]) -> Told:
        """Return what `question` finds in the contents; costs that and the rows since the last call."""

    def append(self, add: Callable[[LogContents], None]) -> list[LabelRow]:
        """Append the rows that `add` adds to the contents, which nobody else changes meanwhile.

        They are on disk when this returns. `add` may be called again, with contents that have grown.
        """

    def problem(self) -> str | None:
        """Say what is wrong with the store, if anything, at the cost of the rows since the last call."""

    def read(self) -> tuple[list[LabelRow], LogCounts, list[WrongRow]]:
        """Return every good row, oldest first, their counts, and what could not be used."""

    def snapshot(self, folder: Path) -> list[LabelRow]:
        """Write the log as `pairs.csv` into `folder`, with all that is kept beside it; return its rows."""


def open_store(place: Path | str) -> LogStore:
    """Return the store of a log: that of the URL of a PostgreSQL database, else that of a file."""
    return LogTable(str(place)) if is_url(place) else LogFile(Path(place))
