"""How the table of the last answers is drawn."""

from siamese_core.answers.label_row import LabelRow
from siamese_core.page.parts.last_answers import answers_table


def test_the_table_says_that_an_encoder_abstained():
    row = LabelRow(
        answer="same",
        created_at="2026-11-28T07:50:34.453Z",
        koch_checkpoint="koch-1",
        resnet50_checkpoint="resnet50-1",
        resnet50_similarity="0.75",
        resnet50_threshold="0.5",
    )
    drawn = answers_table([row])
    assert drawn.count("abstained") == 1 and "0.75" in drawn
