"""Bring back from the hub what a workspace lacks, and merge what several servers sent into one log."""

import contextlib
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from siamese_core.answers.answer_table import log_text
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import PairLog
from siamese_core.answers.stores.log_snapshot import lock_of
from siamese_core.atomic import locked, replace_file
from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image, image_id
from siamese_core.images.store import ImageStore
from siamese_core.syncing.order import merged
from siamese_core.syncing.sending import Sender, image_path
from siamese_core.syncing.shards import FOLDER, NAME

log = logging.getLogger(__name__)
Progress = Callable[[str], None]


def restore(sender: Sender, progress: Progress) -> str | None:
    """Make log and images those of the hub and of this workspace together; send what only this one has.

    Return in words what could not be used, if anything. HubProblem where the hub cannot be asked: what was
    brought back by then stays.
    """
    unusable = _fetch_shards(sender, progress)
    while rows := sender.unsent():
        progress(f"{len(rows)} answers to be sent to the hub")
        sender.send(rows)
    sender.ledger.accept()
    rows = merged(sender.ledger.rows())
    write_log(sender.log, rows)
    gone = _fetch_images(sender, rows, progress)
    told = [f"{len(unusable)} files of answers that this version cannot read"] if unusable else []
    told += [f"{gone} images of answers that the hub has not either"] if gone else []
    return "; ".join(told) or None


def _fetch_shards(sender: Sender, progress: Progress) -> list[str]:
    """Add the shards that the ledger lacks; return the names of those that cannot be read."""
    newest = sender.repository.newest()
    known = sender.ledger.confirmed_names()
    names = {path: path.rpartition("/")[2] for path in sender.repository.listed(FOLDER, newest)}
    missing = sorted(path for path, name in names.items() if NAME.fullmatch(name) and name not in known)
    unusable = []

    def add(path: str, content: bytes) -> None:
        progress(f"{len(sender.ledger.confirmed_names())} of {len(names)} files of answers")
        try:
            sender.ledger.add(names[path], content)
        except ValueError as why:
            log.warning("%s on the hub cannot be read: %s", path, why)
            unusable.append(path)

    sender.repository.read_each(missing, newest, add)
    return unusable


def write_log(pairs: PairLog, rows: list[LabelRow]) -> None:
    """Make the log these rows in this order: by appending where it begins with them, else as a new file.

    Rows of the log that are not among them are kept behind them. A copy of the file before stays beside it.
    """
    before = pairs.rows()
    if rows[: len(before)] == before:
        if len(rows) > len(before):
            pairs.take_in(rows[len(before) :])
        return
    with locked(lock_of(pairs.path)):
        ids = {row.label_id for row in rows}
        targets = {row.target_id for row in rows if row.event == "undo"}
        own = [row for row in pairs.rows() if row.label_id not in ids and row.target_id not in targets]
        if [*rows, *own] == pairs.rows():
            return
        time = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        replace_file(pairs.path.with_name(f"pairs.backup-{time}.csv"), pairs.path.read_bytes())
        replace_file(pairs.path, log_text([*rows, *own]).encode())


def _fetch_images(sender: Sender, rows: list[LabelRow], progress: Progress) -> int:
    """Store the images of rows that the workspace lacks; return how many the hub has not."""
    here = set(sender.images.ids())
    ids = {each for row in rows for each in (row.left_id, row.right_id) if each}
    missing = {image_path(each): each for each in sorted(ids - here)}
    if not missing:
        return 0
    newest = sender.repository.newest()
    there = sorted(set(missing) & set(sender.repository.listed("images", newest)))
    stored = 0

    def store(path: str, content: bytes) -> None:
        nonlocal stored
        with contextlib.suppress(UserError):  # no image, or no room; `doctor` lists what is missing
            _store(sender.images, missing[path], content)
            stored += 1
        progress(f"{stored} of {len(there)} images")

    sender.repository.read_each(there, newest, store)
    return len(missing) - stored


def _store(images: ImageStore, expected: str, content: bytes) -> None:
    image = decode_image(content, expected)
    if image_id(image) == expected:
        images.add(image, expected)
