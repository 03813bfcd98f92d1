"""Hold the images of a workspace ready to be searched: the pool, the answered images, or both.

They are prepared in the background, and anew once the pool has grown; until then the former ones serve.
"""

import threading
from dataclasses import dataclass, field

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.errors import UserError, in_words
from siamese_core.labelling.pool import Pool
from siamese_core.networks.encoders import SLOTS
from siamese_core.searching.gallery import Gallery
from siamese_core.workspace.choosing import StoredImage

POOL, ANSWERED, BOTH = "pool", "answered", "both"
AMONG = (POOL, ANSWERED, BOTH)
GROWTH = 1.02  # times as many images as were prepared: then they are prepared again while more are coming
WAIT_SECONDS = 1.5  # that a search waits for what is being prepared
EMBEDDED_AT_ONCE = 32


@dataclass(frozen=True)
class Searched:
    """Images that can be searched: their ids (n,), what they are called, and a gallery of them by slot."""

    ids: tuple[str, ...]
    names: dict[str, str]
    domain: str
    galleries: dict[str, Gallery]
    stamp: tuple = ()
    place: dict[str, int] = field(default_factory=dict)


class Galleries:
    """Prepares what is searched. Thread safe."""

    def __init__(self, pool: Pool):
        self.pool, self.workbench = pool, pool.workbench
        self.problem = ""
        self._made: dict[str, Searched] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()

    def get(self, among: str) -> Searched | None:
        """Return what can be searched; None while it is being prepared for the first time.

        UserError where there is nothing to search, or no encoder serves.
        """
        stamp = self._stamp(among)
        now = self.pool.progress()
        if (
            not stamp[0]
            and among != ANSWERED
            and (now.working or now.embedded < now.images)
            and not now.problem
        ):
            return None
        if not stamp[0]:
            raise UserError(
                f"There is nothing to search among {_words(among)}. Received: no images. Add images in the "
                "Label tab, or search among others.",
                code="nothing_to_ask",
            )
        made = self._made.get(among)
        if made is None or self._is_old(made, stamp):
            self._prepare(among, stamp).join(WAIT_SECONDS)
            made = self._made.get(among)
        if made is None and self.problem:
            raise UserError(self.problem, code="server_failed")
        return made

    def is_empty(self, among: str) -> bool:
        """Return whether there is nothing to search, nor anything on its way."""
        return not self.pool.progress().files and (among == POOL or not self._answered())

    def ready(self, among: str) -> Searched | None:
        """Return what can be searched at once, None where nothing can; it is prepared for the next call."""
        stamp = self._stamp(among)
        made = self._made.get(among)
        if stamp[0] and (made is None or self._is_old(made, stamp)):
            self._prepare(among, stamp)
        return made if stamp[0] else None

    def is_current(self, among: str) -> bool:
        """Return whether nothing has come since what is searched was prepared."""
        made = self._made.get(among)
        return made is not None and made.stamp == self._stamp(among)

    def _is_old(self, made: Searched, stamp: tuple) -> bool:
        if made.stamp[1:] != stamp[1:]:
            return True
        growing = self.pool.progress().working
        return made.stamp[0] != stamp[0] and (not growing or stamp[0] > GROWTH * made.stamp[0])

    def _stamp(self, among: str) -> tuple:
        """Return what a change of makes another gallery: the number of images, and what serves."""
        count = self.pool.progress().embedded if among != ANSWERED else 0
        count += len(self._answered()) if among != POOL else 0
        domain = self.pool.domain()
        aside = len(self.pool.files.set_aside.ids), self.pool.files.set_aside.changes
        return (count, aside, *(self.workbench.matcher.served_id(slot, domain) for slot in SLOTS))

    def _answered(self) -> set[str]:
        rows = self.workbench.log.latest(self.workbench.log.counts().labels)
        return {image_id for row in rows for image_id in row.pair if image_id in self.workbench.images}

    def _prepare(self, among: str, stamp: tuple) -> threading.Thread:
        with self._lock:
            thread = self._threads.get(among)
            if thread is None or not thread.is_alive():
                thread = threading.Thread(target=self._make, args=(among, stamp), daemon=True)
                self._threads[among] = thread
                thread.start()
            return thread

    def _make(self, among: str, stamp: tuple) -> None:
        try:
            self._made[among] = self._searched(among, stamp)
            self.problem = ""
        except Exception as failure:  # a background thread has nobody to raise it to
            self.problem = in_words(failure)

    def _searched(self, among: str, stamp: tuple) -> Searched:
        set_aside = self.pool.files.set_aside
        images = {each.image_id: each.name for each in set_aside.without(self.pool.images())}
        embedded = self.pool.embedded()
        ids = [image_id for image_id in images if all(image_id in each.store for each in embedded)]
        others = [] if among == POOL else sorted(self._answered() - set(ids) - set_aside.ids)
        ids = [each for each in ids if among != ANSWERED or each in self._answered()] + others
        galleries, domain = {}, embedded[0].domain
        for each in embedded:
            pool = each.store.take(ids[: len(ids) - len(others)])
            rows = self._rows(each.slot, pool, others, domain)
            plain = self.workbench.matcher.checkpoint(each.slot, domain)
            galleries[each.slot] = _gallery(each.checkpoint, rows, plain)
        place = {image_id: number for number, image_id in enumerate(ids)}
        return Searched(tuple(ids), images, domain, galleries, stamp, place)

    def _rows(self, slot: str, pool: np.ndarray, others: list[str], domain: str) -> np.ndarray:
        """Return embeddings (n, d): the pool's, then those of other images, made where they are missing."""
        matcher, read = self.workbench.matcher, self.workbench.images.read
        given, parts = [StoredImage(image_id, read) for image_id in others], [pool]
        for start in range(0, len(given), EMBEDDED_AT_ONCE):
            some = given[start : start + EMBEDDED_AT_ONCE]
            matcher.embed_support(slot, some, domain)
            parts.append(matcher.embed(slot, some, domain))
        return np.concatenate(parts)


def _gallery(judging: Checkpoint, rows: np.ndarray, plain: Checkpoint) -> Gallery:
    return Gallery(judging, rows, plain)


def _words(among: str) -> str:
    return {POOL: "the pool", ANSWERED: "the answered images", BOTH: "the pool and the answered images"}[
        among
    ]
