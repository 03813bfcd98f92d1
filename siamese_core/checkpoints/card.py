"""A checkpoint's card: what it is, where it comes from and what it scores; `card.json` in its folder."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from siamese_core.atomic import replace_file, sealed, unsealed
from siamese_core.checkpoints.domains import DOMAINS, HANDWRITING
from siamese_core.errors import UserError, refuse_newer
from siamese_core.metrics import Calibration
from siamese_core.networks.embedding_spec import EmbeddingSpec
from siamese_core.networks.encoders import EncoderSpec, encoder_spec

CARD_FILE = "card.json"
SCHEMA = 1  # of a card that names none; a form that this version would misread has another
# Kinds of the entries in JSON. A card without the first ones is refused.
REQUIRED = {
    "id": str,
    "created_at": str,
    "encoder": str,
    "head": str,
    "size": int,
    "channels": int,
    "preparation": str,
    "calibration": dict,
    "threshold": float,
    "libraries": dict,
    "canary": dict,
}
OPTIONAL = {
    **dict.fromkeys(("network", "domain", "trained_on", "parent", "mode"), str),
    **dict.fromkeys(("weights_file", "weights_sha256"), str),
    **dict.fromkeys(("seed", "steps", "training_images", "images_before", "width"), int),
    **dict.fromkeys(("training_seconds", "share_of_end"), (int, float)),
    **dict.fromkeys(
        ("data", "validation_data", "answers", "learning", "adaptation", "metrics", "adopted", "chosen"), dict
    ),
    "turns": list,
    "mirrored": bool,
    "storage": dict,
}


@dataclass(frozen=True)
class CheckpointCard:
    """The entries of a card; None where it has none. Those from `calibration` on come with saving.

    network, turns, mirrored, width: see `EmbeddingSpec`; adopted: which file an adopted network is from, and
    how its preparation was found; domain: whose place in a slot it takes; trained_on: the domain of the
    images that it learned from; parent: id of the checkpoint it was made from; weights_file, weights_sha256:
    name and hash (hex) of the file of ImageNet weights; images_before: training images of its ancestors;
    share_of_end: weight of the end of training in its mean with the start; mode: "head" or "full"; data,
    validation_data: counts and hash; answers: how many trained and judged, and `until` which one; learning,
    adaptation: how its head was fitted; metrics: by protocol; chosen: the threshold that a person chose, for
    what and on which pairs (see `workspace.choosing_thresholds`); canary: see `canary`; unknown: entries that
    this version does not know.
    """

    encoder: str
    head: str
    size: int
    channels: int
    preparation: str
    network: str | None = None
    turns: tuple[float, ...] | None = None
    mirrored: bool | None = None
    width: int | None = None
    domain: str | None = None
    trained_on: str | None = None
    parent: str | None = None
    weights_file: str | None = None
    weights_sha256: str | None = None
    seed: int | None = None
    steps: int | None = None
    training_images: int | None = None
    training_seconds: float | None = None
    images_before: int | None = None
    share_of_end: float | None = None
    mode: str | None = None
    data: dict | None = None
    validation_data: dict | None = None
    answers: dict | None = None
    learning: dict | None = None
    adaptation: dict | None = None
    metrics: dict | None = None
    adopted: dict | None = None
    chosen: dict | None = None
    calibration: Calibration | None = None
    threshold: float | None = None
    id: str | None = None
    created_at: str | None = None
    libraries: dict | None = None
    storage: dict | None = None
    canary: dict | None = None
    unknown: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def from_json(cls, entries: dict) -> "CheckpointCard":
        """Return the card of a saved checkpoint. KeyError or TypeError where a required entry is missing or
        of another kind, UserError for a later version; an optional one of another kind is kept as unknown."""
        refuse_newer("schema" in entries and entries["schema"], SCHEMA, f"a checkpoint's {CARD_FILE}")
        for name, kind in REQUIRED.items():
            if not isinstance(entries[name], kind):
                raise TypeError(f"{name} is no {kind.__name__}")
        entries = _upgraded(entries)
        known = {name: entries[name] for name in REQUIRED}
        for name, kind in OPTIONAL.items():
            if isinstance(entries.get(name), kind):
                known[name] = entries[name]
        if "turns" in known:
            known["turns"] = tuple(known["turns"])
        known["calibration"] = Calibration(**known["calibration"])
        empty = {name for name in OPTIONAL if entries.get(name) is None}
        unknown = {name: value for name, value in entries.items() if name not in {*known, *empty}}
        return cls(**known, unknown=unknown)

    def to_json(self) -> dict:
        """Return the entries as `card.json` holds them; a parent is named even where there is none."""
        entries = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "unknown"}
        if self.turns is not None:
            entries["turns"] = list(self.turns)
        if self.calibration is not None:
            entries["calibration"] = {name: float(value) for name, value in vars(self.calibration).items()}
        present = {name: value for name, value in entries.items() if value is not None or name == "parent"}
        return {**self.unknown, **present}

    @property
    def embedding(self) -> EmbeddingSpec:
        """What, beside the encoder's weights, decides the checkpoint's embeddings."""
        return EmbeddingSpec(
            self.network or self.encoder,
            self.size,
            self.channels,
            self.preparation,
            self.turns or (),
            bool(self.mirrored),
            self.width,
        )

    def identity(self) -> dict:
        """Return what, beside the weights, decides the checkpoint's answers: it is part of the id.

        An entry that the card does not have is left out, and so is `network`, which came later: the ids of
        earlier checkpoints stay what they are.
        """
        names = ("head", *(each.name for each in fields(EmbeddingSpec) if each.name != "network"))
        entries = self.to_json()
        names = (*names, "calibration", "threshold", "chosen")
        return {name: entries[name] for name in names if name in entries}

    @property
    def serving_domain(self) -> str:
        """The domain whose place in a slot the checkpoint takes."""
        return self.domain if self.domain in DOMAINS else HANDWRITING

    @property
    def training_domain(self) -> str | None:
        """The domain of the images that the checkpoint learned from; None where the card does not tell."""
        return next((each for each in (self.trained_on, self.domain) if each in DOMAINS), None)

    @property
    def false_positive_rate(self) -> float | None:
        """The approximate share of different pairs that the threshold calls same, 0..1; None if unknown.
        Counted where a person chose it, else the equal error rate, near which the threshold lies."""
        if self.chosen is not None:
            return self.chosen.get("false_positive_rate")
        rate = ((self.metrics or {}).get("verification") or {}).get("eer")
        return rate if isinstance(rate, float) else None

    def knows(self, domain: str) -> bool:
        """Return whether the checkpoint learned from images of a domain, as far as the card tells."""
        return self.training_domain in (None, domain)

    def warning_for(self, domain: str) -> str | None:
        """Return what to say where the checkpoint is asked about images of a domain it did not learn from."""
        if self.knows(domain):
            return None
        return (
            f"Trained on {self.training_domain}, asked about {domain}: it never saw the like; its answer may "
            "mean little."
        )

    def inherited(self, parent_id: str) -> "CheckpointCard":
        """Return the card of a candidate: what holds for it as for its parent, whose card this is. Data,
        metrics and steps are the parent's own."""
        return CheckpointCard(
            encoder=self.encoder,
            head=self.head,
            size=self.size,
            channels=self.channels,
            preparation=self.preparation,
            network=self.network,
            turns=self.turns,
            mirrored=self.mirrored,
            width=self.width,
            adopted=self.adopted,
            domain=self.domain,
            trained_on=self.training_domain,
            parent=parent_id,
        )


def _upgraded(entries: dict) -> dict:
    """Return a card of an earlier version as one of today.

    The first versions did not say which images a checkpoint learned from: the name of its data did.
    """
    told = entries.get("trained_on") in DOMAINS or entries.get("domain") in DOMAINS
    data = entries.get("data")
    if told or not isinstance(data, dict) or "omniglot" not in str(data.get("name", "")).lower():
        return entries
    return entries | {"trained_on": HANDWRITING}


def base_card(encoder_name: str, size: int | None = None) -> CheckpointCard:
    """Return the card of an encoder's name, at another `size` (px) if one is given."""
    card = card_of(encoder_spec(encoder_name))
    return card if size is None else replace(card, size=size)


def card_of(spec: EncoderSpec) -> CheckpointCard:
    """Return the part of a card that follows from the encoder."""
    return CheckpointCard(
        encoder=spec.name,
        head=spec.head,
        size=spec.size,
        channels=spec.channels,
        preparation=spec.preparation,
        turns=spec.turns,
        mirrored=spec.mirrored or None,
    )


def read_card(folder: Path) -> CheckpointCard:
    """Return the card of a complete checkpoint; UserError if there is none or it is damaged."""
    try:
        return CheckpointCard.from_json(unsealed((folder / CARD_FILE).read_bytes()))
    except (OSError, ValueError, TypeError, KeyError) as damage:
        problem = damage.strerror if isinstance(damage, OSError) else f"{type(damage).__name__}: {damage}"
        raise UserError(
            f"A checkpoint needs its {CARD_FILE}. Received: {folder.name} ({problem}). Check the name, copy "
            f"{folder.name} again or train it anew."
        ) from damage


def write_card(folder: Path, card: CheckpointCard) -> None:
    """Replace the card as a whole: to add, say, what storing cost, measured after saving."""
    text = json.dumps(card.to_json(), indent=1, allow_nan=False, default=lambda numbers: numbers.tolist())
    replace_file(folder / CARD_FILE, sealed(text))
