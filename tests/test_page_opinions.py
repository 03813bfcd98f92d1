"""How an opinion on a pair is drawn: a note where the threshold tells nothing."""

import numpy as np
import pytest

from siamese_core.page.opinions import Opinion, opinion_card
from siamese_core.verdicts import Comparison


@pytest.mark.parametrize(
    ("threshold", "told"),
    [
        (0.0, "At this threshold every pair is called same."),
        (0.01, None),
        (0.99, None),
        (1.0, "At this threshold nearly every pair is called different."),
    ],
)
def test_a_threshold_at_either_end_is_said_to_tell_nothing(threshold, told):
    said = Comparison("koch", "koch-1", 0.4, 0.5, False, 3.0)
    card = opinion_card(Opinion(said, threshold, (np.zeros((8, 8, 1), np.uint8),) * 2))
    assert told in card if told else "At this threshold" not in card
