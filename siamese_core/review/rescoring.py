"""What checkpoints say now of answered pairs: those that serve, and others on the same encoder, which cost no
embedding. In the background; the log holds what was said when the answers were given.
"""

import logging
import threading
from collections.abc import Sequence

import numpy as np

from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.settled import standing_labels
from siamese_core.checkpoints.checkpoint import Checkpoint, load_checkpoint
from siamese_core.errors import UserError
from siamese_core.networks.encoders import SLOTS
from siamese_core.review.label_errors import verdict_log_odds
from siamese_core.workspace.choosing import StoredImage
from siamese_core.workspace.workbench import Workbench

OTHERS = 3  # further checkpoints of an encoder, the newest
CHUNK = 32  # pairs: a comparison on the page waits for no more
Pair = tuple[str, str]
log = logging.getLogger(__name__)


class SecondLook:
    """Scores of answered pairs by today's checkpoints, made in a background thread.

    verdict_log_odds: pair -> checkpoint id -> `label_errors.verdict_log_odds`; version: grows with every pass
    that ends; share: 0..1 done of the pass under way, None where none is.
    """

    def __init__(self, workbench: Workbench):
        self.workbench = workbench
        self.verdict_log_odds: dict[Pair, dict[str, float]] = {}
        self.version = 0
        self.share: float | None = None
        self._said: dict[Pair, dict[str, float]] = {}
        self._last: tuple = ()
        self._change = threading.Lock()

    def start(self, rows: Sequence[LabelRow]) -> None:
        """Works in a thread, unless it does already or nothing has changed since it last did."""
        serving = tuple(self.workbench.matcher.served_id(slot) for slot in SLOTS)
        now = (len(rows), rows[-1].label_id if rows else "", serving)
        with self._change:
            if self.share is not None or now == self._last:
                return
            self.share, self._last = 0.0, now
        threading.Thread(target=self._work_on, args=(rows,), name="second look", daemon=True).start()

    def _work_on(self, rows: Sequence[LabelRow]) -> None:
        try:
            self.work(rows)
        except Exception:  # nothing depends on it: what the log holds still counts
            log.exception("the second look at answers failed")
        finally:
            self.share = None

    def work(self, rows: Sequence[LabelRow]) -> None:
        by_domain = self._by_domain({row.pair for row in standing_labels(rows) if row.answer != "unsure"})
        parts = [(slot, domain, pairs) for slot in SLOTS for domain, pairs in by_domain.items()]
        for number, (slot, domain, pairs) in enumerate(parts):
            try:
                serving = self.workbench.matcher.checkpoint(slot, domain)
            except UserError:  # the status line tells
                continue
            asked = [serving, *self._others(serving)]
            todo = [pair for pair in pairs if any(each.id not in self._said.get(pair, {}) for each in asked)]
            for start in range(0, len(todo), CHUNK):
                self._ask(slot, domain, asked, todo[start : start + CHUNK])
                self.share = (number + min(1.0, (start + CHUNK) / len(todo))) / len(parts)
        self.verdict_log_odds = {pair: dict(said) for pair, said in self._said.items()}
        self.version += 1

    def _by_domain(self, pairs: set[Pair]) -> dict[str, list[Pair]]:
        """The pairs whose images are there and whole, by what they are together."""
        found: dict[str, list[Pair]] = {}
        for pair in sorted(pairs):
            try:
                domain = self.workbench.matcher.domain([self._image(each) for each in pair])
            except UserError:
                continue
            found.setdefault(domain, []).append(pair)
        return found

    def _image(self, image_id: str) -> StoredImage:
        return StoredImage(image_id, self.workbench.images.read)

    def _others(self, serving: Checkpoint) -> list[Checkpoint]:
        """The newest others whose encoder is the very same: only their heads differ."""
        found = []
        for info in reversed(self.workbench.checkpoints.list(serving.encoder_name)):
            if info.id == serving.id or len(found) == OTHERS:
                continue
            try:
                if info.embeddings_id() == serving.embeddings_id:
                    found.append(load_checkpoint(info.folder))
            except UserError:  # one that does not load says nothing
                continue
        return found

    def _ask(self, slot: str, domain: str, asked: Sequence[Checkpoint], pairs: Sequence[Pair]) -> None:
        ids = list(dict.fromkeys(image for pair in pairs for image in pair))
        embeddings = self.workbench.matcher.embed(slot, [self._image(each) for each in ids], domain)
        if self.workbench.matcher.checkpoint(slot, domain).id != asked[0].id:
            return  # another was promoted meanwhile: these may be its embeddings
        place = {image: number for number, image in enumerate(ids)}
        left, right = np.array([[place[image] for image in pair] for pair in pairs]).T
        for each in asked:
            similarity = each.similarity(each.logits(embeddings[left], embeddings[right]))
            for pair, number in zip(pairs, similarity.tolist(), strict=True):
                self._said.setdefault(pair, {})[each.id] = verdict_log_odds(number, each.threshold)
