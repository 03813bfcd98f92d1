"""Simulate the gate: how often it promotes candidates that are truly better, worse, or of random answers.

A person who knows the classes answers the queue; a candidate is made and judged as a retraining does. The
truth is what it does on classes that were never labelled.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from siamese_core.bench.both_networks import view_of
from siamese_core.bench.loop import Condition, Domain, simulated, split_classes
from siamese_core.bench.true_errors import one_shot_error, pair_error
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.evaluation.protocols import ProtocolResult, VerificationTrials
from siamese_core.labelling.candidates import find_candidates
from siamese_core.metric_learning.cross_validation import LabelledPairs
from siamese_core.retraining.answered_pairs import AnsweredPairs
from siamese_core.retraining.head_training import answers_evidence, learned_head, retrained_head
from siamese_core.retraining.holdout import identities, split
from siamese_core.retraining.judging.gate import ImpliedPairs, Judgement, Measured, forgotten, judge
from siamese_core.retraining.judging.held_out import (
    Learned,
    answers_agree_p,
    ranked_by_learning,
    ranked_on_holdout,
)
from siamese_core.retraining.judging.ranking_test import RankedPairs, ranking_gain
from siamese_core.training.validation import PrecomputedModel

ANSWERS = (25, 50, 100, 150, 300, 600)
TRUE, ERRING, RANDOM, DISTURBED = "true answers", "5 % wrong", "random answers", "disturbed"
ERRING_ANSWERS = (100, 300)
DISTURBANCES = 3  # disturbed candidates for each number of answers
DIRECTIONS, LEADING, MOST_STRENGTH = 3, 30, 8.0  # of a disturbance: directions, drawn among so many, and gain
BETTER, WORSE, UNDECIDED = "better", "worse", "undecided"

Base = Callable[[Checkpoint], ProtocolResult]


@dataclass(frozen=True)
class Simulation:
    """One division of a domain's classes: images (m,) to label, and images of classes never labelled.

    model: the parent, its scores normalised against the images to label, as it serves.
    """

    model: Checkpoint
    shown: np.ndarray
    labels: np.ndarray
    unseen: np.ndarray
    unseen_labels: np.ndarray
    base: Base
    known: ProtocolResult
    seed: int

    def truth(
        self, model: Checkpoint, change: Callable = lambda embeddings: embeddings
    ) -> tuple[float, float]:
        """Return the one-shot error and the equal error rate on the classes never labelled."""
        embedded = change(self.unseen)
        table = np.asarray(model.pairwise_logits(embedded, embedded))
        return one_shot_error(table, self.unseen_labels), pair_error(table, self.unseen_labels)


def gate_trials(model: Checkpoint, domain: Domain, seed: int, base: Base) -> Iterator[dict]:
    """Yield a row for each number of answers and candidate: what the gate said and what is true."""
    pool, unseen, _ = split_classes(domain.data.labels, np.random.default_rng(seed))
    labels = domain.data.labels
    served = model.normalised(domain.embeddings[pool])
    here = Simulation(
        served,
        domain.embeddings[pool],
        labels[pool],
        domain.embeddings[unseen],
        labels[unseen],
        base,
        base(served),
        seed,
    )
    before = here.truth(served)
    candidates = find_candidates([view_of(served, here.shown)], np.random.default_rng(seed))
    runs = {
        kind: simulated(
            candidates, here.labels, Condition("queue", max(ANSWERS), wrong), np.random.default_rng(seed)
        )
        for kind, wrong in ((TRUE, 0.0), (ERRING, 0.05))
    }
    for count in ANSWERS:
        for kind, answers in _answered(runs, count, seed):
            candidate, judgement, ranked = trial(here, answers)
            row = {"domain": domain.name, "seed": seed, "answers": count, "candidate": kind}
            yield row | _verdict(judgement, before, here.truth(candidate))
            if kind == TRUE and ranked is not None:
                yield from (
                    row | {"candidate": DISTURBED} | each
                    for each in disturbed_trials(here, model, answers, ranked, before)
                )


def _answered(runs: dict[str, LabelledPairs], count: int, seed: int) -> Iterator[tuple[str, LabelledPairs]]:
    """Yield the first answers of each run, and the first run's pairs with answers at random."""
    for kind, run in runs.items():
        if kind == TRUE or count in ERRING_ANSWERS:
            yield kind, LabelledPairs(*(each[:count] for each in vars(run).values()))
    asked, rng = (
        LabelledPairs(*(each[:count] for each in vars(runs[TRUE]).values())),
        np.random.default_rng([seed, count]),
    )
    yield RANDOM, replace(asked, same=rng.random(len(asked.same)) < rng.uniform(0.2, 0.8))


def trial(here: Simulation, answers: LabelledPairs) -> tuple[Checkpoint, Judgement, RankedPairs | None]:
    """Make the candidate that would be promoted and judge it as a retraining in mode "head" does.

    The ranked pairs are those of a learned metric, None for another candidate.
    """
    answered = as_answered(answers, len(here.shown), np.random.default_rng(here.seed))
    use = answered.parts.training
    judged = final = _learned(here, LabelledPairs(*(each[use] for each in vars(answers).values())))
    if judged:
        final = _learned(here, answers) or judged
        earlier = np.zeros(len(answers.same), bool)
        learned = Learned(here.shown, answers, earlier)
        ranked = ranked_by_learning(here.model, final, learned, np.random.default_rng(here.seed))
    else:
        judged = final = _adapted(here, answered)
        ranked = None
    parent = PrecomputedModel(here.model, here.shown)
    pairs = ranked or ranked_on_holdout(answered, parent, replace(parent, checkpoint=judged))
    implied = ImpliedPairs(ranking_gain(pairs), answers_agree_p(parent, answers))
    measured = [_measured(here, answered, each) for each in (here.model, judged)]
    return final, judge(*measured, implied), ranked


def _learned(here: Simulation, answers: LabelledPairs) -> Checkpoint | None:
    def allowed(head: Checkpoint) -> bool:
        return forgotten(here.known, here.base(head)) is None

    return learned_head(here.model, here.shown, answers, np.random.default_rng(here.seed), allowed)


def _adapted(here: Simulation, answered: AnsweredPairs) -> Checkpoint:
    evidence = answers_evidence(here.model, here.shown, answered)
    nothing = evidence.part(np.zeros(len(evidence), bool))
    return retrained_head(here.model, evidence, nothing, np.random.default_rng(here.seed))


def _measured(here: Simulation, answered: AnsweredPairs, model: Checkpoint) -> Measured:
    judges = (each[answered.parts.holdout] for each in (answered.left, answered.right, answered.same))
    holdout = VerificationTrials(int, *judges).evaluate(PrecomputedModel(model, here.shown))
    return Measured(holdout, here.base(model))


def as_answered(answers: LabelledPairs, images: int, rng: np.random.Generator) -> AnsweredPairs:
    """Return simulated answers as those of a log, split into training and holdout, without their images."""
    sides = [[str(number) for number in side] for side in (answers.left, answers.right)]
    return AnsweredPairs(
        ids=tuple(map(str, range(images))),
        images=(),
        left=answers.left,
        right=answers.right,
        same=answers.same,
        weight=np.ones(len(answers.same)),
        identity=identities(*sides, answers.same),
        parts=split(*sides, answers.same, rng),
        rows=(),
        gone=0,
        until="",
        earlier=np.zeros(len(answers.same), bool),
    )


def disturbed_trials(
    here: Simulation, plain: Checkpoint, answers: LabelledPairs, ranked: RankedPairs, before: tuple
) -> Iterator[dict]:
    """Yield candidates that are the parent on embeddings in which a few directions were amplified.

    Most are worse, some hardly, and a few better. plain: the parent, not yet normalised.
    """
    agree = answers_agree_p(PrecomputedModel(here.model, here.shown), answers)
    for number in range(DISTURBANCES):
        change = disturbance(here.shown, np.random.default_rng([here.seed, len(answers.same), number]))
        shown = change(here.shown)
        candidate = plain.normalised(shown)
        model = PrecomputedModel(candidate, shown)
        scores = candidate.calibration.log_odds(
            np.asarray(candidate.pairwise_logits(shown, shown))[tuple(ranked.images.T)]
        )
        answered = as_answered(answers, len(shown), np.random.default_rng(here.seed))
        judges = (each[answered.parts.holdout] for each in (answers.left, answers.right, answers.same))
        measured = [
            _measured(here, answered, here.model),
            Measured(VerificationTrials(int, *judges).evaluate(model), here.known),
        ]
        found = judge(*measured, ImpliedPairs(ranking_gain(replace(ranked, after=scores)), agree))
        yield _verdict(found, before, here.truth(candidate, change))


def disturbance(embeddings: np.ndarray, rng: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
    """Return a map of embeddings (n, d) that amplifies a few leading principal axes of `embeddings`."""
    mean = embeddings.mean(axis=0)
    axes = np.linalg.svd(embeddings - mean, full_matrices=False)[2]
    chosen = axes[rng.integers(min(LEADING, len(axes)), size=DIRECTIONS)]
    strength = float(np.exp(rng.uniform(np.log(0.5), np.log(MOST_STRENGTH))))
    return lambda found: (found + strength * ((found - mean) @ chosen.T) @ chosen).astype("float32")


def _verdict(judgement: Judgement, before: tuple[float, float], after: tuple[float, float]) -> dict:
    changes = [new - old for old, new in zip(before, after, strict=True)]
    truth = BETTER if max(changes) < 0 else WORSE if min(changes) > 0 else UNDECIDED
    verdicts_only = judge(judgement.before, judgement.after)
    return {
        "promoted": judgement.better,
        "promoted_by_verdicts": verdicts_only.better,
        "truth": truth,
        "error_before": before[0],
        "error_after": after[0],
        "eer_before": before[1],
        "eer_after": after[1],
        "reason": judgement.reason,
        "ranking": judgement.ranking.json() if judgement.ranking else None,
    }
