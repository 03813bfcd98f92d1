"""What the encoders said of a pair, as cells of the log, and whether an answer corrects it."""

from collections.abc import Iterable
from dataclasses import dataclass

from siamese_core.answers.label_row import LOGGED_ENCODERS, LabelRow
from siamese_core.metrics import verdict


@dataclass(frozen=True)
class Verdict:
    """One encoder's judgement of a pair when it was asked; `similarity` and `threshold` are 0..1.

    abstains: it does not know such images, so that it takes no part in a correction and its numbers, if it
    was asked anyway, are not logged.
    """

    encoder: str
    checkpoint: str
    similarity: float | None
    threshold: float | None
    same: bool | None
    abstains: bool = False


def abstention(encoder: str, checkpoint: str) -> Verdict:
    """Return the verdict of an encoder that does not judge a pair."""
    return Verdict(encoder, checkpoint, None, None, None, abstains=True)


def correction_of(answer: str, verdicts: Iterable[Verdict]) -> str:
    """Return "1" where the answer contradicts at least one verdict, else "0"; "unsure" contradicts none."""
    decided = answer in ("same", "different")
    judged = [each.same for each in verdicts if not each.abstains]
    return "1" if decided and any(same != (answer == "same") for same in judged) else "0"


def verdict_cells(verdicts: Iterable[Verdict]) -> dict[str, str]:
    """Return the verdicts as cells of a `LabelRow`, without encoders that the log has no columns for.

    Numbers are written so that they read back exactly. An encoder that abstains leaves them empty.
    """
    cells = {}
    for each in verdicts:
        if each.encoder in LOGGED_ENCODERS:
            cells[f"{each.encoder}_checkpoint"] = each.checkpoint
        if each.encoder in LOGGED_ENCODERS and not each.abstains:
            cells[f"{each.encoder}_similarity"] = repr(float(each.similarity))
            cells[f"{each.encoder}_threshold"] = repr(float(each.threshold))
    return cells


def logged_verdicts(row: LabelRow) -> list[Verdict]:
    """Read the verdicts of a row back from their cells, without those of encoders that abstained."""
    verdicts = []
    for encoder in LOGGED_ENCODERS:
        checkpoint, similarity, threshold = (
            getattr(row, f"{encoder}_{part}") for part in ("checkpoint", "similarity", "threshold")
        )
        if similarity and threshold:
            numbers = float(similarity), float(threshold)
            verdicts.append(Verdict(encoder, checkpoint, *numbers, same=bool(verdict(*numbers))))
    return verdicts
