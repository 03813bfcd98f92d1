"""What is told of each annotator, on logs of a few rows."""

import pytest

from siamese_core.annotators.agreement import FEWEST_PAIRS
from siamese_core.annotators.people import people
from siamese_core.annotators.share import Share
from siamese_core.answers.label_row import AGENT, REPEAT, LabelRow, completed


def label(pair: str, annotator: str = "Ada", answer: str = "same", second: int = 0, **cells) -> LabelRow:
    """An answer to a pair such as "ab", given this many seconds after ten o'clock."""
    time = f"2026-03-01T10:{second // 60:02}:{second % 60:02}.000Z"
    given = {"annotator": annotator, "answer": answer, "created_at": time}
    return completed(LabelRow(left_id=pair[0], right_id=pair[1], **given | cells))


def test_speed_leaves_breaks_out():
    seconds = (0, 4, 8, 12, 2000, 2004)
    log = [
        label("a" + str(place), second=second, milliseconds=str(1000.0 * place))
        for place, second in enumerate(seconds)
    ]
    (ada,) = people(log)
    assert (ada.answers, ada.median_ms, ada.per_hour) == (6, 2500.0, pytest.approx(900))


def test_without_times_no_speed_is_told():
    (ada,) = people([label("ab")])
    assert (ada.median_ms, ada.per_hour, ada.repeats.share, ada.others.value) == (None, None, None, None)


def test_a_pair_asked_again_is_compared_with_the_answer_before():
    log = [label("ab"), label("cd"), label("ab", "Bo", "different")]
    log += [label("ba", reason=REPEAT), label("cd", answer="different", reason=REPEAT)]
    log += [label("xy", reason=REPEAT)]  # repeats nothing
    ada = people(log)[0]
    assert (ada.answers, ada.repeats) == (5, Share(1, 2))


def test_each_is_compared_with_the_majority_of_the_others_and_an_agent_is_nobody():
    pairs = ["a" + chr(ord("b") + place) for place in range(2 * FEWEST_PAIRS)]
    truth = [("same", "different")[place % 2] for place in range(len(pairs))]
    log = [
        label(pair, name, answer)
        for name in ("Ada", "Bo", "Cy")
        for pair, answer in zip(pairs, truth, strict=True)
    ]
    log += [label(pair, "Di", "same") for pair in pairs]
    log += [label(pair, "robot", "same", source=AGENT) for pair in pairs]
    found = {each.name: each for each in people(log)}
    assert set(found) == {"Ada", "Bo", "Cy", "Di"}
    assert found["Ada"].others.value == 1.0
    assert found["Di"].others.value == pytest.approx(0)


def test_an_answer_taken_back_is_not_counted():
    taken = label("ab", label_id="1")
    assert people([taken, completed(LabelRow(event="undo", target_id="1"))]) == []
