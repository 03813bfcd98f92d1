"""Say what to do where no encoder on the page knows the images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from siamese_core.page.languages.words import translatable


@dataclass(frozen=True)
class Advice:
    """What to do, in words. place: the tab to do it in, button: what leads there; both empty for this one."""

    words: str
    place: str = ""
    button: str = ""


MIXED = Advice(translatable("No encoder compares handwriting with photographs. Give images of one kind."))
FIXED = Advice(
    translatable(
        "No encoder here knows these images, since a checkpoint is chosen by hand for everything. Let it be "
        "chosen by the images again."
    ),
    "retrain",
    translatable("Choose checkpoints"),
)
UNKNOWN = Advice(
    translatable(
        "No encoder here knows these images. Label some pairs of them, then retrain: the encoders learn from "
        "your answers."
    ),
    "label",
    translatable("Label such images"),
)
POOL_UNKNOWN = Advice(
    translatable(
        "No encoder here knows these images, so the pairs are chosen as well as it goes without one. Answer "
        "some hundred, then retrain."
    ),
    "retrain",
    translatable("Go to Retrain"),
)


def advice(abstentions: Sequence[bool], slots: Mapping[str, Mapping], mixed: bool) -> Advice | None:
    """Return what to do; None where an encoder judges, or one is still to come.

    abstentions: for each encoder that was asked, whether it abstains; slots: of `Workbench.slots()`; mixed:
    the images are of both domains.
    """
    if not abstentions or not all(abstentions) or any(each["state"] != "ready" for each in slots.values()):
        return None
    if mixed:
        return MIXED
    return FIXED if any(each.get("fixed") for each in slots.values()) else UNKNOWN
