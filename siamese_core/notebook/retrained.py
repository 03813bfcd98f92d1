"""What a retraining did, for a notebook."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from siamese_core.images.store import ImageStore
from siamese_core.notebook.rendering import render
from siamese_core.retraining.report import RetrainReport

if TYPE_CHECKING:
    import plotly.graph_objects as go

MEASURES = {"accuracy": "right on the holdout", "eer": "equal error rate", "roc_auc": "area under the ROC"}


@dataclass(frozen=True, repr=False)
class Retrained:
    """A candidate against its parent: the report, which `report.json()` gives in full."""

    report: RetrainReport
    images: ImageStore

    @property
    def promoted(self) -> bool:
        """Whether the candidate now serves."""
        return self.report.promoted

    @property
    def reason(self) -> str:
        """Why it was promoted or kept."""
        return self.report.reason

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each measure, before and after, with the limits of its 95 % interval, if any."""
        found = self.report.json()
        rows = [(words, found["before"], found["after"], name) for name, words in MEASURES.items()]
        rows += [("base protocol", found["base_before"], found["base_after"], "accuracy")]
        return pd.DataFrame([_row(*each) for each in rows])

    def plot(self) -> "go.Figure":
        """Return the ROC curves of the holdout before and after; empty where it has one kind of pair only."""
        from siamese_core.notebook.plots import roc_lines

        return roc_lines(self.report.json()["roc"])

    def __repr__(self) -> str:
        return f"<{self.report.checkpoints[1]}: {self.reason}>"

    def _repr_html_(self) -> str:
        rows = [(row.measure, *_cells(row)) for row in self.to_frame().itertuples()]
        values = {"promoted": self.promoted, "reason": self.reason, "changed": self.report.changed()}
        return render("retrained", rows=rows, images=self.images, **values)


def _row(words: str, before: dict, after: dict, name: str) -> dict:
    limits = (before["ci95"], after["ci95"]) if name == "accuracy" else ((None, None), (None, None))
    return {
        "measure": words,
        "before": before[name],
        "before_low": limits[0][0],
        "before_high": limits[0][1],
        "after": after[name],
        "after_low": limits[1][0],
        "after_high": limits[1][1],
    }


def _cells(row) -> tuple[str, str]:
    sides = (
        (getattr(row, side), getattr(row, f"{side}_low"), getattr(row, f"{side}_high"))
        for side in ("before", "after")
    )
    return tuple(
        "–"
        if pd.isna(value)
        else f"{value:.3f}"
        if pd.isna(low)
        else f"{100 * value:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
        for value, low, high in sides
    )
