"""Who answers at random is seen; who is honest is left alone. Answers drawn with a fixed seed."""

import numpy as np

from siamese_core.annotators.sequential import suspicions
from siamese_core.answers.label_row import GOLD, REPEAT, LabelRow

NAMES = ("Ada", "Bo", "Cy")


def answers(name: str, truth: list[bool], wrong: np.ndarray, **cells: str) -> list[LabelRow]:
    """An answer of a person to each pair; wrong: bool, where it is not the truth."""
    said = np.where(np.array(truth) ^ wrong, "same", "different")
    return [
        LabelRow(
            event="label",
            label_id=f"{name} {place} {cells}",
            annotator=name,
            left_id=f"a{place}",
            right_id=f"b{place}",
            answer=answer,
            **cells,
        )
        for place, answer in enumerate(said)
    ]


def drawn(count: int, share: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(count) < share


def gold_of(truth: list[bool]) -> dict[tuple[str, str], str]:
    return {(f"a{i}", f"b{i}"): "same" if same else "different" for i, same in enumerate(truth)}


TRUTH = drawn(50, 0.5, 9).tolist()


def test_random_answers_to_gold_questions_are_seen_within_fifty_and_careful_ones_are_not():
    log = answers("Ada", TRUTH, drawn(50, 0.5), reason=GOLD) + answers(
        "Bo", TRUTH, drawn(50, 0.1), reason=GOLD
    )
    found = suspicions(log, gold_of(TRUTH))
    assert found["Ada"].random and found["Ada"].after <= 50
    assert not found["Bo"].random and found["Bo"].log_ratio < 0
    assert found["Bo"].agrees["gold"].count == 50
    assert not suspicions(log)["Ada"].random  # two people who disagree: it cannot be told who is wrong


def test_always_the_same_answer_is_as_suspect():
    log = answers("Ada", TRUTH, np.array(TRUTH), reason=GOLD)  # "different" to every pair
    assert suspicions(log, gold_of(TRUTH))["Ada"].random


def test_of_three_the_one_who_disagrees_with_both_is_seen():
    log = [
        row for n, name in enumerate(NAMES) for row in answers(name, TRUTH, drawn(50, (0.05, 0.1, 0.5)[n], n))
    ]
    assert [name for name, each in suspicions(log).items() if each.random] == ["Cy"]


def test_whose_answers_are_set_aside_is_no_evidence_against_others():
    log = answers("Ada", TRUTH, drawn(50, 0.05)) + answers("Bo", TRUTH, ~drawn(50, 0.05))
    log += answers("Cy", TRUTH, ~drawn(50, 0.05))
    assert suspicions(log)["Ada"].random  # against two who agree
    aside = [LabelRow(event="set_aside", label_id=name, target_id=name) for name in ("Bo", "Cy")]
    assert not suspicions([*log, *aside])["Ada"].random


def test_contradicting_oneself_is_seen():
    log = answers("Ada", TRUTH, drawn(50, 0.5, 1)) + answers("Ada", TRUTH, drawn(50, 0.5, 2), reason=REPEAT)
    assert suspicions(log)["Ada"].random
    steady = answers("Bo", TRUTH, drawn(50, 0.5, 1))
    assert not suspicions(steady + [*answers("Bo", TRUTH, drawn(50, 0.5, 1), reason=REPEAT)])["Bo"].random


def test_confident_encoders_tell_it_where_others_answers_calibrate_them():
    said = {True: {"koch_similarity": "0.9"}, False: {"koch_similarity": "0.1"}}
    log = []
    for n, name in enumerate(("Ada", "Bo")):
        wrong = drawn(50, (0.1, 0.5)[n], n)
        for place, row in enumerate(answers(name, TRUTH, wrong)):
            cells = {"left_id": f"{name}{place}", "koch_threshold": "0.5", **said[TRUTH[place]]}
            log.append(LabelRow(**{each: getattr(row, each) for each in row.__slots__} | cells))
    found = suspicions(log)
    assert found["Bo"].random and not found["Ada"].random


def test_without_sure_answers_nothing_is_said():
    assert suspicions([]) == {}
    assert (
        suspicions([LabelRow(event="label", annotator="Ada", left_id="a", right_id="b", answer="unsure")])
        == {}
    )
