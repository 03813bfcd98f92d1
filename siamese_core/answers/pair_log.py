"""The append-only log of people's answers: one row an event, shared by several processes.

An answer is on disk before `append` returns. `stores` keeps the rows in `pairs.csv` or in a table of
PostgreSQL, `log_csv` writes and scans the text of the file, `label_row` has the columns.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from siamese_core.answers.counts import LogCounts
from siamese_core.answers.label_row import LabelRow, completed
from siamese_core.answers.log_contents import LogContents
from siamese_core.answers.log_import import ReadAnswers, read_answers
from siamese_core.answers.settled import conflicting_labels, settled_labels, standing_labels
from siamese_core.answers.stores.log_snapshot import LOG_NAME
from siamese_core.answers.stores.log_store import open_store
from siamese_core.answers.stores.urls import require_url
from siamese_core.atomic import replace_file
from siamese_core.data.tables import WrongRow
from siamese_core.errors import INVALID, UserError
from siamese_core.images.store import ImageStore

# The columns by which an answer that is sent again is told from another one with its label_id.
SAME_ANSWER = ("event", "target_id", "session_id", "left_id", "right_id", "answer")


@dataclass(frozen=True)
class LogReport(LogCounts):
    """The counts of the log, and what could not be used.

    rejected: lines of the log (0: of none), or of the file that was imported. added: rows that the call
    appended; known: rows of that file that the log had already; notes: what was not clear, in words.
    """

    rejected: list[WrongRow]
    added: int = 0
    known: int = 0
    notes: tuple[str, ...] = ()

    def json(self) -> dict:
        return {
            "rows": self.rows,
            "labels": self.labels,
            "corrections": self.corrections,
            "conflicts": self.conflicts,
            "rejected": [{"line": each.line, "why": each.why} for each in self.rejected],
        }


class PairLog:
    """The log at `place`: the path of its file, or the URL of a PostgreSQL database.

    One object serves all threads of a process; the first row makes the file or the table. Every method raises
    UserError where the log cannot be read or written, or is none. name: the place, without a password; path:
    the file, None where there is none.
    """

    def __init__(self, place: Path | str):
        self._store = open_store(place)
        self.name, self.path = self._store.name, self._store.path

    def append(self, row: LabelRow) -> str:
        """Append the row and return its label_id once it is on disk.

        Fills in schema, label_id, event and created_at where they are empty.
        """
        return self.append_many([row])[0]

    def append_many(self, rows: Sequence[LabelRow]) -> list[str]:
        """Append all rows in one write, or none: UserError if one is unfit or in the log already."""
        fit = [completed(row) for row in rows]

        def add(contents: LogContents) -> None:
            for row in fit:
                if why := contents.add(row):
                    raise _unfit(why, "unknown_label" if row.event == "undo" else INVALID)

        return [row.label_id for row in self._store.append(add)]

    def append_once(self, row: LabelRow) -> str:
        """Append the row unless its label_id is in the log already, so that it may be sent again.

        UserError if that label_id belongs to another answer.
        """
        row = completed(row)

        def add(contents: LogContents) -> None:
            known = contents.event(row.label_id)
            if (known is None or not _is_same_answer(known, row)) and (why := contents.add(row)):
                raise _unfit(why, "request_id_reused" if known else INVALID)

        self._store.append(add)
        return row.label_id

    def undo(self, label_id: str, annotator: str, session_id: str, source: str = "page") -> str:
        """Append that a label is taken back; UserError if it is unknown or taken back already."""
        who = {"annotator": annotator, "session_id": session_id, "source": source}
        return self.append(LabelRow(event="undo", target_id=label_id, **who))

    def holds(self, label_id: str) -> bool:
        """Return whether an answer or an undo with this id is in the log."""
        return self._store.ask(lambda contents: label_id in contents)

    def rows(self, start: int = 0) -> list[LabelRow]:
        """Return every event, oldest first, from the one of this number on."""
        return self._store.ask(lambda contents: contents.rows[start:])

    def latest(self, count: int) -> list[LabelRow]:
        """Return the last of the answers that stand, the latest first; the log may be of any length."""
        return self._store.ask(lambda contents: contents.latest_standing(count))

    def of_session(self, session_id: str) -> list[LabelRow]:
        """Return the answers of a session that are not taken back, oldest first, replaced ones among them."""
        return self._store.ask(lambda contents: contents.of_session(session_id))

    def labels(self) -> list[LabelRow]:
        """Return the answers that stand: not undone, the latest of each annotator on each pair."""
        return standing_labels(self.rows())

    def conflicts(self) -> list[tuple[LabelRow, ...]]:
        """Return, for each pair on which annotators disagree, their standing answers."""
        return conflicting_labels(self.labels())

    def settled(self) -> list[LabelRow]:
        """Return the answers that may be trained on: standing, sure, and contradicted by nobody."""
        return settled_labels(self.rows())

    def counts(self) -> LogCounts:
        """Return what `check` counts, at the cost of the rows that are new since the last call."""
        return self._store.ask(LogContents.counts)

    def problem(self) -> str | None:
        """Say what is wrong with the log, if anything: not readable, saved by another program, answers gone.

        Raises nothing, and costs what the rows since the last call cost.
        """
        return self._store.problem()

    def check(self) -> LogReport:
        """Report on the log and change nothing; torn ends and lost answers are among the rejected."""
        _, counts, rejected = self._store.read()
        return LogReport(**vars(counts), rejected=rejected)

    def import_csv(self, path: Path, images: ImageStore) -> LogReport:
        """Append the answers of a CSV, but for those that the log has already.

        It names images by id, or files by path as seen from it: these are stored. Reports on the log as it
        then is, and on the lines of the CSV that were rejected.
        """
        return self.take_read(read_answers(Path(path), images))

    def take_read(self, found: ReadAnswers) -> LogReport:
        """Append answers that were read from a file, as `import_csv` does."""
        rows = [(each.line, each.row, each.repeats) for each in found.rows]
        return self._take_in(rows, found.rejected, tuple(found.notes))

    def copy_from(self, other: "PairLog") -> LogReport:
        """Append the rows of another log as they are, but for those that this one has already."""
        return self.take_in(other.rows())

    def take_in(self, rows: Sequence[LabelRow]) -> LogReport:
        """Append whole rows as they are, but for those that the log has already; reports as `import_csv`."""
        numbered = enumerate(rows, start=1)
        return self._take_in([(number, row, row.__eq__) for number, row in numbered])

    def _take_in(
        self,
        rows: Sequence[tuple[int, LabelRow, Callable[[LabelRow], bool]]],
        wrong: Sequence[WrongRow] = (),
        notes: tuple[str, ...] = (),
    ) -> LogReport:
        """Append the new ones of the rows: (line, row, whether a row with its label_id repeats it)."""
        known, unfit = 0, []

        def add(contents: LogContents) -> None:
            nonlocal known, unfit
            known, unfit = 0, []
            for line, row, repeats in rows:
                there = contents.event(row.label_id)
                if there is not None and repeats(there):
                    known += 1
                elif why := contents.add(row):
                    unfit.append(WrongRow(line, why))

        added = len(self._store.append(add))
        rejected = sorted([*wrong, *unfit], key=lambda each: each.line)
        return LogReport(**vars(self.counts()), rejected=rejected, added=added, known=known, notes=notes)

    def snapshot(self, folder: Path) -> list[LabelRow]:
        """Write the log as `pairs.csv` into `folder`, with what is kept beside it; return its rows."""
        return self._store.snapshot(folder)

    def export(self, path: Path) -> LogReport:
        """Write the good rows as a new CSV, whole or not at all, which can be imported again."""
        from siamese_core.answers.answer_table import log_text  # imports pandas, which takes long

        path = Path(path)
        rows, counts, rejected = self._store.read()
        try:
            if self.path and path.exists() and self.path.exists() and path.samefile(self.path):
                raise UserError(
                    f"An export needs a file of its own. Received: the log, {path.name}. Name another."
                )
            replace_file(path, log_text(rows).encode())
        except OSError as error:
            raise UserError(
                f"An export goes to a file in an existing folder. Received: {path.name}: {error.strerror}. "
                "Name another, or make room."
            ) from error
        return LogReport(**vars(counts), rejected=rejected)


def log_of(workspace: Path, url: str = "") -> PairLog:
    """Open the log of a workspace: its file, or the database of `url` that keeps the answers in its place."""
    if url:
        require_url(url)
    return PairLog(url or workspace / LOG_NAME)


def _unfit(why: str, code: str) -> UserError:
    return UserError(
        "The log takes complete new rows and undoes labels that stand. "
        f"Received: {why}. Correct the row, or choose another label.",
        code,
    )


def _is_same_answer(known: LabelRow, row: LabelRow) -> bool:
    return all(getattr(known, name) == getattr(row, name) for name in SAME_ANSWER)
