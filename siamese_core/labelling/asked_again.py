"""List the pairs that somebody may be asked although they are answered: by a second annotator, or again."""

from collections.abc import Sequence

from siamese_core.answers.answer_table import PAIR, answer_table
from siamese_core.answers.label_row import LabelRow


def second_opinions(standing: Sequence[LabelRow], annotator: str) -> list[LabelRow]:
    """Return the answers to pairs that one other annotator alone has answered, and `annotator` has not."""
    table = answer_table(standing, ("annotator",))
    open_to = ~table.duplicated(PAIR, keep=False) & (table["annotator"] != annotator)
    return [standing[place] for place in table.index[open_to]]
