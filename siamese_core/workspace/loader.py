"""Load the checkpoints that serve, each when it is asked for, and follow the store when others are promoted.

TensorFlow is imported when the first checkpoint is loaded, not before, so that a page can answer meanwhile.
"""

import contextlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.checkpoints.domains import HANDWRITING, PHOTOGRAPHS
from siamese_core.checkpoints.slot_place import SlotPlace
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.embeddings.batching import Batcher
from siamese_core.embeddings.engines import is_judged, judge_engine_aside, with_engine
from siamese_core.errors import UserError, in_words

PATIENCE = 120.0  # s that a comparison of photographs waits for its checkpoint


@dataclass(frozen=True)
class Served:
    """A checkpoint in memory. revision: of the store when it was last current."""

    checkpoint: Checkpoint
    batcher: Batcher
    revision: tuple

    def forward(self, prepared: np.ndarray) -> np.ndarray:
        """Return embeddings float32 (n, embedding_dim) of prepared images (n, size, size, channels)."""
        return self.batcher(prepared)


@dataclass
class _State:
    state: str = "waiting"
    problem: str | None = None
    served: Served | None = None


class Loader:
    """What serves in each place of each slot. Thread safe."""

    def __init__(self, store: CheckpointStore, slots: Sequence[str]):
        self.store = store
        self._slots = [SlotPlace(slot) for slot in slots]
        self._states = {place: _State() for place in self._slots}
        # One load at a time: two threads that import TensorFlow at once see it half made.
        self._loading = threading.RLock()
        self._calling = threading.Lock()
        # Clear while a checkpoint for photographs is being made that comes with the program.
        self.photographs_made = threading.Event()
        self.photographs_made.set()

    def serving(self, slot: str, domain: str = HANDWRITING) -> Served:
        """Return what serves a domain, loaded if need be. UserError if there is none that loads.

        If a newly promoted one does not load, the one before serves on and `problem` says so. What serves
        photographs is waited for while it is being made.
        """
        if domain == PHOTOGRAPHS:
            self.photographs_made.wait(PATIENCE)
        place = self.store.place(slot, domain)
        if place != SlotPlace(slot):
            # one that does not load leaves its images to the slot's other one; `problem` says so
            with contextlib.suppress(UserError):
                return self._serving_at(place)
        return self._serving_at(SlotPlace(slot))

    def state(self, slot: str) -> str:
        """Return one of "waiting", "loading", "ready", "failed"."""
        return self._at(SlotPlace(slot)).state

    def problem(self, slot: str, domain: str = HANDWRITING) -> str | None:
        """Return why a slot's place for a domain does not serve what it should; None if all is well."""
        return self._at(SlotPlace(slot, domain)).problem

    def served_id(self, slot: str, domain: str = HANDWRITING) -> str | None:
        """Return the id of the checkpoint in memory that answers for a domain; loads nothing."""
        served = self._at(self.store.place(slot, domain)).served
        return served.checkpoint.id if served else None

    def load_in_background(self) -> threading.Thread:
        """Load every slot in a thread; what goes wrong is told by `state` and `problem`."""
        thread = threading.Thread(target=self._load_all, name="load checkpoints", daemon=True)
        thread.start()
        return thread

    def follow(self) -> threading.Thread | None:
        """Load in the background what was promoted since, if anything, before somebody asks for it."""
        served = {place: self._at(place).served for place in self._slots}
        if any(each and each.revision != self.store.revision(place.slot) for place, each in served.items()):
            return self.load_in_background()
        return None

    def judge_engines(self) -> None:
        """Find out for what serves whether ONNX Runtime is faster, where that is not known yet."""
        for served in [each.served for each in list(self._states.values()) if each.served]:
            if not is_judged(served.checkpoint):
                with contextlib.suppress(UserError):  # it was deleted meanwhile
                    judge_engine_aside(self.store.folder(served.checkpoint.id))
                    with_engine(served.checkpoint)

    def _load_all(self) -> None:
        # what stands for photographs is loaded here only to follow a promotion: else when it is asked for
        for place in [*self._slots, *(each for each in self._states if each not in self._slots)]:
            try:
                served = self._serving_at(place)
                served.forward(np.zeros((1, *served.checkpoint.encoder.input_shape[1:]), np.float32))
            except Exception as failure:  # a background thread has nobody to raise it to
                self._at(place).problem = str(_told(place, failure))

    def _at(self, place: SlotPlace) -> _State:
        return self._states.setdefault(place, _State())

    def _serving_at(self, place: SlotPlace) -> Served:
        here = self._at(place)
        revision = self.store.revision(place.slot)
        if here.served is None or here.served.revision != revision:
            with self._loading:
                if here.served is None or here.served.revision != revision:
                    self._load(place, here, revision)
        return here.served

    def _load(self, place: SlotPlace, here: _State, revision: tuple) -> None:
        try:
            current = self.store.current_id(place.slot, place.domain)
            if here.served and here.served.checkpoint.id == current:
                here.served = replace(here.served, revision=revision)
            else:
                here.state = "ready" if here.served else "loading"
                checkpoint = with_engine(load_checkpoint(self.store.folder(current)))
                here.served = Served(checkpoint, Batcher(checkpoint.embed_batch, self._calling), revision)
            here.state, here.problem = "ready", self.store.problem(place)
        except Exception as failure:
            problem = _told(place, failure)
            here.problem = str(problem)
            if here.served is None:
                here.state = "failed"
                raise problem from failure
            here.served = replace(here.served, revision=revision)


def _told(place: SlotPlace, failure: Exception) -> UserError:
    if isinstance(failure, UserError):
        return failure
    return UserError(
        f"The checkpoint of {place} must load. Received: {in_words(failure)}. Start again; if it stays, "
        "promote another one (python -m siamese_core checkpoints list).",
        code="checkpoint_failed",
    )
