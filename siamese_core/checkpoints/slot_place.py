"""A slot's place for a checkpoint: each domain has its own, and one fixed by a person stands before them."""

from dataclasses import dataclass

from siamese_core.checkpoints.domains import HANDWRITING

FIXED = "fixed"


@dataclass(frozen=True)
class SlotPlace:
    """slot: one of `encoders.SLOTS` or another encoder's name; domain: one of `DOMAINS`, or `FIXED`.

    As text, in the file of pointers, it is "koch" for handwriting, else "koch photographs" or "koch fixed".
    """

    slot: str
    domain: str = HANDWRITING

    def __str__(self) -> str:
        return self.slot if self.domain == HANDWRITING else f"{self.slot} {self.domain}"

    @classmethod
    def parse(cls, text: str) -> "SlotPlace":
        """Return the place that `str` gave as `text`."""
        slot, _, domain = text.partition(" ")
        return cls(slot, domain or HANDWRITING)
