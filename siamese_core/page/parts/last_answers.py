"""The table of the last answers, below the Compare tab."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from siamese_core.answers.label_row import LabelRow
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.templates import render
from siamese_core.workspace.workbench import Workbench

SHOWN_ANSWERS = 8  # the latest


@dataclass(frozen=True)
class LastAnswers:
    """The table, and the handler that draws it anew, for every tab that adds an answer."""

    table: Panel
    workbench: Workbench

    def refresh(self) -> Markup:
        return answers_table(self.workbench.last_answers(SHOWN_ANSWERS))


def answers_table(answers: Sequence[LabelRow]) -> Markup:
    return render("parts/last_answers.html.jinja", answers=answers)
