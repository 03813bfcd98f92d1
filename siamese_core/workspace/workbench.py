"""An opened workspace: the verbs that the page, HTTP and the command line share."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import numpy as np

from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import log_of
from siamese_core.checkpoints.naming import CheckpointNames
from siamese_core.checkpoints.store import SHIPPED, CheckpointStore
from siamese_core.embeddings.kept_embeddings import KeptEmbeddings
from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image
from siamese_core.images.seen_files import SeenFiles, look_at
from siamese_core.images.store import images_of
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.choosing import Image, StoredImage, identified
from siamese_core.workspace.matching import Matcher
from siamese_core.workspace.readiness import Readiness
from siamese_core.workspace.recording import Annotator, AnswerRecorder, Shown
from siamese_core.workspace.results import OneShotResult, PairResult

STORED_AT_ONCE = 4  # images: the disk writes them while the networks run


class Workbench:
    """Opens (and makes) a workspace.

    shipped: where the project's own checkpoints lie; log_url, images_url: the database of the answers and the
    place of the images, which then are not in the workspace.
    """

    def __init__(self, workspace: Path, shipped: Path = SHIPPED, log_url: str = "", images_url: str = ""):
        self.workspace = Path(workspace)
        try:
            self.workspace.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise UserError(
                f"A workspace is a folder. Received: {self.workspace}, {problem.strerror}. Name another one."
            ) from problem
        self.images = images_of(self.workspace, images_url)
        self.log = log_of(self.workspace, log_url)
        self.embeddings_folder = self.workspace / "embeddings"  # a folder an encoder
        self.checkpoints = CheckpointStore(self.workspace, shipped)
        self.names = CheckpointNames(self.checkpoints)
        self.matcher = Matcher(self.checkpoints, kept=KeptEmbeddings(self.embeddings_folder))
        self._readiness = Readiness(self.checkpoints, self.matcher)
        self._recorder = AnswerRecorder(self.log, self.images, self.matcher)
        self._seen = SeenFiles(self.embeddings_folder)
        self.sync_state: Callable[[], dict] | None = None  # what is not on the hub, told by who syncs
        self._storing = ThreadPoolExecutor(STORED_AT_ONCE, "store images")

    # The slots

    def start(self) -> threading.Thread:
        """Load in the background, as `Readiness.start` does."""
        return self._readiness.start()

    def ready_for(self, images: Sequence[np.ndarray], encoders: Sequence[str]) -> None:
        """Make a checkpoint for photographs ready if these images need it and its weights are at hand."""
        self._readiness.ready_for(images, encoders)

    def ready_for_domain(self, domain: str, encoders: Sequence[str]) -> None:
        """Make the checkpoints for a domain ready, as `ready_for` does for images of it."""
        self._readiness.ready_for_domain(domain, encoders)

    @property
    def photos_problem(self) -> str | None:
        """Why no checkpoint for photographs was made, if so."""
        return self._readiness.photos_problem

    def slots(self) -> dict[str, dict]:
        """Return the state of each slot, as in `status`."""
        return self._readiness.slots()

    def status(self) -> dict:
        """Return the state of the slots and the counts, as JSON: O(what was added since the last call).

        Where the log cannot be read, `log_problem` says why, its counts are None, and nothing is ready.
        """
        slots, problem = self.slots(), self.log.problem()
        try:
            counts = vars(self.log.counts())
        except UserError:
            counts = {}
        sync = {"sync": self.sync_state()} if self.sync_state else {}
        return sync | {
            "ready": bool(counts) and all(slot["state"] == "ready" for slot in slots.values()),
            "slots": slots,
            "photos_problem": self.photos_problem,
            "log_problem": problem,
            "images": self.images.count(),
            "labels": counts.get("labels"),
            "corrections": counts.get("corrections"),
            "conflicts": counts.get("conflicts"),
        }

    # Comparing

    def file_image(self, file: Path, name: str | None = None, lasting: bool = True) -> StoredImage:
        """Return the image in a file, called `name` in a UserError. It is stored once it is compared.

        A file that is as it was when it was decoded before is not decoded again if its image is stored.
        lasting: it is remembered on disk, for other processes.
        """
        sight = look_at(file)
        known = self._seen.id_of(sight)
        if known and known in self.images:
            return StoredImage(known, self.images.read)
        image = identified(decode_image(file, name))
        self._seen.add(file, sight, image.id, lasting)
        return image

    def compare(
        self,
        left: Image,
        right: Image,
        encoders: Sequence[str] = SLOTS,
        ask_anyway: bool = False,
    ) -> PairResult:
        """Store both images and compare them, as `Matcher.compare` does."""
        left, right = pair = identified(left), identified(right)
        stored = [self._storing.submit(self._store, image) for image in pair]
        try:
            comparisons = tuple(self.matcher.compare(left, right, encoders, ask_anyway))
        finally:
            wait(stored)
        for each in stored:
            each.result()
        return PairResult(left.id, right.id, comparisons)

    def one_shot(
        self,
        query: Image,
        support: Sequence[tuple[str, Image]],
        encoders: Sequence[str] = SLOTS,
        ask_anyway: bool = False,
    ) -> OneShotResult:
        """Store the images and rank the classes of `support`, as `Matcher.one_shot` does."""
        query, named = identified(query), [(name, identified(image)) for name, image in support]
        rankings = tuple(self.matcher.one_shot(query, named, encoders, ask_anyway))
        for image in (query, *(image for _, image in named)):
            self._store(image)
        return OneShotResult(query.id, tuple((name, image.id) for name, image in named), rankings)

    def _store(self, image: StoredImage) -> None:
        if image.id not in self.images:
            self.images.add(image.read(image.id), image.id)

    # Answers

    def answer(
        self, left_id: str, right_id: str, answer: str, who: Annotator, shown: Shown | None = None
    ) -> str:
        """Append a person's answer, as `AnswerRecorder.answer` does; return its label_id."""
        return self._recorder.answer((left_id, right_id), answer, who, shown or Shown())

    def answer_many(
        self, answers: Sequence[tuple[tuple[str, str], str, Shown]], who: Annotator, label_id: str
    ) -> list[str]:
        """Append answers to several pairs, as `AnswerRecorder.answer_many` does."""
        return self._recorder.answer_many(answers, who, label_id)

    def answer_one_shot(
        self,
        result: OneShotResult,
        true_class: str | None,
        who: Annotator,
        milliseconds: float | None = None,
        label_id: str = "",
    ) -> list[str]:
        """Append the pairs that correct a ranking, as `AnswerRecorder.answer_one_shot` does."""
        return self._recorder.answer_one_shot(result, true_class, who, milliseconds, label_id)

    def undo(self, label_id: str, who: Annotator) -> str:
        """Take an answer back; UserError if it is unknown or taken back already."""
        return self.log.undo(label_id, who.name, who.session_id, who.source)

    def last_answers(self, count: int) -> list[LabelRow]:
        """Return the answers that stand, the latest first."""
        return self.log.latest(count)
