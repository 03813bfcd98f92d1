"""Make the slots ready: load what serves, and make checkpoints for photographs from ImageNet weights."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.checkpoints.pretrained import PHOTOGRAPH_NETWORKS, is_wanted, photograph_checkpoint
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.errors import in_words
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.imagenet import download_weights, find_weights, lite_weights, switched_off
from siamese_core.workspace.matching import Matcher

PACKAGED, AT_HAND = SLOTS  # the weights of the first come with the program, those of the second may be there


class Readiness:
    """Makes slots ready and tells which are. problems: by slot, why it has none for photographs, if so."""

    def __init__(self, store: CheckpointStore, matcher: Matcher):
        self.store, self.matcher = store, matcher
        self.problems: dict[str, str] = {}

    @property
    def photos_problem(self) -> str | None:
        """Why a slot has no checkpoint for photographs, if so."""
        return " ".join(self.problems.values()) or None

    def start(self) -> threading.Thread:
        """Load what serves, and make ready for photographs what comes with the program, in the background.

        Then the second slot gets its checkpoint for photographs, from ImageNet weights that are at hand, else
        from Keras' download; it serves photographs once it is there. At last it is found out which engine
        runs the networks in less time.
        """
        self.matcher.loader.photographs_made.clear()
        thread = threading.Thread(target=self._start, name="start", daemon=True)
        thread.start()
        return thread

    def _start(self) -> None:
        try:
            self.matcher.loader.load_in_background().join()
            self._ready_for_photos(PACKAGED, lite_weights)
        finally:
            self.matcher.loader.photographs_made.set()
        self._ready_for_photos(AT_HAND, self._found_or_downloaded)
        self.matcher.loader.load_in_background().join()
        self.matcher.loader.judge_engines()

    def ready_for(self, images: Sequence[np.ndarray], encoders: Sequence[str]) -> None:
        """Make the checkpoints for photographs ready in a process that answers once.

        Only if they are needed and their weights are at hand.
        """
        if any(slot in PHOTOGRAPH_NETWORKS for slot in encoders):
            self.ready_for_domain(self.matcher.domain(images), encoders)

    def ready_for_domain(self, domain: str, encoders: Sequence[str]) -> None:
        """Make the checkpoints for a domain ready, as `ready_for` does for images of it."""
        if domain == PHOTOGRAPHS:
            for slot in [slot for slot in encoders if slot in PHOTOGRAPH_NETWORKS]:
                self._ready_for_photos(slot, lite_weights if slot == PACKAGED else find_weights)

    def _found_or_downloaded(self) -> Path | None:
        if (weights := find_weights()) or switched_off() or self.store.photographs_id(AT_HAND):
            return weights
        return download_weights()

    def _ready_for_photos(self, slot: str, weights: Callable[[], Path | None]) -> None:
        self.problems.pop(slot, None)
        try:
            if is_wanted(self.store, slot) and (file := weights()):
                self.store.offer(photograph_checkpoint(slot, file, self.store), slot)
        except Exception as failure:  # what serves goes on serving; the status tells
            self.problems[slot] = in_words(failure)

    def slots(self) -> dict[str, dict]:
        """Return the state of each slot, as JSON, at the cost of a few looks at the disk."""
        loader = self.matcher.loader
        return {
            slot: {
                "state": loader.state(slot),
                "checkpoint": loader.served_id(slot),
                "problem": loader.problem(slot),
                "photographs": self.store.photographs_id(slot),
                "fixed": self.store.fixed_id(slot),
            }
            for slot in SLOTS
        }
