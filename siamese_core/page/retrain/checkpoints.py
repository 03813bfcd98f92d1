"""Draw the checkpoints of each slot: what each learned from, which one serves, the way back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from siamese_core.checkpoints.domains import DOMAINS, HANDWRITING
from siamese_core.checkpoints.listing import CheckpointInfo
from siamese_core.checkpoints.naming import SHIPPED, CheckpointNames, answers_learned
from siamese_core.checkpoints.pretrained import newer_for_photographs
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.errors import UserError
from siamese_core.networks.encoders import SLOTS
from siamese_core.page.languages.words import t
from siamese_core.page.parts.formatting import counted, minute
from siamese_core.page.parts.templates import render


@dataclass(frozen=True)
class Rollback:
    """A button that goes back to the checkpoint `to`, which served before; it is disabled where none did."""

    domain: str
    to: str | None

    def title(self, names: CheckpointNames) -> str:
        if not self.to:
            return t("Nothing was promoted here yet")
        return t("to {checkpoint}", checkpoint=t(names.words(self.to)))

    @property
    def words(self) -> str:
        if self.domain == HANDWRITING:
            return t("Roll back to the one before")
        return t("Roll back to the one before for {domain}", domain=t(self.domain))


@dataclass(frozen=True)
class CheckpointRow:
    """serves: for what it serves in words ("" for everything), None where it does not; accuracy: 0..1."""

    id: str
    learned_from: str
    made: str
    serves: str | None
    accuracy: float | None
    setting: str


@dataclass(frozen=True)
class SlotTable:
    """offered: a newer checkpoint for photographs where an earlier version's serves, else None."""

    slot: str
    rollbacks: Sequence[Rollback]
    rows: Sequence[CheckpointRow]
    offered: CheckpointInfo | None = None


def checkpoint_lists(names: CheckpointNames, photos_problem: str | None = None) -> Markup:
    """Return a table for each slot, newest first; and why one has no checkpoint for photographs."""
    found = names.store.list()
    tables = [slot_table(names.store, slot, found) for slot in SLOTS]
    return render("retrain/checkpoints.html.jinja", tables=tables, names=names, photos_problem=photos_problem)


def slot_table(store: CheckpointStore, slot: str, found: Sequence[CheckpointInfo]) -> SlotTable:
    rows = slot_rows(slot, found, serving_ids(store, slot))
    return SlotTable(slot, rollbacks(store, slot), rows, newer_for_photographs(store, slot))


def serving_ids(store: CheckpointStore, slot: str) -> dict[str, str]:
    """Return which checkpoints serve in the slot, and for what where not for both domains."""
    try:
        by_domain = {domain: store.current_id(slot, domain) for domain in DOMAINS}
    except UserError:  # none yet: the status line says so
        return {}
    shared = len(set(by_domain.values())) == 1
    return {id_: "" if shared else domain for domain, id_ in by_domain.items()}


def rollbacks(store: CheckpointStore, slot: str) -> list[Rollback]:
    """Return one for each domain that has a way back, or one that is disabled."""
    ways = {domain: way for domain in DOMAINS if (way := store.way_back(slot, domain))}
    return [Rollback(domain, way[-1]) for domain, way in ways.items()] or [Rollback(HANDWRITING, None)]


def slot_rows(slot: str, found: Sequence[CheckpointInfo], serving: Mapping[str, str]) -> list[CheckpointRow]:
    """Return the checkpoints of the slot's own encoder, and those that serve in it, which may be others."""
    encoders = {slot} | {info.encoder for info in found if info.id in serving}
    rows = [checkpoint_row(info, serving.get(info.id)) for info in found if info.encoder in encoders]
    return rows[::-1]


def checkpoint_row(info: CheckpointInfo, serves: str | None) -> CheckpointRow:
    measured = (info.card.metrics or {}).get("one_shot") or {}
    return CheckpointRow(
        id=info.id,
        learned_from=learned_from(info),
        made=minute(info.card.created_at),
        serves=serves,
        accuracy=measured.get("accuracy"),
        setting=measured.get("setting", t("not measured")),
    )


def learned_from(info: CheckpointInfo) -> str:
    """Return in words what a checkpoint learned from, as its card tells."""
    card = info.card
    if card.chosen is not None:
        return f"{card.chosen.get('target', 'a threshold')}, on {card.chosen.get('data', 'pairs')}"
    if card.answers is not None:
        answers = counted(answers_learned(card), "answer")
        return t("{answers}, on top of {checkpoint}", answers=answers, checkpoint=card.parent)
    if card.data is not None and card.data.get("name"):
        return str(card.data["name"])
    if card.adopted:
        return t("adopted, {file}", file=card.adopted.get("file", t("a network of your own")))
    if card.network:
        return t("ImageNet weights")
    return t("shipped") if info.origin == SHIPPED else t("made here")
