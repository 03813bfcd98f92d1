"""Score the answered pairs by today's checkpoints in the background, to find label errors.

By the serving checkpoints, and by others with the same encoder, which need no embedding. The log holds the
scores from when the answers were given.
"""

import logging
import threading
from collections.abc import Sequence

import numpy as np

from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.settled import standing_labels
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.errors import UserError
from siamese_core.metrics import verdict_log_odds
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.abstaining import unknown_images
from siamese_core.workspace.choosing import StoredImage
from siamese_core.workspace.workbench import Workbench

OTHERS = 3  # further checkpoints of an encoder, the newest
CHUNK = 32  # pairs at a time, and as many as a comparison on the page may have to wait for
Pair = tuple[str, str]
log = logging.getLogger(__name__)


class SecondLook:
    """Scores of answered pairs by today's checkpoints, made in a background thread.

    verdict_log_odds: pair -> checkpoint id -> `metrics.verdict_log_odds`; version: grows with every pass
    that ends; share: 0..1 done of the pass under way, None where none is.
    """

    def __init__(self, workbench: Workbench):
        self.workbench = workbench
        self.verdict_log_odds: dict[Pair, dict[str, float]] = {}
        self.version = 0
        self.share: float | None = None
        self._scores: dict[Pair, dict[str, float | None]] = {}  # None of a checkpoint that abstains
        self._last: tuple = ()
        self._change = threading.Lock()

    def start(self, rows: Sequence[LabelRow]) -> None:
        """Score the pairs in a thread, unless one is at work or nothing has changed since the last pass."""
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
        except Exception:  # the scores of the log are enough to go on with
            log.exception("the second look at answers failed")
        finally:
            self.share = None

    def work(self, rows: Sequence[LabelRow]) -> None:
        """Score the pairs of all sure answers among the log's rows."""
        by_domain = self._by_domain({row.pair for row in standing_labels(rows) if row.answer != "unsure"})
        parts = [(slot, domain, pairs) for slot in SLOTS for domain, pairs in by_domain.items()]
        for number, (slot, domain, pairs) in enumerate(parts):
            try:
                serving = self.workbench.matcher.checkpoint(slot, domain)
            except UserError:  # no checkpoint serves: the status line says why
                continue
            checkpoints = [serving, *self._others(serving)]
            todo = [
                pair
                for pair in pairs
                if any(each.id not in self._scores.get(pair, {}) for each in checkpoints)
            ]
            for start in range(0, len(todo), CHUNK):
                self._score(slot, domain, checkpoints, todo[start : start + CHUNK])
                self.share = (number + min(1.0, (start + CHUNK) / len(todo))) / len(parts)
        self.verdict_log_odds = {
            pair: {name: score for name, score in scores.items() if score is not None}
            for pair, scores in self._scores.items()
        }
        self.version += 1

    def _by_domain(self, pairs: set[Pair]) -> dict[str, list[Pair]]:
        """Return the pairs whose images are stored and readable, by their domain."""
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
        """Load the newest checkpoints with the identical encoder: only their heads differ."""
        found = []
        for info in reversed(self.workbench.checkpoints.list(serving.encoder_name)):
            if info.id == serving.id or len(found) == OTHERS:
                continue
            try:
                if info.embeddings_id() == serving.embeddings_id:
                    found.append(load_checkpoint(info.folder))
            except UserError:  # one that does not load is skipped
                continue
        return found

    def _score(
        self, slot: str, domain: str, checkpoints: Sequence[Checkpoint], pairs: Sequence[Pair]
    ) -> None:
        ids = list(dict.fromkeys(image for pair in pairs for image in pair))
        images = [self._image(each) for each in ids]
        embeddings = self.workbench.matcher.embed(slot, images, domain)
        domains = [self.workbench.matcher.domain([image]) for image in images]
        if self.workbench.matcher.checkpoint(slot, domain).id != checkpoints[0].id:
            return  # another was promoted meanwhile: these may be its embeddings
        place = {image: number for number, image in enumerate(ids)}
        left, right = np.array([[place[image] for image in pair] for pair in pairs]).T
        for each in checkpoints:
            unknown = unknown_images(each, domains, embeddings)
            similarity = each.similarity(each.logits(embeddings[left], embeddings[right]))
            log_odds = verdict_log_odds(np.asarray(similarity, np.float64), each.threshold)
            for pair, number, silent in zip(pairs, log_odds, unknown[left] | unknown[right], strict=True):
                self._scores.setdefault(pair, {})[each.id] = None if silent else float(number)
