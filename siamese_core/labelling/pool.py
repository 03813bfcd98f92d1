"""The images to label, imported and embedded for every slot in the background.

Every step is stored on disk: a restart continues where the last run ended, and embeds nothing again.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.domains import HANDWRITING, domain_of_images
from siamese_core.data.files import ImageFile
from siamese_core.data.left_out import LeftOut
from siamese_core.data.progress import Pace, Progress
from siamese_core.embeddings.embedding_store import EmbeddingStore, open_embedding_store, tidy
from siamese_core.errors import UserError, can_pass, in_words
from siamese_core.images.decoding import decode_image
from siamese_core.images.ink import is_ink
from siamese_core.labelling.pool_files import Imported, PoolFiles, PoolImage, Source
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.abstaining import reason_of_domain
from siamese_core.workspace.workbench import Workbench

CHUNK = 16  # images at a time: up to 48 MB, and as many as a comparison on the page may have to wait for
RETRY_SECONDS = 5.0  # after the disk was full, or could not be written to
FOLLOW_SECONDS = 1.0  # between two looks at what another process imports


@dataclass(frozen=True)
class PoolProgress:
    """The state of the import.

    files: found; done: files imported or rejected; rejected: files that are no readable image
    images: distinct images imported; embedded: of these, in every slot that serves
    seconds_left: None where nothing is being done or the pace is not known yet
    problem: why the work stopped, in words; left_out: files that are no image, or none that can be read
    repeated: files whose image another file holds too; set_aside: images that are asked about no more
    """

    files: int
    done: int
    rejected: int
    images: int
    embedded: int
    working: bool
    seconds_left: float | None
    problem: str | None
    left_out: LeftOut = LeftOut()
    repeated: int = 0
    set_aside: int = 0

    def json(self) -> dict:
        return vars(self) | {"left_out": self.left_out.json()}


@dataclass(frozen=True)
class PoolEmbeddings:
    """A slot's checkpoint, normalised against the pool, and the stored embeddings by its encoder."""

    slot: str
    checkpoint: Checkpoint
    store: EmbeddingStore
    domain: str


class Pool:
    """The images to label of a workspace. `on_growth` is called after each chunk and at the end."""

    def __init__(self, workbench: Workbench, uploads: bool = True):
        self.workbench = workbench
        self.files = PoolFiles(workbench.workspace / "pool", uploads)
        self.on_growth: Callable[[], None] = lambda: None
        self._stores: dict[str, EmbeddingStore] = {}
        self._unreadable: set[str] = set()
        self._lock = threading.Lock()
        self._working = self._again = False
        self._problem: str | None = None
        self._pace = Pace()

    def images(self) -> list[PoolImage]:
        """Return the imported images that can be read."""
        return [each for each in self.files.images() if each.image_id not in self._unreadable]

    def domain(self) -> str:
        """Return the domain of most images; in each slot one checkpoint embeds the whole pool."""
        inks = [each.ink for each in self.images() if each.ink is not None]
        return domain_of_images(inks) if inks else HANDWRITING

    def warnings(self) -> dict[str, str]:
        """Say by slot why its checkpoint abstains from these images, where it does and one is embedded."""
        found = self.embedded() if self.progress().embedded else []
        unknown = [each for each in found if not each.checkpoint.card.knows(each.domain)]
        return {each.slot: reason_of_domain(each.checkpoint.card, each.domain) for each in unknown}

    def embedded(self) -> list[PoolEmbeddings]:
        """Return the embeddings by each slot whose checkpoint loads.

        UserError with the reason if none does.
        """
        found, problems, domain = [], [], self.domain()
        for slot in SLOTS:
            try:
                checkpoint = self.workbench.matcher.checkpoint(slot, domain)
            except UserError as problem:
                problems.append(problem)
            else:
                store = self._store(checkpoint)
                judging = self.workbench.matcher.cohorts.for_pool(checkpoint)
                found.append(PoolEmbeddings(slot, judging, store, domain))
        if not found:
            raise problems[0]
        return found

    def progress(self) -> PoolProgress:
        """Return the state of the import; no image counts as embedded before a checkpoint is loaded."""
        sources, images = self.files.sources(), self.images()
        done = [each for source in sources for each in source.done()]
        rejected = [each for each in done if each.image_id is None]
        domain = self.domain()
        served = [self.workbench.matcher.served_id(slot, domain) for slot in SLOTS]
        stores = [self._stores[each] for each in served if each in self._stores]
        files = sum(len(source.names) for source in sources)
        expected = max(len(images), files - len(rejected))
        embedded = min((sum(each.image_id in store for each in images) for store in stores), default=0)
        return PoolProgress(
            files=files,
            done=len(done),
            rejected=len(rejected) + len(self._unreadable),
            repeated=len(done) - len(rejected) - len(self.files.images()),
            images=len(images),
            embedded=embedded,
            working=self._working,
            seconds_left=self._pace.seconds_left(len(done) + embedded, files + expected),
            problem=self._problem,
            left_out=sum((source.left_out() for source in sources), LeftOut()),
            set_aside=len(images) - len(self.files.set_aside.without(images)),
        )

    def start(self) -> None:
        """Import and embed in a thread until all is done. Where one works already, it looks for new work at
        the end."""
        with self._lock:
            self._again = self._working
            if self._working:
                return
            self._working = True
        threading.Thread(target=self._work_on, name="pool", daemon=True).start()

    def _work_on(self) -> None:
        going = True
        while going:
            waiting = False
            try:
                self.work()
                self._problem = None
            except Exception as failure:  # a background thread has nobody to raise it to
                self._problem = in_words(failure)
                waiting = can_pass(failure)
            with self._lock:
                going = self._working = self._again or waiting
                self._again = False
            if waiting:
                time.sleep(RETRY_SECONDS)

    def work(self, progress: Progress = lambda share, words: None) -> None:
        """Import and embed what is missing; files that are no readable image are recorded and skipped.

        UserError if no slot serves or the disk is full.
        """
        self._pace.forget()
        while missing := self._not_embedded():
            self._in_chunks(missing, self._embed_stored, progress)
        for source in self.files.sources():
            while not self._import_all(source, progress):  # another process imports it
                self._in_chunks(self._not_embedded(), self._embed_stored, progress)
        if self._not_embedded():  # another checkpoint was promoted meanwhile
            self.work(progress)
        self._pace.forget()
        self.on_growth()

    def _import_all(self, source: Source, progress: Progress) -> bool:
        """Import what is missing of a source; False where another process is at it."""
        with self.files.claimed(source, FOLLOW_SECONDS) as is_ours:
            if is_ours:
                self._in_chunks(source.todo(), partial(self._import, source), progress)
                if source.archive:
                    source.archive.unlink(missing_ok=True)
        return is_ours

    def _in_chunks(self, items: list, work: Callable[[list], None], progress: Progress) -> None:
        # In random order, so that the images embedded at any time are a fair sample.
        order = np.random.default_rng(0).permutation(len(items))
        for start in range(0, len(items), CHUNK):
            now = self.progress()
            share = (now.done + now.embedded) / max(1, 2 * now.files)
            progress(share, f"{now.embedded} of {now.files} images embedded")
            work([items[place] for place in order[start : start + CHUNK]])
            self._problem = None
            if not self._pace.has_begun:
                now = self.progress()
                self._pace.begin(now.done + now.embedded)
            self.on_growth()

    def _import(self, source: Source, files: list[ImageFile]) -> None:
        images, imported = {}, []
        for file in files:
            try:
                image = decode_image(file.read(), file.name)
            except (UserError, OSError) as problem:
                imported.append(Imported(file.name, file.stamp, None, in_words(problem)))
                continue
            image_id = self.workbench.images.add(image)
            images[image_id] = image
            imported.append(Imported(file.name, file.stamp, image_id, ink=is_ink(image)))
        self.files.imported(source, imported)
        self._embed(images)

    def _embed_stored(self, ids: list[str]) -> None:
        images = {}
        for image_id in ids:
            try:
                images[image_id] = self.workbench.images.read(image_id)
            except UserError:  # its file was deleted or changed: it counts as rejected
                self._unreadable.add(image_id)
        self._embed(images)

    def _embed(self, images: dict[str, np.ndarray]) -> None:
        for each in self.embedded():
            ids = [image_id for image_id in images if image_id not in each.store]
            matcher, given = self.workbench.matcher, [images[image_id] for image_id in ids]
            rows = matcher.embed(each.slot, given, each.domain)
            # If another checkpoint was promoted meanwhile, these may be its embeddings.
            if ids and matcher.checkpoint(each.slot, each.domain).id == each.checkpoint.id:
                each.store.append(ids, rows)

    def _not_embedded(self) -> list[str]:
        images = self.images()
        stores = [each.store for each in self.embedded()] if images else []
        return [each.image_id for each in images if any(each.image_id not in store for store in stores)]

    def _store(self, checkpoint: Checkpoint) -> EmbeddingStore:
        if checkpoint.id not in self._stores:
            folder = self.workbench.embeddings_folder
            tidy(folder)
            self._stores[checkpoint.id] = open_embedding_store(folder, checkpoint)
        return self._stores[checkpoint.id]
