"""Tell what images are: handwriting or photographs."""

from collections.abc import Sequence

HANDWRITING, PHOTOGRAPHS = "handwriting", "photographs"
DOMAINS = (HANDWRITING, PHOTOGRAPHS)
LOOKED_AT = 24  # images of many that are looked at to tell what most of them are


def domain_of_images(inks: Sequence[bool]) -> str:
    """Return the domain of images that go through one checkpoint: handwriting if most of them are ink."""
    return HANDWRITING if 2 * sum(inks) > len(inks) else PHOTOGRAPHS


def some_of(count: int) -> list[int]:
    """Return the numbers of at most `LOOKED_AT` of `count` images, evenly spread."""
    step = max(1.0, count / LOOKED_AT)
    return [int(place * step) for place in range(min(count, LOOKED_AT))]


def picked_because(inks: Sequence[bool]) -> str:
    """Return in words how `domain_of_images` came to its answer."""
    ink, count = sum(inks), len(inks)
    if ink in (0, count):
        return f"{'both' if count == 2 else 'all'} images are {'ink' if ink else 'photographs'}"
    others = "the other a photograph" if count - ink == 1 else "the others photographs"
    return f"{ink} of {count} images {'is' if ink == 1 else 'are'} ink, {others}"
