"""Begin to sync a workspace with the hub, or say why that cannot be."""

from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from siamese_core.answers.pair_log import PairLog
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.errors import UserError
from siamese_core.images.store import ImageStore
from siamese_core.syncing.hub import Repository, token_at_hand
from siamese_core.syncing.ledger import Ledger
from siamese_core.syncing.models import PromotedCheckpoints
from siamese_core.syncing.naming import models_name
from siamese_core.syncing.sending import Sender
from siamese_core.syncing.worker import Syncing

_held: list[FileLock] = []  # of this process, until it ends


@dataclass(frozen=True)
class Stores:
    """What of an opened workspace is kept on the hub."""

    workspace: Path
    log: PairLog
    images: ImageStore
    checkpoints: CheckpointStore


def open_syncing(stores: Stores, dataset: str, models: str | None) -> Syncing:
    """Open both repositories, of which nothing is asked yet.

    models: its name is derived where there is none. UserError without a token, with a log in PostgreSQL, or
    where another process sends from the workspace.
    """
    if stores.log.path is None:
        raise UserError(
            "--sync-to keeps the answers of a workspace's own file. Received: a log in PostgreSQL, which is "
            "kept by its database. Leave out --sync-to, or --log-url."
        )
    token = token_at_hand()
    _claim(stores.workspace / "sync.lock")
    ledger = Ledger(stores.workspace, dataset)
    sender = Sender(stores.log, stores.images, ledger, Repository(dataset, "dataset", token))
    promoted = Repository(models or models_name(dataset), "model", token)
    return Syncing(sender, PromotedCheckpoints(stores.checkpoints, promoted, ledger.server))


def _claim(file: Path) -> None:
    """Let no other process send from the workspace until this one ends. UserError where one does."""
    lock = FileLock(file, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise UserError(
            "One process syncs a workspace. Received: one that another server sends from. End that server, "
            "or name another --workspace."
        ) from None
    _held.append(lock)
