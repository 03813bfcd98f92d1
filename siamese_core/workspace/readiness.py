"""Make the slots ready: load what serves, and get a checkpoint for photographs from ImageNet weights."""

import threading
from collections.abc import Sequence

import numpy as np

from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.imagenet import download_weights, find_weights, photo_checkpoint, switched_off
from siamese_core.workspace.matching import Matcher

PHOTO_SLOT = "resnet50"


class Readiness:
    """Makes slots ready and tells which are. photos_problem: why none was made for photographs, if so."""

    def __init__(self, store: CheckpointStore, matcher: Matcher):
        self.store, self.matcher = store, matcher
        self.photos_problem: str | None = None

    def start(self) -> threading.Thread:
        """Load what serves in the background, then make a checkpoint for photographs ready: from ImageNet
        weights that are at hand, else from Keras' download. It serves photographs once it is there."""
        thread = threading.Thread(target=self._start, name="start", daemon=True)
        thread.start()
        return thread

    def _start(self) -> None:
        self.matcher.loader.load_in_background().join()
        self._ready_for_photos(download=True)
        self.matcher.loader.load_in_background()

    def ready_for(self, images: Sequence[np.ndarray], encoders: Sequence[str]) -> None:
        """For a process that answers once: make the checkpoint for photographs ready if it is needed and its
        weights are at hand."""
        if PHOTO_SLOT in encoders and self.matcher.domain(images) == PHOTOGRAPHS:
            self._ready_for_photos(download=False)

    def _ready_for_photos(self, download: bool) -> None:
        try:
            if switched_off():
                return
            weights = find_weights()
            if weights is None and download and not self.store.photographs_id(PHOTO_SLOT):
                weights = download_weights()
            if weights is not None:
                self.store.offer(photo_checkpoint(weights, self.store), PHOTO_SLOT)
        except Exception as failure:  # what serves goes on serving; the status tells
            self.photos_problem = str(failure)

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
