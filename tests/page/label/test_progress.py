"""How the progress of the labelling is drawn, from rows as the log holds them."""

from types import SimpleNamespace

from siamese_core.annotators.agreement import Agreement, Kappa
from siamese_core.answers.label_row import LabelRow
from siamese_core.labelling.standing import standing_of
from siamese_core.page.label.progress import curve, progress_panel


def rows(count: int, annotators: tuple[str, ...] = ("Ada",)) -> list[LabelRow]:
    """Queue answers same, different, unsure in turn, to which koch says same and resnet50 different."""
    said = {"koch_similarity": "0.7", "resnet50_similarity": "0.2"}
    thresholds = {"koch_threshold": "0.5", "resnet50_threshold": "0.5"}
    return [
        LabelRow(
            left_id=f"a{number}",
            right_id=f"b{number}",
            answer=("same", "different", "unsure")[number % 3],
            annotator=annotators[number % len(annotators)],
            task="queue",
            correction=str(int(number % 3 < 2)),
            **said,
            **thresholds,
        )
        for number in range(count)
    ]


def test_counts_and_shares_are_told_with_their_interval():
    drawn = progress_panel(standing_of(rows(30)), {}, [])
    assert "<b>30</b> answered" in drawn and "10 same, 10 different, 10 unsure" in drawn
    assert drawn.count("50 % (30–70) of 20") == 4  # both encoders, all answers and lately
    assert "Of your last 20 sure answers, 20 contradict an encoder (100 %)." in drawn
    assert "about 40 sure answers; there are 20" in drawn


def test_before_the_first_answer_there_is_nothing_to_compare_with():
    drawn = progress_panel(standing_of([]), {}, [])
    assert "Nothing to compare the encoders with yet." in drawn and "<table" not in drawn


def test_annotators_are_named_escaped_and_their_agreement_shown():
    drawn = progress_panel(
        standing_of(rows(6, ("<b>Bob", ""))), {}, [Agreement("<b>Bob", "", 5, Kappa(17, 0.44, (0.1, 0.7)))]
    )
    assert "&lt;b&gt;Bob 3, (no name) 3" in drawn and "<b>Bob" not in drawn
    assert "<td>17</td><td>5</td><td>0.44 (0.10–0.70)</td>" in drawn


def test_a_forecast_says_what_the_next_answers_bring_and_when_it_is_time_to_stop():
    found = SimpleNamespace(
        answers=(0, 40), errors=(0.3, 0.15), next=0.12, gain=0.03, interval=(0.01, 0.05), enough=False
    )
    drawn = progress_panel(standing_of(rows(90)), {"koch": found}, [])
    assert "would be wrong on 15.0 % of such pairs after learning from these 40 answers (30.0 %" in drawn
    assert "take off 3.0 points (1.0 to 5.0)" in drawn and "Worth going on." in drawn
    found.enough = True
    assert "Time to retrain" in progress_panel(standing_of(rows(90)), {"koch": found}, [])
    assert curve(found).measured == "M0.0,0.0 L53.3,24.0"
