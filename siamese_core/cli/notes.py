"""Notes under a comparison or a ranking: why each checkpoint was asked, and what is wrong with it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.cli.terminal import one_line

if TYPE_CHECKING:
    from siamese_core.workspace.comparing import Comparison
    from siamese_core.workspace.ranking import Ranking
    from siamese_core.workspace.workbench import Workbench


def notes(workbench: "Workbench", opinions: "Sequence[Comparison | Ranking]") -> list[str]:
    """Return a line for each encoder, and one for each problem of a slot."""
    warnings = [each.warning[:1].upper() + each.warning[1:] for each in opinions]
    picked = [
        f"{each.network}: {each.why}. {warning}".rstrip()
        for each, warning in zip(opinions, warnings, strict=True)
    ]
    problems = [workbench.matcher.problem(each.encoder) for each in opinions]
    photographs = any(each.domain == PHOTOGRAPHS for each in opinions)
    problems += [workbench.photos_problem] if photographs else []
    return [*picked, *(f"Note: {one_line(problem)}" for problem in problems if problem)]
