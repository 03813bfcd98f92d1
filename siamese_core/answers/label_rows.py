"""One row of the log and what a list of them says: which answers stand, which contradict each other."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from operator import attrgetter

SCHEMA = "1"
EVENTS = ("label", "undo")
ANSWERS = ("same", "different", "unsure")
SOURCES = ("page", "api", "import")
TASKS = ("compare", "one_shot", "queue")
LOGGED_ENCODERS = ("koch", "resnet50")
SETTLES = "settles the conflict"  # the note of an answer by which somebody decided between annotators


@dataclass(frozen=True, slots=True)
class LabelRow:
    """An event of the log, in the order of its columns. Every cell is a text; empty: does not apply.

    `event` "label": `answer` to `left_id`, `right_id`. "undo": takes back the label `target_id`.
    `probability`, `*_similarity`, `*_threshold`: 0..1. `correction`: "1" or "0".
    """

    schema: str = ""
    label_id: str = ""
    event: str = ""
    target_id: str = ""
    created_at: str = ""
    session_id: str = ""
    annotator: str = ""
    source: str = ""
    task: str = ""
    group_id: str = ""
    left_id: str = ""
    right_id: str = ""
    answer: str = ""
    correction: str = ""
    reason: str = ""
    probability: str = ""
    koch_checkpoint: str = ""
    koch_similarity: str = ""
    koch_threshold: str = ""
    resnet50_checkpoint: str = ""
    resnet50_similarity: str = ""
    resnet50_threshold: str = ""
    milliseconds: str = ""
    note: str = ""

    @property
    def pair(self) -> tuple[str, str]:
        """The two images, the same for both orders."""
        return (
            (self.left_id, self.right_id) if self.left_id <= self.right_id else (self.right_id, self.left_id)
        )


COLUMNS = tuple(field.name for field in fields(LabelRow))

CHOICES = {"schema": (SCHEMA,), "event": EVENTS, "source": SOURCES, "task": TASKS, "correction": ("0", "1")}
FRACTIONS = ("probability",) + tuple(
    f"{encoder}_{number}" for encoder in LOGGED_ENCODERS for number in ("similarity", "threshold")
)

row_cells = attrgetter(*COLUMNS)
_fractions = attrgetter(*FRACTIONS)


def completed(row: LabelRow) -> LabelRow:
    """The row with what an event of now has where the cell is empty: schema, label_id, event, created_at."""
    return replace(
        row,
        schema=row.schema or SCHEMA,
        label_id=row.label_id or uuid.uuid4().hex,
        event=row.event or "label",
        created_at=row.created_at or now(),
    )


def now() -> str:
    """UTC, ISO 8601, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Verdict:
    """What an encoder said of a pair when it was asked; `similarity` and `threshold` are 0..1."""

    encoder: str
    checkpoint: str
    similarity: float
    threshold: float
    same: bool


def verdict_cells(verdicts: Iterable[Verdict]) -> dict[str, str]:
    """The verdicts as cells of a `LabelRow`; encoders that the log has no columns for are left out.

    A number is written so that it reads back exactly.
    """
    cells = {}
    for verdict in verdicts:
        if verdict.encoder in LOGGED_ENCODERS:
            cells[f"{verdict.encoder}_checkpoint"] = verdict.checkpoint
            cells[f"{verdict.encoder}_similarity"] = repr(float(verdict.similarity))
            cells[f"{verdict.encoder}_threshold"] = repr(float(verdict.threshold))
    return cells


def logged_verdicts(row: LabelRow) -> list[Verdict]:
    """The verdicts that stand in a row; the way back from `verdict_cells`."""
    verdicts = []
    for encoder in LOGGED_ENCODERS:
        checkpoint, similarity, threshold = (
            getattr(row, f"{encoder}_{part}") for part in ("checkpoint", "similarity", "threshold")
        )
        if similarity and threshold:
            same = float(similarity) >= float(threshold)
            verdicts.append(Verdict(encoder, checkpoint, float(similarity), float(threshold), same))
    return verdicts


def correction_of(answer: str, verdicts: Iterable[Verdict]) -> str:
    """ "1" where the answer contradicts at least one verdict, else "0"; "unsure" contradicts none."""
    decided = answer in ("same", "different")
    return "1" if decided and any(verdict.same != (answer == "same") for verdict in verdicts) else "0"


def row_problem(row: LabelRow) -> str | None:
    """What makes a row unfit for the log, in words; None for a good one."""
    if not row.label_id:
        return "label_id is empty"
    for column, choices in CHOICES.items():
        cell = getattr(row, column)
        if cell not in choices and (cell or column == "event"):
            return f"{column} must be one of {', '.join(choices)}, received {cell!r}"
    for column, cell in zip(FRACTIONS, _fractions(row), strict=True):
        if cell and not _is_fraction(cell):
            return f"{column} must be a number from 0 to 1, received {cell!r}"
    if row.created_at and not _is_time(row.created_at):
        return f"created_at must be an ISO 8601 time, received {row.created_at!r}"
    return _event_problem(row)


def _event_problem(row: LabelRow) -> str | None:
    if row.event == "undo":
        return None if row.target_id else "target_id, the label to undo, is empty"
    if row.answer not in ANSWERS:
        return f"answer must be one of {', '.join(ANSWERS)}, received {row.answer!r}"
    if not row.left_id or not row.right_id:
        return f"{'right_id' if row.left_id else 'left_id'} is empty"
    return None


def _is_fraction(cell: str) -> bool:
    try:
        return 0 <= float(cell) <= 1
    except ValueError:
        return False


def _is_time(cell: str) -> bool:
    try:
        datetime.fromisoformat(cell)
    except ValueError:
        return False
    return True


def standing_labels(rows: Iterable[LabelRow]) -> list[LabelRow]:
    """The label rows that count: not undone, and the latest of their annotator on their pair.

    The latest is the one that stands last in the log, whatever a clock said. What undoing lays bare, an
    earlier answer of the same annotator, counts again.
    """
    rows = list(rows)
    undone = {row.target_id for row in rows if row.event == "undo"}
    latest: dict[tuple, LabelRow] = {}
    for row in rows:
        if row.event == "label" and row.label_id not in undone:
            key = (row.pair, row.annotator)
            latest.pop(key, None)  # so that the order is that of the answers that count
            latest[key] = row
    return list(latest.values())


def conflicting_labels(standing: Sequence[LabelRow]) -> list[tuple[LabelRow, ...]]:
    """For each pair on which annotators disagree, their answers that count. "unsure" disagrees with nobody.

    An answer that settles a conflict overrules those before it; who contradicts it later opens it again.
    """
    sure = ([row for row in group if row.answer != "unsure"] for group in _not_overruled(standing))
    return [tuple(group) for group in sure if len({row.answer for row in group}) > 1]


def settled_labels(rows: Iterable[LabelRow]) -> list[LabelRow]:
    """What may be trained on: answers that count, are sure, and that no annotator contradicts.

    Two annotators who agree give two rows. An image against itself teaches nothing and is left out.
    """
    standing = standing_labels(rows)
    disputed = {group[0].pair for group in conflicting_labels(standing)}
    valid = {row.label_id for group in _not_overruled(standing) for row in group}
    return [
        row
        for row in standing
        if row.answer != "unsure" and row.pair not in disputed and row.left_id != row.right_id
        if row.label_id in valid
    ]


def _not_overruled(standing: Sequence[LabelRow]) -> Iterator[list[LabelRow]]:
    """For each pair the answers that count, from the latest that settles a conflict on."""
    answers: dict[tuple, list[LabelRow]] = {}
    for row in standing:
        if row.note == SETTLES:
            answers[row.pair] = []
        answers.setdefault(row.pair, []).append(row)
    return iter(answers.values())
