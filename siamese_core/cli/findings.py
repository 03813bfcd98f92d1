"""Findings of a diagnosis or a case study, for people."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType

from siamese_core.cli.terminal import one_line, table

if TYPE_CHECKING:
    from siamese_core.diagnosis.findings import Finding


def shown_findings(findings: Sequence["Finding"]) -> tuple[RenderableType, ...]:
    """Return a table of all findings, then the cause and remedy of each that is not ok."""
    rows = [(each.level, each.check, f"{each.measured:.4g}", each.expected) for each in findings]
    remedies = [
        one_line(f"{each.level}: {each.check}. {each.cause} {each.remedy}")
        for each in findings
        if each.level != "ok"
    ]
    return table(("level", "check", "measured", "expected"), rows), *(["", *remedies] if remedies else [])
