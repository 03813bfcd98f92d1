"""Pairs that are asked although they are answered."""

from argparse import ArgumentParser

import numpy as np

from siamese_core.answers.label_row import GOLD, REPEAT, LabelRow
from siamese_core.labelling.asked_again import (
    BETWEEN,
    AskedAgain,
    Shares,
    add_shares,
    choose,
    gold_to_ask,
    repeats_to_ask,
    second_opinions,
)


def rows(annotator: str, **answers: str) -> list[LabelRow]:
    """An answer to the pair (name, "other") for each name: s, d or u."""
    words = {"s": "same", "d": "different", "u": "unsure"}
    return [
        LabelRow(annotator=annotator, left_id=name, right_id="other", answer=words[letter])
        for name, letter in answers.items()
    ]


def asked(count: int, annotator: str = "Anne", reason: str = "uncertain") -> list[LabelRow]:
    """Answers to as many pairs of the queue."""
    cells = {"annotator": annotator, "task": "queue", "reason": reason, "probability": "0.25"}
    return [LabelRow(left_id=f"{place}", right_id="x", answer="same", **cells) for place in range(count)]


def test_a_second_opinion_is_wanted_where_one_other_has_answered():
    log = [*rows("Anne", a="s", b="d", c="u"), *rows("Bob", b="d", d="s"), *rows("Cleo", e="s")]
    assert {row.left_id for row in second_opinions(log, "Bob")} == {"a", "c", "e"}
    assert {row.left_id for row in second_opinions(log, "Cleo")} == {"a", "c", "d"}
    assert {row.left_id for row in second_opinions(log, "new")} == {"a", "c", "d", "e"}


def test_a_pair_is_repeated_after_others_and_looks_as_it_did():
    found = repeats_to_ask(asked(BETWEEN + 2), "Anne")
    assert found == [AskedAgain(name, "x", REPEAT, 0.25, "uncertain") for name in ("0", "1")]
    assert repeats_to_ask(asked(BETWEEN + 2), "Bob") == []
    assert repeats_to_ask(asked(BETWEEN + 2, reason=REPEAT), "Anne") == []


def test_a_gold_question_looks_like_another_and_is_asked_once():
    rng = np.random.default_rng(0)
    gold = {("a", "b"): "same", ("0", "x"): "different"}
    assert gold_to_ask(gold, asked(1), "Anne", rng) == [AskedAgain("a", "b", GOLD, 0.25, "uncertain")]
    assert len(gold_to_ask(gold, asked(1), "Bob", rng)) == 2
    assert gold_to_ask(gold, [], "Anne", rng) == []  # nothing to look like


def test_as_many_are_chosen_as_their_share_says():
    again = [AskedAgain(str(place), "x", GOLD, 0.5) for place in range(1000)]
    found = choose([(0.1, lambda: again)], 1000, np.random.default_rng(0), lambda each: int(each.left_id) % 2)
    assert 70 < len(found) < 130 and all(int(each.left_id) % 2 for each in found)
    assert choose([(0.0, lambda: again)], 10, np.random.default_rng(0), bool) == []


def test_the_shares_are_options_of_the_server():
    parser = ArgumentParser()
    add_shares(parser)
    given = parser.parse_args(["--gold", "0.1"])
    assert (given.gold, given.repeats) == (0.1, Shares().repeats)
