"""Search the images of a folder or zip, each embedded once: its embeddings are kept in the workspace."""

from collections.abc import Iterable

import numpy as np

from siamese_core.checkpoints.domains import some_of
from siamese_core.data.files import ImageFile, Listing
from siamese_core.data.left_out import UNREADABLE, LeftOut, PassedOver
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError, in_words
from siamese_core.images.decoding import decode_image, image_id
from siamese_core.searching.asking import Matches, Search
from siamese_core.searching.finding import Query, find
from siamese_core.searching.gallery import Gallery, with_own_cohort
from siamese_core.workspace.choosing import Choice
from siamese_core.workspace.workbench import Workbench

AT_ONCE = 32  # images decoded and embedded together


class FolderSearch:
    """The readable images of a listing: {"path", "image_id"} of each, and by encoder their embeddings."""

    def __init__(self, workbench: Workbench, search: Search, listing: Listing):
        self.workbench, self.search, self.listing = workbench, search, listing
        self.images: list[dict] = []
        self.passed: list[PassedOver] = []
        self.rows: dict[str, list[np.ndarray]] = {encoder: [] for encoder in search.encoders}

    def run(self, progress: Progress) -> tuple[list[Matches], LeftOut]:
        """Embed what is not kept yet and search it. Returns with what was left out; UserError where no image
        can be read."""
        files = self.listing.images
        some = [self.search.query, *self._decoded(files[place] for place in some_of(len(files))).values()]
        self.passed.clear()  # they come again
        self.workbench.ready_for(some, self.search.encoders)
        choice = self.workbench.matcher.chooser.choice(some)
        for start in range(0, len(files), AT_ONCE):
            progress(start / len(files), f"{start:,} of {len(files):,} images embedded")
            self._embed(files[start : start + AT_ONCE], choice.domain)
        if not self.images:
            raise UserError(
                f"A search needs images that can be read. Received: {len(self.passed)} that cannot "
                f"({self.passed[0].why}). Name another folder."
            )
        found = [self._find(encoder, choice) for encoder in self.search.encoders]
        return found, self.listing.left_out + LeftOut(tuple(self.passed))

    def _decoded(self, files: Iterable[ImageFile]) -> dict[str, np.ndarray]:
        """Return the images that can be read, by name."""
        images = {}
        for file in files:
            try:
                images[file.name] = decode_image(file.read(), file.name)
            except (UserError, OSError) as problem:
                self.passed.append(PassedOver(file.name, UNREADABLE, in_words(problem)))
        return images

    def _embed(self, files: Iterable[ImageFile], domain: str) -> None:
        images = self._decoded(files)
        self.images += [{"path": name, "image_id": image_id(image)} for name, image in images.items()]
        for encoder in self.search.encoders if images else ():
            self.workbench.matcher.embed_support(encoder, list(images.values()), domain)
            self.rows[encoder].append(self.workbench.matcher.embed(encoder, list(images.values()), domain))

    def _find(self, encoder: str, choice: Choice) -> Matches:
        matcher, query = self.workbench.matcher, self.search.query
        checkpoint, embeddings = (
            matcher.checkpoint(encoder, choice.domain),
            np.concatenate(self.rows[encoder]),
        )
        why, _ = matcher.chooser.words(encoder, choice, checkpoint.card)
        asked = Query(matcher.embed(encoder, [query], choice.domain), choice.domains[0], choice.domain, why)
        gallery = Gallery(with_own_cohort(checkpoint, embeddings), embeddings, checkpoint)
        found = find(encoder, gallery, asked, self.search.count, self.search.ask_anyway)
        return Matches(found, tuple(self.images[place] for place in found.hits.places))
