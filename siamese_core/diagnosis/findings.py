"""Define what a check returns: a measured number, what it should be, the cause and the remedy."""

import math
from dataclasses import asdict, dataclass

LEVELS = ("ok", "warning", "error")


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    level: one of `LEVELS`; measured: a finite number; expected: what was measured and what it should be;
    cause, remedy: empty where the level is "ok".
    """

    check: str
    level: str
    measured: float
    expected: str
    cause: str = ""
    remedy: str = ""

    def __post_init__(self):
        if self.level not in LEVELS or not math.isfinite(self.measured):
            raise ValueError(
                f"A finding has a level of {', '.join(LEVELS)} and a finite number. "
                f"Received: {self.level!r}, {self.measured}. Measure something that is always a number."
            )

    def json(self) -> dict:
        return asdict(self) | {"measured": float(f"{self.measured:.4g}")}


@dataclass(frozen=True)
class Check:
    """The name of a check and what it expects. It makes the findings of that check."""

    name: str
    expected: str

    def ok(self, measured: float, note: str = "") -> Finding:
        return Finding(self.name, "ok", float(measured), self.expected + note)

    def found(self, level: str, measured: float, cause: str, remedy: str) -> Finding:
        return Finding(self.name, level, float(measured), self.expected, cause, remedy)
