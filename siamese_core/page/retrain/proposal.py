"""Propose what to retrain: a slot whose checkpoint knows the images that the answers are about."""

from collections.abc import Sequence
from dataclasses import dataclass

from siamese_core.answers.label_row import LabelRow
from siamese_core.checkpoints.domains import some_of
from siamese_core.errors import UserError
from siamese_core.networks.encoders import SLOTS
from siamese_core.page.languages.words import t
from siamese_core.workspace.choosing import StoredImage
from siamese_core.workspace.workbench import Workbench


@dataclass(frozen=True)
class Proposal:
    """domain: of most answered images; networks: titles, by slot, of those that serve and know it."""

    domain: str
    networks: dict[str, str]

    @property
    def slot(self) -> str:
        """The first slot whose checkpoint knows the domain; where none does, the first of all."""
        return next(iter(self.networks), SLOTS[0])

    @property
    def words(self) -> str:
        """Say what the answers are about, and which networks can learn from them."""
        domain = t(self.domain)
        if not self.networks:
            return t(
                "Most of your answers are about {domain}, which no encoder that serves has been trained on.",
                domain=domain,
            )
        networks = list(dict.fromkeys(self.networks.values()))
        if len(networks) > 1:
            networks = [t("{first} and {second}", first=networks[0], second=networks[1])]
        return t(
            "Most of your answers are about {domain}: {networks} can learn from them.",
            domain=domain,
            networks=networks[0],
        )


def proposal(workbench: Workbench, settled: Sequence[LabelRow]) -> Proposal | None:
    """Return what to retrain from the settled answers; None where none of their images can be read."""
    ids = list(dict.fromkeys(image_id for row in settled for image_id in row.pair))
    images = [StoredImage(ids[place], workbench.images.read) for place in some_of(len(ids))]
    images = [image for image in images if image.id in workbench.images]
    try:
        domain = workbench.matcher.domain(images) if images else None
    except UserError:  # a file was changed by hand: retraining says so
        domain = None
    return Proposal(domain, _knowing(workbench, domain)) if domain else None


def _knowing(workbench: Workbench, domain: str) -> dict[str, str]:
    store, found = workbench.checkpoints, {}
    cards = {info.id: info.card for info in store.list()}
    for slot in SLOTS:
        try:
            serving = store.current_id(slot, domain)
        except UserError:  # none yet: the status line says so
            continue
        if cards[serving].knows(domain):
            found[slot] = workbench.names.network(serving, slot)
    return found
