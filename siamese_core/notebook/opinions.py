"""Which encoders are asked, and the notes under what they say."""

from collections.abc import Sequence

from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.errors import UserError
from siamese_core.networks.encoders import ENCODERS
from siamese_core.searching.finding import Found
from siamese_core.workspace.comparing import Comparison
from siamese_core.workspace.ranking import Ranking
from siamese_core.workspace.workbench import Workbench


def known_encoders(encoders: str | Sequence[str]) -> tuple[str, ...]:
    """Return the names of encoders. UserError for one that there is not, or none."""
    names = (encoders,) if isinstance(encoders, str) else tuple(encoders)
    unknown = [name for name in names if name not in ENCODERS]
    if unknown or not names:
        raise UserError(
            f"An encoder is one of {', '.join(ENCODERS)}. "
            f"Received: {', '.join(map(str, unknown)) or 'none'}. Name one or more of these."
        )
    return names


def notes_on(workbench: Workbench, opinions: Sequence[Comparison | Ranking | Found]) -> tuple[str, ...]:
    """Say why each encoder was asked or abstains, and what is wrong with a slot."""
    warnings = [each.warning[:1].upper() + each.warning[1:] for each in opinions]
    said = [
        ". ".join(filter(None, (f"{each.network}: {each.why}", warning)))
        for each, warning in zip(opinions, warnings, strict=True)
    ]
    problems = [workbench.matcher.problem(each.encoder) for each in opinions]
    if any(each.domain == PHOTOGRAPHS for each in opinions):
        problems.append(workbench.photos_problem)
    return (*said, *filter(None, problems))
