"""Remember on disk which rows the hub has confirmed, and what is being sent to it.

    WORKSPACE/sync/OWNER--NAME/server           the random id of this workspace there
                              /confirmed/*.jsonl  shards that are on the hub: of this server and of others
                              /sending/*.jsonl    the one shard whose commit is not confirmed

A shard is written before it is sent and moves once the hub has answered. Where the process dies in between,
the same file is sent again under the same name: the hub then has it once.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from siamese_core.answers.label_row import LabelRow
from siamese_core.atomic import flush_names, remove_leftovers, replace_file
from siamese_core.syncing.order import PlacedRow, placed
from siamese_core.syncing.shards import NAME, new_server_id, number_of, read_shard, shard_name, shard_text


class Ledger:
    """The confirmed shards of one repository in a workspace; for one process and one thread at a time.

    known: label ids that the hub has; images: ids of the images of these rows.
    """

    def __init__(self, workspace: Path, repository: str):
        self.folder = ledger_folder(workspace, repository)
        self._confirmed, self._sending = self.folder / "confirmed", self.folder / "sending"
        for each in (self._confirmed, self._sending):
            each.mkdir(parents=True, exist_ok=True)
        self.server = self._server_id()
        self.known: set[str] = set()
        self.images: set[str] = set()
        self._last = 0  # the latest moment among the rows that this server knew
        self._fetched = 0  # and among those that were added since
        self._drop_damaged()
        for rows in self._shards():
            self._note(rows)

    def confirmed_names(self) -> set[str]:
        """Return the names of the shards that the hub has."""
        return {each.name for each in self._confirmed.iterdir() if NAME.fullmatch(each.name)}

    def rows(self) -> list[PlacedRow]:
        """Return the rows of all confirmed shards."""
        return [row for rows in self._shards() for row in rows]

    def add(self, name: str, content: bytes) -> None:
        """Keep a shard that the hub has given. ValueError where it cannot be read."""
        rows = read_shard(content)
        replace_file(self._confirmed / name, content)
        last = self._last
        self._note(rows)
        self._last, self._fetched = last, max(self._fetched, self._last)

    def accept(self) -> None:
        """Let what is prepared from now on come after the shards that were added.

        Not before the rows are sent that this workspace had: they were given without knowing the others.
        """
        self._last = max(self._last, self._fetched)

    # What is being sent

    def sending(self) -> Path | None:
        """Return the shard whose commit is not confirmed, if there is one."""
        return next((each for each in self._sending.iterdir() if NAME.fullmatch(each.name)), None)

    def sending_rows(self) -> list[LabelRow]:
        """Return the rows of the shard that is being sent."""
        file = self.sending()
        return [each.row for each in read_shard(file.read_bytes())] if file else []

    def prepare(self, rows: list[LabelRow]) -> Path:
        """Write rows, in the order of the log, as the next shard to be sent, and return it."""
        file = self._sending / shard_name(self.server, self._next_number())
        remove_leftovers(file)
        replace_file(file, shard_text(placed(rows, self._last)).encode())
        return file

    def confirm(self) -> None:
        """Note that the hub has the shard that is being sent."""
        file = self.sending()
        rows = read_shard(file.read_bytes())
        os.replace(file, self._confirmed / file.name)
        flush_names(self._confirmed)
        self._note(rows)

    def take_new_id(self) -> None:
        """Go on under another id, as a workspace must whose copy sends under the same one."""
        file = self.sending()
        self.server = new_server_id()
        replace_file(self.folder / "server", self.server.encode())
        os.replace(file, self._sending / shard_name(self.server, 1))
        flush_names(self._sending)

    def _next_number(self) -> int:
        return 1 + max((number_of(each, self.server) for each in self.confirmed_names()), default=0)

    def _server_id(self) -> str:
        file = self.folder / "server"
        kept = file.read_text() if file.is_file() else ""
        if NAME.fullmatch(shard_name(kept, 1)):
            return kept
        replace_file(file, (made := new_server_id()).encode())
        return made

    def _drop_damaged(self) -> None:
        """Delete shards that a disk has damaged: the hub has the confirmed ones, the log has all rows."""
        for file in [*self._confirmed.glob("*.jsonl"), *self._sending.glob("*.jsonl")]:
            try:
                read_shard(file.read_bytes())
            except ValueError:
                file.unlink()

    def _shards(self) -> Iterator[list[PlacedRow]]:
        for name in sorted(self.confirmed_names()):
            yield read_shard((self._confirmed / name).read_bytes())

    def _note(self, rows: list[PlacedRow]) -> None:
        for each in rows:
            self.known.add(each.row.label_id)
            self.images |= {each.row.left_id, each.row.right_id} - {""}
            self._last = max(self._last, each.moment)


def ledger_folder(workspace: Path, repository: str) -> Path:
    """Return where a workspace remembers what a repository has."""
    return workspace / "sync" / repository.replace("/", "--")


def confirmed_ids(workspace: Path, repository: str) -> set[str]:
    """Return the label ids that a repository has, as a workspace remembers them; changes nothing."""
    found: set[str] = set()
    for file in (ledger_folder(workspace, repository) / "confirmed").glob("*.jsonl"):
        with contextlib.suppress(ValueError, FileNotFoundError):  # damaged
            found |= {each.row.label_id for each in read_shard(file.read_bytes())}
    return found
