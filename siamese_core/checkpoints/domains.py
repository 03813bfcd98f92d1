"""What images are: handwriting or photographs; and where in a slot the checkpoint for them stands.

A slot keeps a current checkpoint for each domain, every one with its own way back. Its place for handwriting
has the name of the slot itself. A checkpoint that a person fixed in the slot answers for both.
"""

from collections.abc import Sequence

HANDWRITING, PHOTOGRAPHS = "handwriting", "photographs"
DOMAINS = (HANDWRITING, PHOTOGRAPHS)
FIXED = "fixed"
LOOKED_AT = 24  # of many images, to tell what most of them are


def domain_of_images(inks: Sequence[bool]) -> str:
    """Of images that must all go through one checkpoint: handwriting if more than half of them are ink."""
    return HANDWRITING if 2 * sum(inks) > len(inks) else PHOTOGRAPHS


def some_of(count: int) -> list[int]:
    """The numbers of at most `LOOKED_AT` of `count` images, evenly spread."""
    step = max(1.0, count / LOOKED_AT)
    return [int(place * step) for place in range(min(count, LOOKED_AT))]


def place(slot: str, domain: str) -> str:
    """The name under which the store keeps the slot's checkpoint for a domain, or the one fixed there."""
    return slot if domain == HANDWRITING else f"{slot} {domain}"


def slot_of(place: str) -> str:
    return place.partition(" ")[0]


def picked_because(inks: Sequence[bool]) -> str:
    """How `domain_of_images` came to its answer, in words."""
    ink, count = sum(inks), len(inks)
    if ink in (0, count):
        return f"{'both' if count == 2 else 'all'} images are {'ink' if ink else 'photographs'}"
    others = "the other a photograph" if count - ink == 1 else "the others photographs"
    return f"{ink} of {count} images {'is' if ink == 1 else 'are'} ink, {others}"
