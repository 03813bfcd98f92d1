"""Choose which of a slot's checkpoints a set of images goes through, and say why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from siamese_core.checkpoints.card import CheckpointCard
from siamese_core.checkpoints.domains import HANDWRITING, domain_of_images, picked_because
from siamese_core.checkpoints.slot_place import SlotPlace
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.embeddings.kept_kinds import KeptKinds
from siamese_core.images.decoding import image_id
from siamese_core.images.ink import is_ink

A_PAIR = 2  # images: what more are is a support set or a pool, which comes again


@dataclass(frozen=True)
class StoredImage:
    """An image with its id, read only where its embedding is not known yet."""

    id: str
    read: Callable[[str], np.ndarray]


Image = np.ndarray | StoredImage


def id_of(image: Image) -> str:
    """Return the image's id without reading it from disk."""
    return image.id if isinstance(image, StoredImage) else image_id(image)


def identified(image: Image) -> StoredImage:
    """Return the image with its id, which is a hash of all pixels and so made once."""
    return image if isinstance(image, StoredImage) else StoredImage(image_id(image), lambda _: image)


def pixels_of(image: Image) -> np.ndarray:
    """Return the image's pixels, read from disk if they are there only."""
    return image.read(image.id) if isinstance(image, StoredImage) else image


@dataclass(frozen=True)
class Choice:
    """domain: of all the images together; why: how that was found; domains: that of each image."""

    domain: str
    why: str
    domains: tuple[str, ...]


@dataclass
class Chooser:
    """Looks at each image once and tells the domain of all of them together."""

    store: CheckpointStore
    kinds: KeptKinds = field(default_factory=lambda: KeptKinds(None))

    def choice(self, images: Sequence[Image]) -> Choice:
        inks = self._inks(images)
        domains = tuple(domain_of_images([ink]) for ink in inks)
        return Choice(domain_of_images(inks), picked_because(inks), domains)

    def words(self, slot: str, choice: Choice, card: CheckpointCard) -> tuple[str, str]:
        """Return what was picked and why, and the warning where it never saw such images, else ""."""
        if self.store.fixed_id(slot) is not None:
            picked = "chosen by hand for everything"
        elif choice.domain != HANDWRITING and self.store.place(slot, choice.domain) == SlotPlace(slot):
            picked = f"{choice.why}, and {slot} has no other checkpoint for them"
        else:
            picked = f"auto: {choice.why}"
        return picked, card.warning_for(choice.domain) or ""

    def _inks(self, images: Sequence[Image]) -> list[bool]:
        ids = [id_of(image) for image in images]
        known = {each: self.kinds.get(each) for each in ids}
        new = {
            each: is_ink(pixels_of(image))
            for each, image in dict(zip(ids, images, strict=True)).items()
            if known[each] is None
        }
        if new:
            self.kinds.add(new, stored=len(images) > A_PAIR)
        return [new.get(each, known[each]) for each in ids]
