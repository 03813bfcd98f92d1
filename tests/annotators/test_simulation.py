"""The sequential test on simulated teams: how often it finds a random annotator, and how often an honest one.

README.md of `annotators` has the figures of `SEEDS` = 100 (random) and 25 teams (honest).
"""

import numpy as np
import pytest

from siamese_core.annotators.sequential import suspicions
from siamese_core.answers.label_row import GOLD, REPEAT, LabelRow

SEEDS = 12
ERRORS = (0.05, 0.05, 0.1, 0.1, None)  # by annotator; None answers at random
SHIFT = 1.0  # of an encoder's normal scores between kinds, in both directions: AUC .92
# shares of gold questions, repeats and second opinions
SHARES = {GOLD: 0.1, REPEAT: 0.05, "second": 0.2}


class Team:
    """Annotators who answer in turn, on pairs of which 40 % are same."""

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)
        self.truth, self.score, self.rows = {}, {}, []
        self.own = {place: [] for place in range(len(ERRORS))}
        self.gold = {
            pair: "same" if self.truth[pair] else "different" for pair in [self.new() for _ in range(60)]
        }
        self.asked = []

    def new(self) -> tuple[str, str]:
        number = len(self.truth)
        pair = f"a{number:05}", f"b{number:05}"
        self.truth[pair] = bool(self.rng.random() < 0.4)
        self.score[pair] = 2 * self.rng.normal(SHIFT if self.truth[pair] else -SHIFT)
        return pair

    def pair_for(self, who: int) -> tuple[tuple[str, str], str]:
        kind = self.rng.choice([*SHARES, ""], p=[*SHARES.values(), 1 - sum(SHARES.values())])
        lists = {GOLD: list(self.gold), "second": self.asked[-200:]}
        fresh = [pair for pair in lists.get(kind, []) if pair not in self.own[who]]
        if kind == REPEAT:
            fresh = [pair for pair in self.own[who][:-20] if pair not in self.gold]
        if fresh:
            return fresh[self.rng.integers(len(fresh))], kind if kind != "second" else "uncertain"
        self.asked.append(self.new())
        return self.asked[-1], "uncertain"

    def answer(self, who: int) -> None:
        pair, reason = self.pair_for(who)
        wrong = self.rng.random() < (0.5 if ERRORS[who] is None else ERRORS[who])
        similarity = 1 / (1 + np.exp(-self.score[pair]))
        self.own[who].append(pair)
        self.rows.append(
            LabelRow(
                event="label",
                label_id=str(len(self.rows)),
                annotator=str(who),
                left_id=pair[0],
                right_id=pair[1],
                answer="same" if self.truth[pair] ^ bool(wrong) else "different",
                reason=reason,
                koch_similarity=repr(float(similarity)),
                koch_threshold="0.5",
            )
        )

    def suspects(self, answers: int) -> set[str]:
        """Who is suspected once each has given so many answers."""
        while len(self.rows) < answers * len(ERRORS):
            self.answer(len(self.rows) % len(ERRORS))
        return {name for name, each in suspicions(self.rows, self.gold).items() if each.random}


@pytest.mark.soak
def test_random_answers_are_found_within_fifty_and_honest_people_left_alone_for_three_hundred():
    teams = [Team(seed) for seed in range(SEEDS)]
    assert sum("4" in team.suspects(50) for team in teams) >= 0.8 * SEEDS
    honest = [len(teams[seed].suspects(300) - {"4"}) for seed in range(SEEDS)]
    assert sum(honest) <= 0.05 * 4 * SEEDS
