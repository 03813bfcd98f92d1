"""One row of the log: its columns, and what makes a row fit for the log."""

import uuid
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from operator import attrgetter

SCHEMA = "1"
SET_ASIDE = "set_aside"  # event: all answers of the annotator in `target_id` count nowhere, also later ones
EVENTS = ("label", "undo", SET_ASIDE)
WITHOUT_A_PAIR = ("undo", SET_ASIDE)
ANSWERS = ("same", "different", "unsure")
AGENT = "agent"  # source of an answer that a language model gave: it trains nothing alone
SOURCES = ("page", "api", "import", AGENT)
# Reasons of pairs that test the annotator: a known answer is asked for, or one that they gave before.
GOLD, REPEAT = "gold", "repeat"
TASKS = ("compare", "one_shot", "queue")
LOGGED_ENCODERS = ("koch", "resnet50")


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One event of the log, its fields in the order of the columns. Cells are text; "" means does not apply.

    An `event` "label" holds the `answer` to the pair `left_id`, `right_id`; "undo" takes back the label
    or the setting aside `target_id`; "set_aside" sets the answers of the annotator `target_id` aside.
    `probability`, `*_similarity` and `*_threshold` are 0..1, `correction` is "1" or "0".
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
        """The two image ids in sorted order, so that both orders of a pair are equal."""
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
    """Return the row with empty schema, label_id, event and created_at filled in for an event of now."""
    return replace(
        row,
        schema=row.schema or SCHEMA,
        label_id=row.label_id or uuid.uuid4().hex,
        event=row.event or "label",
        created_at=row.created_at or now(),
    )


def now() -> str:
    """Return the time in UTC as ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def row_problem(row: LabelRow) -> str | None:
    """Say in words what makes a row unfit for the log; None for a fit one."""
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
    if row.event == SET_ASIDE:
        return "an agent sets nobody aside" if row.source == AGENT else None
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
