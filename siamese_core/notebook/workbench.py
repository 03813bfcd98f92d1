"""A workspace for Python: compare, classify, find, answer and retrain, with results that show themselves."""

import uuid
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pandas as pd

from siamese_core.data.progress import Progress
from siamese_core.errors import UserError
from siamese_core.labelling.pool import Pool
from siamese_core.labelling.queue import Questions
from siamese_core.networks.encoders import SLOTS
from siamese_core.notebook.answer_frame import typed_answers
from siamese_core.notebook.given_images import (
    GivenImage,
    GivenSupport,
    listing,
    named_images,
    read_image,
    read_stored,
)
from siamese_core.notebook.native_logs import load_networks_quietly
from siamese_core.notebook.opinions import known_encoders, notes_on
from siamese_core.notebook.results import AskedPairs, Compared, FoundImages, Ranked, Status
from siamese_core.notebook.retrained import Retrained
from siamese_core.retraining.options import RetrainOptions
from siamese_core.retraining.retrain import retrain
from siamese_core.searching.asking import Search
from siamese_core.searching.folder_search import FolderSearch
from siamese_core.workspace import workbench
from siamese_core.workspace.recording import Annotator, Shown

MOST_FOUND = 1000


def _quiet(share: float, words: str) -> None:
    """Tell nobody how far the work is."""


class Workbench:
    """A workspace, as the page and the command line have it, from Python.

    An image is a path, the bytes of a file, a PIL image, a uint8 array (height, width[, 3]), or the id of one
    that the workspace has. What can be mended raises `UserError`, in words.

    workspace: its folder, made where it is missing; log_url, images_url: the database of the answers and the
    place of the images, where they are not in the folder; seed: of the pairs that are drawn.

    >>> from siamese_core import Workbench
    >>> with Workbench("workspace") as workbench:
    ...     result = workbench.compare("a.png", "b.png")
    """

    def __init__(
        self,
        workspace: str | Path = "workspace",
        log_url: str | None = None,
        images_url: str | None = None,
        seed: int | None = None,
    ):
        self.workspace = Path(workspace).expanduser()
        self._opened: workbench.Workbench | None = workbench.Workbench(
            self.workspace, log_url=log_url or "", images_url=images_url or ""
        )
        self._session = uuid.uuid4().hex
        self._rng = np.random.default_rng(seed)
        self._questions: Questions | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the networks and the files. Answers are on disk already; closing twice does no harm."""
        self._opened = self._questions = None

    def __repr__(self) -> str:
        return f"<Workbench {self.workspace}{'' if self._opened else ', closed'}>"

    def compare(
        self,
        left: GivenImage,
        right: GivenImage,
        encoders: Sequence[str] = SLOTS,
        ask_anyway: bool = False,
    ) -> Compared:
        """Store two images and return what each encoder says of them.

        ask_anyway: an encoder that abstains, since it does not know such images, gives its numbers, too.
        """
        opened, asked = self._loaded(), known_encoders(encoders)
        images = read_image(opened, left), read_image(opened, right)
        opened.ready_for(images, asked)
        said = opened.compare(*images, asked, ask_anyway)
        return Compared(said, opened.images, notes_on(opened, said.comparisons))

    def one_shot(
        self,
        query: GivenImage,
        support: GivenSupport,
        encoders: Sequence[str] = SLOTS,
        ask_anyway: bool = False,
    ) -> Ranked:
        """Rank the classes of a support set for a query.

        support: {class: image or images}, pairs (class, image), or a folder or zip of CLASS/image files.
        """
        opened, asked = self._loaded(), known_encoders(encoders)
        image, named = read_image(opened, query), named_images(opened, support)
        opened.ready_for([image, *(each for _, each in named)], asked)
        said = opened.one_shot(image, named, asked, ask_anyway)
        ties = tuple(filter(None, map(said.tie, said.rankings)))
        return Ranked(said, opened.images, ties + notes_on(opened, said.rankings))

    def find(
        self,
        image: GivenImage,
        among: GivenImage | Sequence[GivenImage] | None = None,
        top: int = 24,
        encoders: Sequence[str] = SLOTS,
        ask_anyway: bool = False,
    ) -> FoundImages:
        """Return the images most similar to an image, by each encoder.

        among: a folder or zip, a list of images, or None for all images of the workspace. What is found is
        stored, so that it can be answered.
        """
        if isinstance(top, bool) or not isinstance(top, int) or not 1 <= top <= MOST_FOUND:
            raise UserError(f"top is a whole number from 1 to {MOST_FOUND}. Received: {top!r}. Correct it.")
        opened, asked = self._loaded(), known_encoders(encoders)
        query, files = read_stored(opened, image), listing(opened, among)
        search = Search(query.read(query.id), asked, top, ask_anyway)
        matches, left_out = FolderSearch(opened, search, files).run(_quiet)
        readers = {file.name: file.read for file in files.images}
        for match in (match for each in matches for match in each.images):
            if match["image_id"] not in opened.images:
                read_stored(opened, readers[match["path"]]())
        notes = notes_on(opened, [each.found for each in matches]) + ((left_out.line(),) if left_out else ())
        return FoundImages(query.id, tuple(matches), opened.images, notes)

    def answer(self, left: GivenImage, right: GivenImage, answer: str, annotator: str = "") -> str:
        """Log that two images are "same", "different" or "unsure"; return the answer's label_id.

        It is on disk when this returns, with what each encoder says of the pair.
        """
        opened = self._loaded()
        pair = read_stored(opened, left).id, read_stored(opened, right).id
        shown = self._questions.shown(*pair, annotator) if self._questions else None
        return opened.answer(*pair, answer, self._who(annotator), shown or Shown())

    def answer_class(self, ranked: Ranked, true_class: str | None, annotator: str = "") -> list[str]:
        """Log the right class of a query, None for none of the set; return the label_ids of its pairs."""
        return self._loaded().answer_one_shot(ranked.said, true_class, self._who(annotator))

    def undo(self, label_id: str, annotator: str = "") -> str:
        """Take an answer back: its row stays in the log, and another one, whose id is returned, undoes it."""
        return self._open().undo(label_id, self._who(annotator))

    def next_pairs(
        self,
        count: int = 10,
        annotator: str = "",
        images: str | Path | None = None,
        progress: Progress = _quiet,
    ) -> AskedPairs:
        """Return pairs of the images to label that this annotator should answer next.

        images: a folder whose images are added to those to label, which are embedded first. progress: called
        with the share that is done, and words.
        """
        opened = self._loaded()
        if self._questions is None:
            self._questions = Questions(opened, Pool(opened), self._rng)
        pool = self._questions.pool
        if images is not None:
            pool.files.add_folder(Path(images).expanduser())
        if not pool.files.sources():
            raise UserError(
                "Pairs are drawn from images to label. Received: a workspace without any. Name their folder, "
                "as next_pairs(10, images='FOLDER')."
            )
        pool.work(progress)
        found = self._questions.next_pairs(count, annotator)
        left_out = pool.progress().left_out
        return AskedPairs(tuple(found), opened.images, (left_out.line(),) if left_out else ())

    def status(self) -> Status:
        """Return what serves in each slot, and how much has been answered."""
        return Status(**self._open().status())

    def answers(self) -> pd.DataFrame:
        """Return the answers that stand, a row each, with the columns of the log.

        `created_at` is a time in UTC, similarities, thresholds, probability and milliseconds are numbers.
        """
        return typed_answers(self._open().log.labels())

    def retrain(
        self,
        encoder: str = SLOTS[0],
        mode: str = RetrainOptions.mode,
        promote: str = RetrainOptions.promote,
        seed: int = RetrainOptions.seed,
        progress: Progress = _quiet,
    ) -> Retrained:
        """Train a candidate on the answers, judge it against its parent, and promote or keep it.

        mode: "head" or "full"; promote: "auto" (if it is better), "never" or "force".
        """
        opened, (encoder,) = self._loaded(), known_encoders([encoder])
        return Retrained(
            retrain(opened, RetrainOptions(encoder, mode, promote, seed), progress), opened.images
        )

    def _open(self) -> workbench.Workbench:
        if self._opened is None:
            raise UserError(
                f"A workspace is open while it is used. Received: {self.workspace}, which was closed. "
                "Open it again, as Workbench(...)."
            )
        return self._opened

    def _loaded(self) -> workbench.Workbench:
        opened = self._open()
        load_networks_quietly()
        return opened

    def _who(self, annotator: str) -> Annotator:
        return Annotator(annotator, self._session, source="api")
